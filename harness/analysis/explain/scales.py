"""Puts the axes of a matrix into an order, so that cells become points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from packaging.version import InvalidVersion, Version

from harness.analysis.explain.lattice import Box, Dimension, Point, Space
from harness.model.cell import DATABASE, Cell
from harness.model.condition import is_version_axis
from harness.model.plan import Axis, Nogood, Value
from harness.model.spec import DatabaseSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One axis with its values in order, where they have one: versions ascend. Values of one version are one."""

    name: str
    values: tuple[tuple[Value, ...], ...]
    is_ordered: bool

    @property
    def firsts(self) -> tuple[Value, ...]:
        """Return one value of each version."""
        return tuple(values[0] for values in self.values)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """All axes of a matrix."""

    scales: tuple[Scale, ...]

    @cached_property
    def _numbers(self) -> Mapping[tuple[str, str], int]:
        return {
            (scale.name, value.requested): number
            for scale in self.scales
            for number, values in enumerate(scale.values)
            for value in values
        }

    @property
    def product(self) -> int:
        """Return the number of cells of the full product."""
        product = 1
        for scale in self.scales:
            product *= len(scale.values)
        return product

    def space(self, nogoods: Iterable[Nogood]) -> Space:
        """Return the space of the points, without what cannot be tested."""
        dimensions = tuple(Dimension(size=len(scale.values), is_ordered=scale.is_ordered) for scale in self.scales)
        boxes = (self.box(nogood) for nogood in nogoods)
        return Space(dimensions=dimensions, nogoods=tuple(dict.fromkeys(box for box in boxes if box is not None)))

    def box(self, nogood: Nogood) -> Box | None:
        """Return the box that a nogood covers; None where one of its values is not on these axes."""
        given = dict(nogood.values)
        if any((axis, value) not in self._numbers for axis, value in given.items()):
            return None
        return tuple(
            1 << self._numbers[scale.name, given[scale.name]] if scale.name in given else (1 << len(scale.values)) - 1
            for scale in self.scales
        )

    def point(self, cell: Cell) -> Point | None:
        """Return a cell's point; None where it lacks an axis or has a value that is not on it."""
        given = cell.as_dict()
        found = [self._numbers.get((scale.name, given.get(scale.name, ""))) for scale in self.scales]
        point = tuple(number for number in found if number is not None)
        return point if len(point) == len(self.scales) == len(given) else None

    def cell(self, point: Point) -> Cell:
        """Return the cell that stands for a point."""
        return Cell.of(
            {scale.name: scale.values[number][0].requested for scale, number in zip(self.scales, point, strict=True)}
        )


def chart(axes: Iterable[Axis], databases: Sequence[DatabaseSpec]) -> Chart:
    """Return the axes as scales: versions by PEP 440, servers by version if all are of one engine, others as sets."""
    return Chart(scales=tuple(_scale(axis, databases) for axis in axes if axis.values))


def axes_of(cells: Iterable[tuple[Cell, Mapping[str, str]]]) -> tuple[Axis, ...]:
    """Return the axes that cells, each with its exact versions, span: what is known where nothing was expanded."""
    found: dict[str, dict[str, str]] = {}
    for cell, exact in cells:
        for axis, value in cell.values:
            values = found.setdefault(axis, {})
            values[value] = exact.get(axis, "") or values.get(value, "")
    return tuple(
        Axis(name=name, values=tuple(Value(requested=one, exact=exact) for one, exact in sorted(values.items())))
        for name, values in sorted(found.items())
    )


def _scale(axis: Axis, databases: Sequence[DatabaseSpec]) -> Scale:
    keys = {value: _version(axis.name, value, databases) for value in axis.values}
    versions = {value: key for value, key in keys.items() if key is not None}
    engines = {database.engine for database in databases if database.name in [v.requested for v in axis.values]}
    if len(versions) < len(keys) or (axis.name == DATABASE and len(engines) != 1):
        return Scale(name=axis.name, values=tuple((value,) for value in dict.fromkeys(axis.values)), is_ordered=False)
    equal: dict[Version, list[Value]] = {}
    for value in sorted(versions, key=lambda one: versions[one]):
        equal.setdefault(versions[value], []).append(value)
    return Scale(name=axis.name, values=tuple(map(tuple, equal.values())), is_ordered=True)


def _version(axis: str, value: Value, databases: Sequence[DatabaseSpec]) -> Version | None:
    text = ""
    if axis == DATABASE:
        text = next((database.version for database in databases if database.name == value.requested), "")
    elif is_version_axis(axis):
        text = value.exact or value.requested.removeprefix("==")
    try:
        return Version(text)
    except InvalidVersion:
        return None
