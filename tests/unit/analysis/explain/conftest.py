"""Planted truths: a space, boxes in which cells fail, and a laboratory that knows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from harness.analysis.explain.facts import PASSED, Answer, Facts, Kind
from harness.analysis.explain.lattice import Box, Dimension, Point, Space, holds


@dataclass(kw_only=True)
class Truth:
    """A `Laboratory` that answers by the first box that holds, and counts what it was asked."""

    space: Space
    rules: tuple[tuple[str, Box], ...]
    asked: list[Point] = field(default_factory=list)
    lies: dict[Point, list[Answer]] = field(default_factory=dict)  # told first
    untestable: tuple[Box, ...] = ()

    def answer(self, point: Point) -> Answer:
        """What the cell shows."""
        for box in self.untestable:
            if holds(box, point):
                return Answer(kind=Kind.UNTESTABLE, nogood=box)
        for signature, box in self.rules:
            if holds(box, point):
                return Answer(kind=Kind.FAILED, signature=signature)
        return PASSED

    def run(self, points: Sequence[Point]) -> list[Answer]:
        """Execute each point once."""
        self.asked += points
        return [self.lies[p].pop(0) if self.lies.get(p) else self.answer(p) for p in points]

    def facts(self, *points: Point) -> Facts:
        """Facts with the answers at these points."""
        found = Facts(self.space)
        for point, answer in zip(points, self.run(points), strict=True):
            found.add(point, answer)
        return found


@pytest.fixture
def make_space() -> Callable[..., Space]:
    """Returns a builder of spaces: sizes of the axes, an unordered one as a negative number."""

    def build(*sizes: int, nogoods: tuple[Box, ...] = ()) -> Space:
        return Space(
            dimensions=tuple(Dimension(size=abs(size), is_ordered=size > 0) for size in sizes), nogoods=nogoods
        )

    return build


@pytest.fixture
def make_truth(make_space: Callable[..., Space]) -> Callable[..., Truth]:
    """Returns a builder of truths: sizes of the axes, then boxes as texts of allowed values (``"2 01 *"``)."""

    def build(sizes: Sequence[int], *rules: str, nogoods: Sequence[str] = (), **fields: object) -> Truth:
        space = make_space(*sizes)
        space = make_space(*sizes, nogoods=tuple(read_box(space, text) for text in nogoods))
        named = [text.split(":") if ":" in text else ("boom", text) for text in rules]
        return Truth(space=space, rules=tuple((name, read_box(space, text)) for name, text in named), **fields)

    return build


@pytest.fixture
def box() -> Callable[[Space, str], Box]:
    """Returns the reader of boxes."""
    return read_box


def read_box(space: Space, text: str) -> Box:
    """Read ``"2 01 *"``."""
    return tuple(
        full if word == "*" else sum(1 << int(value) for value in word)
        for word, full in zip(text.split(), space.whole, strict=True)
    )
