"""Conditions on cells (`when = { django = "<5.2", mode = ["xdist"] }`)."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.model.cell import PYTHON, Cell, is_package_axis


@dataclass(frozen=True, slots=True)
class Condition:
    """A conjunction: for each axis named, one of the alternatives holds. An empty condition holds everywhere.

    An alternative is, on version axes, a PEP 440 specifier matched with the exact version, or a requested
    value; on the others a name, in which ``*`` stands for anything (``postgres-*``).
    """

    terms: tuple[tuple[str, tuple[str, ...]], ...]

    def axes(self) -> tuple[str, ...]:
        """Return the axes that the condition names."""
        return tuple(axis for axis, _ in self.terms)

    def holds(self, cell: Cell, exact: Mapping[str, str]) -> bool:
        """Tell whether every term holds; *exact* maps version axes to exact versions where they are known."""
        values = cell.as_dict()
        return all(
            axis in values and any(_matches(axis, option, values[axis], exact.get(axis)) for option in options)
            for axis, options in self.terms
        )

    def matches_value(self, axis: str, requested: str, exact: str | None) -> bool:
        """Tell whether the term on *axis* (if there is one) holds for one value of that axis."""
        for name, options in self.terms:
            if name == axis:
                return any(_matches(axis, option, requested, exact) for option in options)
        return True


def is_version_axis(axis: str) -> bool:
    """Tell whether the axis's values are versions: packages and Python."""
    return axis == PYTHON or is_package_axis(axis)


def _matches(axis: str, option: str, requested: str, exact: str | None) -> bool:
    if option == requested:
        return True
    if not is_version_axis(axis):
        return fnmatch.fnmatchcase(requested, option)
    try:
        specifier = SpecifierSet(option if option[:1] in "<>=!~" else f"=={option}.*")
    except InvalidSpecifier:
        return False
    try:
        return specifier.contains(Version(exact or requested), prereleases=True)
    except InvalidVersion:
        return False
