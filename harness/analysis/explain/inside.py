"""Where inside a rule failing cells were not seen yet."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.explain.case import Case, failed_otherwise, open_point
from harness.analysis.explain.lattice import Box, Point, find, holds, is_void, meet, values, with_value

REACH = 8
"""Failing cells that a rule is seen in before it is confirmed, where it has as many."""

CANDIDATES = 5
"""Points looked at for one that fills most gaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A part of a rule in which failing cells have to be seen."""

    box: Box
    needed: int  # executions
    is_any: bool = False  # another failure will do: a rule for one holds there as well


def gaps(case: Case, rule: Box) -> tuple[int, list[Point]]:
    """Return in how many places the rule has not been seen, and points to run there, up to the width of the case."""
    support = case.support(rule)
    lacking = [place for place in _places(case, rule) if not _is_seen(case, rule, place, support)]
    asks: list[Point] = []
    unreachable = 0
    left = lacking
    while left and len(asks) < case.width:
        found = _filling(case, rule, left) or _weakest(case, rule, left[0])
        if found is None:
            unreachable += 1
            left = left[1:]
        elif found in asks:
            break
        else:
            asks.append(found)
            left = [place for place in left[1:] if not holds(place.box, found)]
    return (len(lacking) - unreachable, asks) if asks else (0, [])


def _places(case: Case, rule: Box) -> Iterator[_Place]:
    """Yield each value that the rule reaches, each pair of values, and the whole.

    Pairs are what tells a rule from several narrower ones taken for one. Where a rule for another failure holds as
    well, they have to be seen in common: two rules that are too wide would hide from each other what passes.
    """
    own = [axis for axis in case.space.constrained(rule) if rule[axis].bit_count() > 1]
    for axis, mask in enumerate(rule):
        for value in values(mask):
            yield _Place(box=with_value(rule, axis, 1 << value), needed=case.votes)
    for one, two in itertools.combinations(range(len(rule)), 2):
        for box in _pairs(rule, one, two):
            yield _Place(box=box, needed=case.votes if one in own or two in own else 1)
    yield _Place(box=rule, needed=max(REACH, case.votes))
    for other in case.others:
        both = meet(rule, other)
        if not is_void(both):
            for one, two in itertools.combinations(range(len(rule)), 2):
                for box in _pairs(both, one, two):
                    yield _Place(box=box, needed=min(case.votes, 2), is_any=True)


def _pairs(box: Box, one: int, two: int) -> Iterator[Box]:
    for first, second in itertools.product(values(box[one]), values(box[two])):
        yield with_value(with_value(box, one, 1 << first), two, 1 << second)


def _is_seen(case: Case, rule: Box, place: _Place, support: int) -> bool:
    """Tell whether enough cells of *place* fail so; any failure will do where other rules hold in all of it."""
    facts = case.facts
    if place.is_any:
        own = (facts.within(place.box) & facts.failing(case.signature)).bit_count()
        return own + failed_otherwise(case, place.box) >= place.needed
    if _weight(case, facts.within(place.box) & support, place.needed) >= place.needed:
        return True
    if not case.others or not failed_otherwise(case, place.box):
        return False
    return find(case.space, place.box, avoid=(*case.beside(rule), *case.others), is_taken=facts.is_known) is None


def _weight(case: Case, points: int, needed: int) -> int:
    if case.votes == 1:
        return points.bit_count()
    return case.facts.weight(points, case.failed, needed)


def _filling(case: Case, rule: Box, lacking: Sequence[_Place]) -> Point | None:
    """Return the best of some points in the first place that is lacking: the one that lies in most of the others."""
    wanted = Counter((axis, place.box[axis]) for place in lacking for axis in case.space.constrained(place.box))
    chance = random.Random(len(case.facts.points))  # noqa: S311  (the same points each time)
    first = lacking[0]
    found: dict[Point, int] = {}
    for spread in range(CANDIDATES):

        def rank(axis: int, value: int, weight: float = spread / CANDIDATES) -> float:
            return -wanted[axis, 1 << value] * (1 - weight * chance.random())

        if first.is_any:
            point = find(case.space, first.box, rank=rank, is_taken=case.facts.is_known)
        else:
            point = open_point(case, first.box, case.beside(rule), rank)
        if point is None:
            break
        found[point] = sum(holds(place.box, point) for place in lacking)
    return max(found, key=lambda point: found[point], default=None)


def _weakest(case: Case, rule: Box, place: _Place) -> Point | None:
    """Return the failing point there with the fewest executions, where repeating it is of use."""
    if case.votes == 1 or place.is_any:
        return None
    points = case.facts.select(case.facts.within(place.box) & case.support(rule))
    weak = [point for point in points if case.facts.lead(point) < case.votes]
    return min(weak, key=case.facts.tries, default=None)
