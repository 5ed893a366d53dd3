"""Axes as bit masks: a bit per value, so that a cell, a tuple of values or a nogood is one integer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from harness.model.cell import Cell
from harness.model.plan import Axis, Partial, Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """The product of some axes. Bits ascend with the axes and, within one, with its values. Made by `encode`."""

    axes: tuple[Axis, ...]
    bits: tuple[tuple[int, ...], ...]  # per axis, per value
    spans: tuple[int, ...]  # per axis: all its bits
    pairs: tuple[tuple[str, str], ...]  # (axis, value) of each bit, by position

    @property
    def size(self) -> int:
        """Return the number of cells of the product."""
        return math.prod(len(axis.values) for axis in self.axes)

    def mask(self, partial: Partial) -> int | None:
        """Return the bits of *partial*; None where one of its values is not in this product."""
        mask = 0
        for pair in partial:
            try:
                mask |= 1 << self.pairs.index(pair)
            except ValueError:
                return None
        return mask

    def partial(self, mask: int) -> Partial:
        """Return the values that *mask* holds, sorted by axis name."""
        return tuple(sorted(self.pairs[position] for position in positions(mask)))

    def cell(self, mask: int) -> Cell:
        """Return the cell of a mask that has one bit per axis."""
        return Cell.of(self.partial(mask))

    def tuples(self, count: int) -> Iterator[int]:
        """Yield every combination of values of *count* axes."""
        for chosen in itertools.combinations(self.bits, count):
            for values in itertools.product(*chosen):
                yield sum(values)

    def cells_with(self, mask: int) -> int:
        """Return how many cells of the product hold *mask*: none where it has two values of one axis."""
        return math.prod(
            1 if (held := (mask & span).bit_count()) == 1 else 0 if held else span.bit_count() for span in self.spans
        )


def encode(axes: tuple[Axis, ...]) -> Space:
    """Number the values of *axes*; a value that an axis has twice (as written, out of a range) counts once."""
    axes = tuple(replace(axis, values=_distinct(axis)) for axis in axes)
    pairs = tuple((axis.name, value.requested) for axis in axes for value in axis.values)
    numbers = iter(range(len(pairs)))
    bits = tuple(tuple(1 << next(numbers) for _ in axis.values) for axis in axes)
    return Space(axes=axes, bits=bits, spans=tuple(sum(values) for values in bits), pairs=pairs)


def _distinct(axis: Axis) -> tuple[Value, ...]:
    first: dict[str, Value] = {}
    for value in axis.values:
        first.setdefault(value.requested, value)
    return tuple(first.values())


def positions(mask: int) -> Iterator[int]:
    """Yield the positions of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def subsets(row: int, count: int) -> Iterator[int]:
    """Yield each choice of *count* bits of *row*."""
    return map(sum, itertools.combinations([1 << position for position in positions(row)], count))


def unique(items: Iterable[T]) -> list[T]:
    """Return the items without repetition, in order of first appearance."""
    return list(dict.fromkeys(items))
