"""Examines a rule: what shows each of its boundaries, what is not shown yet, and which rules say as little."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.explain.facts import Answer, Facts, Kind
from harness.analysis.explain.lattice import (
    Box,
    Point,
    Space,
    as_box,
    find,
    holds,
    meet,
    values,
    with_point,
    with_value,
)

REACH = 8
"""Failing cells that a rule is seen in before it is confirmed, where it has as many."""

MASKED = 2
"""Cells that failed otherwise after which it is held that nothing else is to be seen at a place."""

CANDIDATES = 5
"""Points looked at for one that fills most gaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One signature's rules, beside those for other signatures."""

    space: Space
    facts: Facts
    signature: str
    rules: tuple[Box, ...]
    others: tuple[Box, ...] = ()  # rules for other signatures: what they cover may hide this one
    votes: int = 1  # by how many executions an answer has to lead to be relied on
    width: int = 1  # points asked for at a time

    @property
    def failed(self) -> Answer:
        """Return the answer that this case is about."""
        return Answer(kind=Kind.FAILED, signature=self.signature)

    def beside(self, rule: Box) -> tuple[Box, ...]:
        """Return the other rules for the same signature."""
        return tuple(box for box in self.rules if box != rule)

    def support(self, rule: Box) -> int:
        """Return the failing points that this rule alone accounts for."""
        found = self.facts.within(rule) & self.facts.failing(self.signature)
        for box in self.beside(rule):
            found &= ~self.facts.within(box)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """Where a rule ends on one axis: at *value*, the first outside."""

    axis: int
    value: int
    failed: Point | None = None  # inside, failing
    passed: Point | None = None  # its neighbour outside, passing
    is_shown: bool = False
    ask: Point | None = None  # what to run to have it shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What there is to say of one rule."""

    rule: Box
    support: tuple[Point, ...]
    boundaries: tuple[Boundary, ...]
    gaps: int  # places inside it where it was not seen yet
    alternatives: tuple[Box, ...]
    asks: tuple[Point, ...]  # what to run next, the most telling first

    @property
    def is_confirmed(self) -> bool:
        """Tell whether nothing else says as little, each boundary is shown, and it was seen wherever it reaches."""
        return all(item.is_shown for item in self.boundaries) and not self.gaps and not self.alternatives


def examine(case: Case, rule: Box) -> Examination:
    """Look at one of the case's rules."""
    boundaries = tuple(_boundaries(case, rule))
    asks = [*_weak_support(case, rule), *(item.ask for item in boundaries if item.ask is not None)]
    gaps, fill = _gaps(case, rule)
    asks += fill
    alternatives = []
    for other in _alternatives(case, rule, boundaries):
        is_different, telling = _tell_apart(case, rule, other)
        if is_different:
            alternatives.append(other)
            asks += [telling] if telling is not None else []
    return Examination(
        rule=rule,
        support=tuple(case.facts.select(case.support(rule))),
        boundaries=boundaries,
        gaps=gaps,
        alternatives=tuple(alternatives),
        asks=tuple(dict.fromkeys(asks)),
    )


def _weak_support(case: Case, rule: Box) -> Iterator[Point]:
    """Yield the point on which all of a rule rests, where it may be a flaky one."""
    support = case.support(rule)
    if case.votes > 1 and case.facts.weight(support, case.failed, case.votes) < case.votes:
        yield from (point for point in case.facts.select(support)[:1] if case.facts.lead(point) < case.votes)


# Boundaries


def _boundaries(case: Case, rule: Box) -> Iterator[Boundary]:
    for axis in case.space.constrained(rule):
        dimension, inside = case.space.dimensions[axis], list(values(rule[axis]))
        if dimension.is_ordered:
            outward = [range(inside[0] - 1, -1, -1), range(inside[-1] + 1, dimension.size)]
        else:
            outward = [range(value, value + 1) for value in range(dimension.size) if value not in inside]
        for beyond in outward:
            found = _edge(case, rule, axis, beyond)
            if found is not None:
                yield found


def _edge(case: Case, rule: Box, axis: int, beyond: Sequence[int]) -> Boundary | None:
    """Return the boundary towards the values *beyond*, nearest first; None where there is no cell to be had."""
    reachable = [value for value in beyond if _has_room(case, with_value(rule, axis, 1 << value))]
    if not reachable:
        return None
    value = reachable[0]
    pair = _pair(case, rule, axis, value)
    if pair is not None:
        return pair
    probe = _probe(case, rule, axis, _halfway(case, rule, axis, reachable)) or _probe(case, rule, axis, value)
    return Boundary(axis=axis, value=value, ask=probe)


