"""One failure's rules, what is known about it, and where more could be learnt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.analysis.explain.facts import Answer, Facts, Kind
from harness.analysis.explain.lattice import Box, Point, Space, find


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


def is_open(case: Case, point: Point) -> bool:
    return not case.facts.is_known(point) and case.space.is_feasible(point)


def open_point(
    case: Case, place: Box, taken: Sequence[Box], rank: Callable[[int, int], float] = lambda axis, value: 0
) -> Point | None:
    """Return a point of *place* not yet run, if possible where no other failure may hide what it would show."""
    known = case.facts.is_known
    found = find(case.space, place, avoid=(*taken, *case.others), rank=rank, is_taken=known)
    if found is None and case.others and not failed_otherwise(case, place):
        found = find(case.space, place, avoid=taken, rank=rank, is_taken=known)
    return found


def failed_otherwise(case: Case, place: Box) -> int:
    """Return how many points of *place* fail with another signature."""
    facts = case.facts
    inside = facts.within(place)
    return sum((inside & facts.failing(name)).bit_count() for name in facts.signatures if name != case.signature)
