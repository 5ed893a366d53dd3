"""Examines a rule: what shows each of its boundaries, what is not shown yet, and which rules say as little."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.explain.boundaries import Boundary, boundaries
from harness.analysis.explain.case import Case, open_point
from harness.analysis.explain.inside import gaps
from harness.analysis.explain.lattice import Box, Point, as_box, find, meet, with_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What there is to say of one rule."""

    rule: Box
    support: tuple[Point, ...]
    boundaries: tuple[Boundary, ...]
    gaps: int  # places inside it where it was not seen yet
    alternatives: tuple[Box, ...]
    asks: tuple[Point, ...]  # what to run next, once no rule has anything urgent

    @property
    def is_confirmed(self) -> bool:
        """Tell whether nothing else says as little, each boundary is shown, and it was seen wherever it reaches."""
        return all(item.is_shown for item in self.boundaries) and not self.gaps and not self.alternatives


def examine(case: Case, rule: Box) -> Examination:
    """Look at one of the case's rules."""
    ends = tuple(boundaries(case, rule))
    lacking, asks = gaps(case, rule)
    alternatives = []
    for other in _alternatives(case, rule, ends):
        is_different, telling = _tell_apart(case, rule, other)
        if is_different:
            alternatives.append(other)
            asks += [telling] if telling is not None else []
    return Examination(
        rule=rule,
        support=tuple(case.facts.select(case.support(rule))),
        boundaries=ends,
        gaps=lacking,
        alternatives=tuple(alternatives),
        asks=tuple(dict.fromkeys(asks)),
    )


def urgent(case: Case, rule: Box) -> tuple[Point, ...]:
    """Return what to run first, since it may change the rule: what it rests on, then its boundaries."""
    asks = (item.ask for item in boundaries(case, rule))
    return tuple(dict.fromkeys((*_weak_support(case, rule), *(point for point in asks if point is not None))))


def _weak_support(case: Case, rule: Box) -> Iterator[Point]:
    """Yield the point on which all of a rule rests, where it may be a flaky one."""
    support = case.support(rule)
    if case.votes > 1 and case.facts.weight(support, case.failed, case.votes) < case.votes:
        yield from (point for point in case.facts.select(support)[:1] if case.facts.lead(point) < case.votes)


def _alternatives(case: Case, rule: Box, ends: Sequence[Boundary]) -> Iterator[Box]:
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
    for boundary in ends:
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
            ask = open_point(case, place, beside)
            if ask is not None:
                return True, ask
    return is_different, None