def _has_room(case: Case, place: Box) -> bool:
    """Tell whether the place has a feasible point that no other rule for the same signature accounts for."""
    if case.facts.within(place) & case.facts.passing:
        return True
    return find(case.space, place, avoid=case.rules) is not None


def _pair(case: Case, rule: Box, axis: int, value: int) -> Boundary | None:
    """Return the boundary as shown, or as good as shown, by a passing point and its failing neighbour inside."""
    facts = case.facts
    passing = facts.select(facts.within(with_value(rule, axis, 1 << value)) & facts.passing)
    if not passing:
        return None
    inside = sorted(values(rule[axis]), key=lambda other: abs(other - value))
    pairs = [(near, p) for p in passing for v in inside if facts.answer(near := with_point(p, axis, v)) == case.failed]
    if pairs:
        failed, passed = max(pairs, key=lambda pair: min(facts.lead(pair[0]), facts.lead(pair[1])))
        weak = [point for point in (passed, failed) if facts.lead(point) < case.votes]
        return Boundary(
            axis=axis, value=value, failed=failed, passed=passed, is_shown=not weak, ask=weak[0] if weak else None
        )
    open_ends = (with_point(p, axis, v) for p in passing for v in inside)
    taken = (*case.beside(rule), *case.others)
    ask = next((p for p in open_ends if _is_open(case, p) and not any(holds(box, p) for box in taken)), None)
    if ask is None:
        ask = _probe(case, rule, axis, value)
    if ask is not None:
        return Boundary(axis=axis, value=value, passed=passing[0], ask=ask)
    # No neighbour inside can be run: a point that passes just outside is all that there is to see.
    passed = max(passing, key=facts.lead)
    is_weak = facts.lead(passed) < case.votes
    return Boundary(axis=axis, value=value, passed=passed, is_shown=not is_weak, ask=passed if is_weak else None)


