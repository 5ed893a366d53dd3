"""Looks behind the rules: combinations of values that only failing cells held may fail for a reason of their own."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator

from harness.analysis.explain.facts import Facts
from harness.analysis.explain.lattice import Box, Point, Space, find, with_value

CANDIDATES = 6
TRIES = 3
"""Points tried for one combination: where none of them passes, it is something else's doing."""

_Tuple = tuple[tuple[int, int], ...]


class Hidden:
    """The combinations of *strength* values that no passing point has held yet."""

    def __init__(self, space: Space, strength: int) -> None:
        self._strength = min(strength, len(space.dimensions))
        self._open: dict[_Tuple, None] = dict.fromkeys(self._tuples(space))
        self._void: dict[_Tuple, None] = {}
        self._tried: Counter[_Tuple] = Counter()
        self._seen = 0
        self._boxes: tuple[Box, ...] = ()

    def _tuples(self, space: Space) -> Iterator[_Tuple]:
        for axes in itertools.combinations(range(len(space.dimensions)), self._strength):
            for chosen in itertools.product(*(range(space.dimensions[axis].size) for axis in axes)):
                yield tuple(zip(axes, chosen, strict=True))

    def next(self, space: Space, facts: Facts, boxes: tuple[Box, ...]) -> Point | None:
        """Return a point outside of all *boxes* with such combinations; None where there is none any more."""
        self._strike(facts)
        if boxes != self._boxes:
            self._boxes = boxes
            self._open |= self._void
            self._void = {}
        while self._open:
            wanted = next(iter(self._open))
            found = self._best(space, facts, wanted) if self._tried[wanted] < TRIES else None
            if found is not None:
                self._tried.update(part for part in self._held(found) if part in self._open)
                return found
            del self._open[wanted]
            if self._tried[wanted] < TRIES:
                self._void[wanted] = None
        return None

    def _strike(self, facts: Facts) -> None:
        fresh = facts.passing & ~self._seen
        self._seen |= fresh
        for point in facts.select(fresh):
            for part in self._held(point):
                self._open.pop(part, None)
                self._void.pop(part, None)

    def _held(self, point: Point) -> Iterable[_Tuple]:
        return itertools.combinations(enumerate(point), self._strength)

    def _best(self, space: Space, facts: Facts, wanted: _Tuple) -> Point | None:
        """Return the best of some points that hold *wanted*: the one with most other open combinations."""
        place = space.whole
        for axis, value in wanted:
            place = with_value(place, axis, 1 << value)
        chance = random.Random(len(facts.points))  # noqa: S311  (the same points each time)
        found: dict[Point, int] = {}
        for _ in range(CANDIDATES):
            point = find(
                space, place, avoid=self._boxes, rank=lambda axis, value: chance.random(), is_taken=facts.is_known
            )
            if point is None:
                break
            found[point] = sum(part in self._open for part in self._held(point))
        return max(found, key=lambda point: found[point], default=None)
