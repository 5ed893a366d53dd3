"""Finds the cheapest boxes that hold every failing point and no passing one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.explain.facts import Facts
from harness.analysis.explain.lattice import Box, Point, Space, holds, span, values, with_value

MORE_PREDICATES = 2
"""How many predicates more than the fewest possible a rule for a point may have."""

CHOICE = 24
"""Boxes that hold a failing point after which no further ones are grown from it."""

NODES = 3000
"""Steps that the search for the cheapest cover may take; the best found until then is returned."""


def mine(space: Space, facts: Facts, signature: str) -> tuple[Box, ...]:
    """Return the rules for one signature: few, with few predicates, no wider than the failing points ask for.

    Points that failed otherwise, or whose answer is not known, do not speak against a rule.
    """
    return _cheapest_cover(_candidates(space, facts, signature), facts.failing(signature))


def cost(space: Space, box: Box) -> float:
    """Return the bits that it takes to say the rule: which axes, and which of their possible predicates."""
    bits = 2.0
    for axis in space.constrained(box):
        size, count = space.dimensions[axis].size, box[axis].bit_count()
        if space.dimensions[axis].is_ordered:
            choices = size * (size + 1) / 2
        else:
            choices = size * math.comb(size, count)
        bits += math.log2(len(space.dimensions)) + math.log2(choices)
    return bits


def minimal_axes(space: Space, facts: Facts, point: Point) -> Iterator[tuple[int, ...]]:
    """Yield each smallest choice of axes such that no passing point has the same values on all of them.

    Those with many more axes than the first are left out: they would say more than it takes.
    """
    found: list[int] = []
    at = [facts.within(with_value(space.whole, axis, 1 << value)) & facts.passing for axis, value in enumerate(point)]
    for size in range(len(point) + 1):
        if found and size > found[0].bit_count() + MORE_PREDICATES:
            return
        for axes in itertools.combinations(range(len(point)), size):
            mask = sum(1 << axis for axis in axes)
            if any(mask & other == other for other in found):
                continue
            left = facts.passing
            for axis in axes:
                left &= at[axis]
            if not left:
                found.append(mask)
                yield axes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    box: Box
    covers: int  # failing points
    cost: float


def _candidates(space: Space, facts: Facts, signature: str) -> list[_Candidate]:
    failing = facts.failing(signature)
    points = facts.select(failing)
    growth = _Growth(space, facts, points)
    boxes: dict[Box, int] = {}
    for point in points:
        if sum(holds(box, point) for box in boxes) >= CHOICE:
            continue
        for axes in minimal_axes(space, facts, point):
            box = growth.grown(axes, tuple(point[axis] for axis in axes))
            if box not in boxes:
                boxes[box] = facts.within(box) & failing
    made = [_Candidate(box=box, covers=covers, cost=cost(space, box)) for box, covers in boxes.items()]
    made.sort(key=lambda item: (item.cost, -item.covers.bit_count(), item.box))
    kept: list[_Candidate] = []
    for item in made:
        if not any(item.covers & ~other.covers == 0 for other in kept):
            kept.append(item)
    return kept


class _Growth:
    """Widens points to boxes on some axes: to other failing points, the nearest first, while no passing one gets in."""

    def __init__(self, space: Space, facts: Facts, failing: Sequence[Point]) -> None:
        self._whole = space.whole
        self._is_ordered = [dimension.is_ordered for dimension in space.dimensions]
        self._facts, self._failing = facts, failing
        self._passing: dict[tuple[int, int], int] = {}
        self._others: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        self._grown: dict[tuple[tuple[int, ...], tuple[int, ...]], Box] = {}

    def grown(self, axes: tuple[int, ...], seed: tuple[int, ...]) -> Box:
        """Return the box grown from *seed*, values on *axes*."""
        key = (axes, seed)
        if key not in self._grown:
            self._grown[key] = self._grow(axes, seed)
        return self._grown[key]

    def _grow(self, axes: tuple[int, ...], seed: tuple[int, ...]) -> Box:
        masks = tuple(1 << value for value in seed)
        if axes not in self._others:
            found = dict.fromkeys(tuple(1 << point[axis] for axis in axes) for point in self._failing)
            self._others[axes] = list(found)
        hulls = ((self._hull(axes, masks, other), other) for other in self._others[axes])
        for _, other in sorted((sum(map(int.bit_count, hull)), other) for hull, other in hulls):
            wider = self._hull(axes, masks, other)
            if wider != masks and not self._lets_in(axes, wider):
                masks = wider
        box = self._whole
        for axis, mask in zip(axes, masks, strict=True):
            box = with_value(box, axis, mask)
        return box

    def _hull(self, axes: tuple[int, ...], one: tuple[int, ...], two: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(
            span(a | b) if self._is_ordered[axis] else a | b for axis, a, b in zip(axes, one, two, strict=True)
        )

    def _lets_in(self, axes: tuple[int, ...], masks: tuple[int, ...]) -> bool:
        """Tell whether a passing point has such values."""
        left = self._facts.passing
        for axis, mask in zip(axes, masks, strict=True):
            if (axis, mask) not in self._passing:
                self._passing[axis, mask] = self._facts.within(with_value(self._whole, axis, mask))
            left &= self._passing[axis, mask]
        return bool(left)


def _cheapest_cover(candidates: Sequence[_Candidate], failing: int) -> tuple[Box, ...]:
    """Return the boxes of the cheapest candidates that together cover the failing points."""
    if not failing:
        return ()
    by_point: dict[int, list[_Candidate]] = {
        number: [item for item in candidates if item.covers >> number & 1] for number in values(failing)
    }
    best = _greedy(candidates, failing)
    best_cost = sum(item.cost for item in best)
    nodes = 0

    def step(left: int, chosen: tuple[_Candidate, ...], spent: float) -> None:
        nonlocal best, best_cost, nodes
        nodes += 1
        if not left:
            if spent < best_cost - 1e-9:
                best, best_cost = chosen, spent
            return
        if nodes > NODES:
            return
        number = min(values(left), key=lambda one: len(by_point[one]))
        options = sorted(by_point[number], key=lambda item: item.cost / (item.covers & left).bit_count())
        for item in options:
            if spent + item.cost < best_cost - 1e-9:
                step(left & ~item.covers, (*chosen, item), spent + item.cost)

    step(failing, (), 0.0)
    return tuple(sorted(item.box for item in best))


def _greedy(candidates: Sequence[_Candidate], failing: int) -> tuple[_Candidate, ...]:
    chosen: list[_Candidate] = []
    left = failing
    while left:
        item = min(candidates, key=lambda one: one.cost / ((one.covers & left).bit_count() or 1e-9))
        chosen.append(item)
        left &= ~item.covers
    return tuple(chosen)