def _halfway(case: Case, rule: Box, axis: int, reachable: Sequence[int]) -> int:
    """Return the value to try: the far end where nothing is known to pass beyond, else half of the way to what does."""
    facts = case.facts
    first = next(
        (
            rank
            for rank, value in enumerate(reachable)
            if facts.within(with_value(rule, axis, 1 << value)) & facts.passing
        ),
        None,
    )
    if first is None:
        return reachable[-1]
    return reachable[max(0, (first - 1) // 2)]


def _probe(case: Case, rule: Box, axis: int, value: int) -> Point | None:
    """Return a point not yet run with *value* on *axis* and within the rule otherwise: a failing point's neighbour.

    Where rules for other failures hold in all such points, some of them are tried nevertheless.
    """
    place = with_value(rule, axis, 1 << value)
    near = [with_point(point, axis, value) for point in case.facts.select(case.support(rule))]
    near = [p for p in near if _is_open(case, p) and not any(holds(box, p) for box in case.beside(rule))]
    clear = [p for p in near if not any(holds(box, p) for box in case.others)]
    if clear:
        return clear[0]
    found = find(case.space, place, avoid=(*case.rules, *case.others), is_taken=case.facts.is_known)
    if found is not None or _failed_otherwise(case, place) >= MASKED:
        return found
    return near[0] if near else find(case.space, place, avoid=case.rules, is_taken=case.facts.is_known)


def _is_open(case: Case, point: Point) -> bool:
    return not case.facts.is_known(point) and case.space.is_feasible(point)


def _open_point(
    case: Case, place: Box, taken: Sequence[Box], rank: Callable[[int, int], float] = lambda axis, value: 0
) -> Point | None:
    """Return a point of *place* not yet run, if possible where no other failure may hide what it would show."""
    known = case.facts.is_known
    found = find(case.space, place, avoid=(*taken, *case.others), rank=rank, is_taken=known)
    if found is None and case.others and not _failed_otherwise(case, place):
        found = find(case.space, place, avoid=taken, rank=rank, is_taken=known)
    return found


def _failed_otherwise(case: Case, place: Box) -> int:
    """Return how many points of *place* fail with another signature."""
    facts = case.facts
    inside = facts.within(place)
    return sum((inside & facts.failing(name)).bit_count() for name in facts.signatures if name != case.signature)


# The inside


def _gaps(case: Case, rule: Box) -> tuple[int, list[Point]]:
    """Return in how many places the rule has not been seen, and points to run there, up to the width of the case.

    A place is each value of each axis, each pair of values of which one is on an axis of the rule, and the whole.
    """
    lacking = [place for place, needed in _places(case, rule) if not _is_seen(case, rule, place, needed)]
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
            left = [place for place in left[1:] if not holds(place, found)]
    return (len(lacking) - unreachable, asks) if asks else (0, [])


def _filling(case: Case, rule: Box, lacking: Sequence[Box]) -> Point | None:
    """Return the best of some points in the first place that is lacking: the one that lies in most of the others."""
    wanted = Counter((axis, place[axis]) for place in lacking for axis in case.space.constrained(place))
    chance = random.Random(len(case.facts.points))  # noqa: S311  (the same points each time)
    found: dict[Point, int] = {}
    for spread in range(CANDIDATES):

        def rank(axis: int, value: int, weight: float = spread / CANDIDATES) -> float:
            return -wanted[axis, 1 << value] * (1 - weight * chance.random())

        point = _open_point(case, lacking[0], case.beside(rule), rank)
        if point is None:
            break
        found[point] = sum(holds(place, point) for place in lacking)
    return max(found, key=lambda point: found[point], default=None)


def _places(case: Case, rule: Box) -> Iterator[tuple[Box, int]]:
    """Yield each place with the failing executions that it takes."""
    constrained = case.space.constrained(rule)
    for axis, mask in enumerate(rule):
        for value in values(mask):
            yield with_value(rule, axis, 1 << value), case.votes
    for axis in constrained:
        if rule[axis].bit_count() == 1:
            continue
        for other, mask in enumerate(rule):
            if other == axis or (other in constrained and other < axis and rule[other].bit_count() > 1):
                continue
            for one, two in itertools.product(values(rule[axis]), values(mask)):
                yield with_value(with_value(rule, axis, 1 << one), other, 1 << two), case.votes
    yield rule, max(REACH, case.votes)


def _is_seen(case: Case, rule: Box, place: Box, needed: int) -> bool:
    """Tell whether enough cells of *place* fail so; any failure will do where other rules hold in all of it."""
    facts = case.facts
    points = facts.within(place) & facts.failing(case.signature)
    if points:
        points &= case.support(rule)
    if _weight(case, points, needed) >= needed:
        return True
    if not case.others or not _failed_otherwise(case, place):
        return False
    return find(case.space, place, avoid=(*case.beside(rule), *case.others), is_taken=facts.is_known) is None


def _weight(case: Case, points: int, needed: int) -> int:
    if case.votes == 1:
        return points.bit_count()
    return case.facts.weight(points, case.failed, needed)


def _weakest(case: Case, rule: Box, place: Box) -> Point | None:
    """Return the failing point there with the fewest executions, where repeating it is of use."""
    if case.votes == 1:
        return None
    points = case.facts.select(case.facts.within(place) & case.support(rule))
    weak = [point for point in points if case.facts.lead(point) < case.votes]
    return min(weak, key=case.facts.tries, default=None)


# Alternatives


def _alternatives(case: Case, rule: Box, boundaries: Sequence[Boundary]) -> Iterator[Box]:
    """Yield other boxes that hold the rule's support and no passing point, with no more predicates than it has."""
    facts, space = case.facts, case.space
    support = facts.select(case.support(rule))
    own = space.constrained(rule)
    if not support:
        return
    hull = as_box(support[0])
    for point in support[1:]:
        hull = space.hull(hull, as_box(point))
    found: list[tuple[int, ...]] = []
    for size in range(len(own) + 1):
        for axes in itertools.combinations(range(len(rule)), size):
            box = tuple(hull[axis] if axis in axes else full for axis, full in enumerate(space.whole))
            is_new = axes != own and not any(set(known) <= set(axes) for known in found)
            if is_new and not facts.within(box) & facts.passing:
                found.append(axes)
                yield box
    for boundary in boundaries:
        if not boundary.is_shown:
            wider = space.hull(rule, with_value(rule, boundary.axis, 1 << boundary.value))
            if not facts.within(wider) & facts.passing:
                yield wider


def _tell_apart(case: Case, rule: Box, other: Box) -> tuple[bool, Point | None]:
    """Tell whether two boxes differ in a feasible point that other rules leave open, and return one not yet run."""
    beside = case.beside(rule)
    is_different = False
    for one, two in ((other, rule), (rule, other)):
        for axis in case.space.constrained(two):
            place = meet(one, with_value(case.space.whole, axis, case.space.whole[axis] & ~two[axis]))
            if find(case.space, place, avoid=beside) is None:
                continue
            is_different = True
            ask = _open_point(case, place, beside)
            if ask is not None:
                return True, ask
    return is_different, None
