"""Finds the cheapest boxes that hold every failing point and no passing one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.explain.facts import Facts
from harness.analysis.explain.lattice import Box, Point, Space, as_box, values, with_value

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
    """Yield each smallest choice of axes such that no passing point has the same values on all of them."""
    found: list[int] = []
    at = [facts.within(with_value(space.whole, axis, 1 << value)) & facts.passing for axis, value in enumerate(point)]
    for size in range(len(point) + 1):
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
    grown: dict[tuple[tuple[int, ...], tuple[int, ...]], Box] = {}
    for point in points:
        for axes in minimal_axes(space, facts, point):
            key = (axes, tuple(point[axis] for axis in axes))
            if key not in grown:
                grown[key] = _grow(space, facts, axes, point, points)
    made = [
        _Candidate(box=box, covers=facts.within(box) & failing, cost=cost(space, box))
        for box in dict.fromkeys(grown.values())
    ]
    made.sort(key=lambda item: (item.cost, -item.covers.bit_count(), item.box))
    kept: list[_Candidate] = []
    for item in made:
        if not any(item.covers & ~other.covers == 0 for other in kept):
            kept.append(item)
    return kept


def _grow(space: Space, facts: Facts, axes: tuple[int, ...], seed: Point, failing: Sequence[Point]) -> Box:
    """Widen the seed's values on *axes* to other failing points, the nearest first, while no passing one gets in."""
    box = _on(space, axes, as_box(seed))
    others = dict.fromkeys(_on(space, axes, as_box(point)) for point in failing)
    hulls = ((space.hull(box, other), other) for other in others)
    for _, other in sorted((_size(hull, axes), other) for hull, other in hulls):
        wider = space.hull(box, other)
        if wider != box and not facts.within(wider) & facts.passing:
            box = wider
    return box


def _on(space: Space, axes: tuple[int, ...], box: Box) -> Box:
    return tuple(mask if axis in axes else full for axis, (mask, full) in enumerate(zip(box, space.whole, strict=True)))


def _size(box: Box, axes: tuple[int, ...]) -> int:
    return sum(box[axis].bit_count() for axis in axes)


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
