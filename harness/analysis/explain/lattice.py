"""Cells as points, conjunctions of axis predicates as boxes: the geometry in which rules are looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

Point = tuple[int, ...]
"""A cell: the number of its value on each axis."""

Box = tuple[int, ...]
"""A conjunction: per axis the values that it allows, a bit each. All bits set: the axis does not matter."""

NODES = 20_000
"""Steps that a search for a point may take before it gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One axis. On an ordered one a predicate is an interval, on others any set of values."""

    size: int
    is_ordered: bool


@dataclass(frozen=True, kw_only=True)
class Space:
    """All cells of a matrix, with what cannot be tested as boxes."""

    dimensions: tuple[Dimension, ...]
    nogoods: tuple[Box, ...] = ()

    @cached_property
    def whole(self) -> Box:
        """Return the box that holds every point."""
        return tuple((1 << dimension.size) - 1 for dimension in self.dimensions)

    def is_feasible(self, point: Point) -> bool:
        """Tell whether no nogood covers the point."""
        return not any(holds(nogood, point) for nogood in self.nogoods)

    def constrained(self, box: Box) -> tuple[int, ...]:
        """Return the axes on which the box leaves values out: the conjunction's predicates."""
        return tuple(axis for axis, (mask, full) in enumerate(zip(box, self.whole, strict=True)) if mask != full)

    def hull(self, box: Box, other: Box) -> Box:
        """Return the smallest box that holds both."""
        return tuple(
            span(one | two) if dimension.is_ordered else one | two
            for one, two, dimension in zip(box, other, self.dimensions, strict=True)
        )


def span(mask: int) -> int:
    """Return *mask* with every bit between its lowest and its highest set."""
    low = mask & -mask
    return (1 << mask.bit_length()) - low


def values(mask: int) -> Iterator[int]:
    """Yield the positions of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def holds(box: Box, point: Point) -> bool:
    """Tell whether the point lies in the box."""
    return all(mask >> value & 1 for mask, value in zip(box, point, strict=True))


def as_box(point: Point) -> Box:
    """Return the box that holds this point alone."""
    return tuple(1 << value for value in point)


def is_void(box: Box) -> bool:
    """Tell whether the box holds no point."""
    return not all(box)


def meet(one: Box, two: Box) -> Box:
    """Return the box of what lies in both."""
    return tuple(a & b for a, b in zip(one, two, strict=True))


def with_value(box: Box, axis: int, mask: int) -> Box:
    """Return the box with other values on one axis."""
    return (*box[:axis], mask, *box[axis + 1 :])


def with_point(point: Point, axis: int, value: int) -> Point:
    """Return the neighbour of a point along one axis."""
    return (*point[:axis], value, *point[axis + 1 :])


def find(
    space: Space,
    box: Box,
    *,
    avoid: Iterable[Box] = (),
    rank: Callable[[int, int], float] = lambda axis, value: 0,
    is_taken: Callable[[Point], bool] = lambda point: False,
) -> Point | None:
    """Return a feasible point of *box* that lies in none of *avoid* and is not taken; None where none was found.

    On each axis values of a lower *rank* (axis, value) are tried first.
    """
    if is_void(box):
        return None
    relevant = [other for other in (*space.nogoods, *avoid) if not is_void(meet(box, other))]
    order = _axes_in_order(space, relevant)
    last = [max((order.index(axis) for axis in space.constrained(other)), default=-1) for other in relevant]
    if -1 in last:
        return None
    choices = [sorted(values(box[axis]), key=partial(rank, axis)) for axis in order]
    return _Search(relevant, last, order, choices, is_taken).run()


def _axes_in_order(space: Space, boxes: Sequence[Box]) -> list[int]:
    """Return the axes, those that most boxes constrain first, so that a dead end shows early."""
    weight = [0] * len(space.dimensions)
    for box in boxes:
        for axis in space.constrained(box):
            weight[axis] += 1
    return sorted(range(len(weight)), key=lambda axis: -weight[axis])


class _Search:
    """Depth first over the axes; a box stays alive as long as every value chosen so far lies in it."""

    def __init__(
        self,
        boxes: Sequence[Box],
        last: Sequence[int],
        order: Sequence[int],
        choices: Sequence[Sequence[int]],
        is_taken: Callable[[Point], bool],
    ) -> None:
        self._boxes, self._last, self._order, self._choices = boxes, last, order, choices
        self._is_taken = is_taken
        self._nodes = 0
        self._point = [0] * len(order)

    def run(self) -> Point | None:
        return self._step(0, list(range(len(self._boxes))))

    def _step(self, depth: int, alive: list[int]) -> Point | None:
        if depth == len(self._order):
            point = tuple(self._point)
            return None if self._is_taken(point) else point
        axis = self._order[depth]
        for value in self._choices[depth]:
            self._nodes += 1
            if self._nodes > NODES:
                return None
            still = [number for number in alive if self._boxes[number][axis] >> value & 1]
            if any(self._last[number] <= depth for number in still):
                continue
            self._point[axis] = value
            found = self._step(depth + 1, still)
            if found is not None:
                return found
        return None
