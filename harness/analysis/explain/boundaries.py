"""Where a rule ends, and the neighbouring cells that show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.explain.case import Case, failed_otherwise, is_open
from harness.analysis.explain.lattice import Box, Point, find, holds, values, with_point, with_value

MASKED = 2
"""Cells that failed otherwise after which it is held that nothing else is to be seen at a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """Where a rule ends on one axis: at *value*, the first outside."""

    axis: int
    value: int
    failed: Point | None = None  # inside, failing
    passed: Point | None = None  # its neighbour outside, passing
    is_shown: bool = False
    ask: Point | None = None  # what to run to have it shown


def boundaries(case: Case, rule: Box) -> Iterator[Boundary]:
    """Yield each boundary of a rule, shown or not; none where no cell beyond can be tested."""
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
    ask = next((p for p in open_ends if is_open(case, p) and not any(holds(box, p) for box in taken)), None)
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
    near = [p for p in near if is_open(case, p) and not any(holds(box, p) for box in case.beside(rule))]
    clear = [p for p in near if not any(holds(box, p) for box in case.others)]
    if clear:
        return clear[0]
    found = find(case.space, place, avoid=(*case.rules, *case.others), is_taken=case.facts.is_known)
    if found is not None or failed_otherwise(case, place) >= MASKED:
        return found
    return near[0] if near else find(case.space, place, avoid=case.rules, is_taken=case.facts.is_known)
