"""A cell: one requested value per axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

PYTHON, DATABASE, CANARY, MODE = "python", "database", "canary", "mode"
BUILT_IN_AXES = (CANARY, DATABASE, MODE, PYTHON)
DATE = "date"
"""Of a cell that a search by date made: what had been uploaded by that day. No axis of a matrix."""


def normalise_axis(name: str) -> str:
    """Return a built-in axis as it is and a package's name as PEP 503 spells it."""
    return name if name in BUILT_IN_AXES else str(canonicalize_name(name))


def is_package_axis(name: str) -> bool:
    """Tell whether the axis is a package on the index."""
    return name not in (*BUILT_IN_AXES, DATE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One *requested* value per axis, sorted by axis name. Build it with `of` or `parse`."""

    values: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, values: Mapping[str, str] | Iterable[tuple[str, str]]) -> Cell:
        """Build a cell; axis names are normalised."""
        pairs = values.items() if isinstance(values, Mapping) else values
        return cls(tuple(sorted((normalise_axis(axis), value) for axis, value in pairs)))

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Read an id back (``canary=seed,django=6.0,…``); the order of the axes does not matter.

        Raises:
            ValueError: an item is not ``axis=value``, or an axis occurs twice.
        """
        pairs = []
        for item in text.split(","):
            axis, equals, value = item.strip().partition("=")
            if not (axis and equals and value):
                raise ValueError(f"{item.strip()!r} is not axis=value")
            pairs.append((axis, value))
        cell = cls.of(pairs)
        if len({axis for axis, _ in cell.values}) != len(pairs):
            raise ValueError("an axis occurs twice")
        return cell

    @property
    def id(self) -> str:
        """The readable id; `parse` reads it back."""
        return ",".join(f"{axis}={value}" for axis, value in self.values)

    def __getitem__(self, axis: str) -> str:
        for name, value in self.values:
            if name == axis:
                return value
        raise KeyError(axis)

    def as_dict(self) -> dict[str, str]:
        """Return axis → requested value."""
        return dict(self.values)

    def replace(self, axis: str, value: str) -> Cell:
        """Return the neighbour that differs in one axis."""
        return Cell.of(self.as_dict() | {axis: value})

    def packages(self) -> tuple[tuple[str, str], ...]:
        """Return the package axes and their requested values."""
        return tuple(pair for pair in self.values if is_package_axis(pair[0]))
