"""What is known of each point: how often it passed, how often it failed and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from harness.analysis.explain.lattice import Box, Point, Space, values

TRIES = 9
"""Executions after which a point whose answers differ is left as it is."""


class Kind(Enum):
    """What an execution showed."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"  # neither: an error, a flaky cell
    UNTESTABLE = "untestable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One execution of one point."""

    kind: Kind
    signature: str = ""  # of a failure
    nogood: Box = ()  # of what is untestable: what else is so for the same reason; empty: nothing is known to be


PASSED = Answer(kind=Kind.PASSED)


class Facts:
    """The answers so far. Sets of points are integers, a bit per point, in the order in which they came."""

    def __init__(self, space: Space) -> None:
        self._whole = space.whole
        self._at = [[0] * dimension.size for dimension in space.dimensions]
        self._unions: dict[tuple[int, int], int] = {}  # (axis, mask) → points with such values
        self._numbers: dict[Point, int] = {}
        self._tallies: list[Counter[Answer]] = []
        self.points: list[Point] = []
        self.passing = 0
        self._failing: dict[str, int] = {}
        self.executions = 0

    def add(self, point: Point, answer: Answer) -> None:
        """Take in one execution."""
        number = self._numbers.get(point)
        if number is None:
            number = self._numbers[point] = len(self.points)
            self.points.append(point)
            self._tallies.append(Counter())
            for axis, value in enumerate(point):
                self._at[axis][value] |= 1 << number
            self._unions.clear()
        before = self.answer(point)
        self._tallies[number][answer] += 1
        self.executions += 1
        self._move(1 << number, before, self.answer(point))

    def _move(self, bit: int, before: Answer | None, after: Answer | None) -> None:
        if before == after:
            return
        for answer in (before, after):
            if answer is not None and answer.kind is Kind.PASSED:
                self.passing ^= bit
            elif answer is not None and answer.kind is Kind.FAILED:
                self._failing[answer.signature] = self._failing.get(answer.signature, 0) ^ bit

    def answer(self, point: Point) -> Answer | None:
        """Return what most executions of the point showed; None where it is even, or there was none."""
        number = self._numbers.get(point)
        ranked = self._tallies[number].most_common(2) if number is not None else []
        if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
            return None
        return ranked[0][0]

    def lead(self, point: Point) -> int:
        """Return by how many executions the commonest answer leads."""
        ranked = self._tallies[self._numbers[point]].most_common(2)
        return ranked[0][1] - (ranked[1][1] if len(ranked) == 2 else 0)

    def tries(self, point: Point) -> int:
        """Return how often the point was executed."""
        number = self._numbers.get(point)
        return self._tallies[number].total() if number is not None else 0

    def is_known(self, point: Point) -> bool:
        """Tell whether the point was ever executed."""
        return point in self._numbers

    def failing(self, signature: str) -> int:
        """Return the points that fail with that signature."""
        return self._failing.get(signature, 0)

    @property
    def signatures(self) -> tuple[str, ...]:
        """Return the signatures that some point fails with, in the order of first appearance."""
        return tuple(name for name, points in self._failing.items() if points)

    def within(self, box: Box) -> int:
        """Return the points that lie in the box."""
        found = (1 << len(self.points)) - 1
        for axis, (mask, full) in enumerate(zip(box, self._whole, strict=True)):
            if mask != full:
                found &= self._with(axis, mask)
        return found

    def _with(self, axis: int, mask: int) -> int:
        known = self._unions.get((axis, mask))
        if known is None:
            known = 0
            for value in values(mask):
                known |= self._at[axis][value]
            self._unions[axis, mask] = known
        return known

    def select(self, points: int) -> list[Point]:
        """Return the points of a set."""
        return [self.points[number] for number in values(points)]

    def weight(self, points: int, answer: Answer, enough: int) -> int:
        """Return how many executions at those points gave *answer*; counting may stop at *enough*."""
        if enough <= 1:
            return int(points != 0)
        total = 0
        for number in values(points):
            total += self._tallies[number][answer]
            if total >= enough:
                break
        return total

    def contested(self, votes: int) -> Iterable[Point]:
        """Yield the points whose executions differ and whose answer does not lead by *votes* yet."""
        return (
            point
            for point, tally in zip(self.points, self._tallies, strict=True)
            if len(tally) > 1 and self.lead(point) < votes and tally.total() < TRIES
        )
