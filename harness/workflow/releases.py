"""The history of each dependency of a search for bounds: the releases that may be asked, each with its cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.errors import UsageError
from harness.model.cell import DATABASE, PYTHON, Cell
from harness.model.plan import Axis, Nogood
from harness.workflow.declared import Declared
from harness.workflow.prepare import Prepared
from harness.workflow.probing import Ground, fixed_axes, package_axis, prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """The history of one dependency, oldest first; no releases where it cannot be searched."""

    declared: Declared
    versions: tuple[str, ...]
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()
    trouble: str = ""


def histories(
    ground: Ground, newest: Prepared, base: Cell, declared: Sequence[Declared]
) -> tuple[Prepared, tuple[Releases, ...]]:
    """Return the histories beside *base*, whose lock says how new each can be, and what is known about all of them.

    A release is in it where its declaration allows it, it is final, not yanked, and can be installed on the Python.

    Raises:
        IndexUnreachable: the index gave no answer.
    """
    lock = newest.locks[base]
    found: dict[str, tuple[str, ...] | str] = {}
    for one in declared:
        found[one.name] = one.trouble or _allowed(ground, one, lock.version_of(one.name))
    fixed = {axis.name: axis for axis in fixed_axes(ground, base)}
    searched = {}
    for name, versions in found.items():
        if isinstance(versions, tuple):
            own = [base[name]] if name in fixed else []
            searched[name] = package_axis(ground, name, [*own, *(f"=={version}" for version in versions)])
    ready = prepared(
        ground,
        newest.spec,
        tuple((fixed | searched).values()),
        {base[PYTHON]: newest.interpreters[base[PYTHON]]},
        {base[DATABASE]: newest.offers[base[DATABASE]]},
    )
    ready.locks[base] = lock
    return ready, tuple(_history(ready, base, one, found[one.name], searched.get(one.name)) for one in declared)


def _allowed(ground: Ground, declared: Declared, newest: str | None) -> tuple[str, ...] | str:
    """Return the releases up to *newest* that the declaration allows, or why there are none."""
    if newest is None:
        return "it is not installed beside the newest of everything"
    try:
        releases = ground.index.releases(declared.name)
    except UsageError as error:
        return error.message
    specifier = SpecifierSet("" if declared.is_axis_only else declared.specifier)
    last = Version(newest)
    versions = sorted(Version(release.version) for release in releases)
    allowed = [
        version
        for version in versions
        if version == last or (version < last and not version.is_prerelease and specifier.contains(version))
    ]
    spelled = {Version(release.version): release.version for release in releases}
    return tuple(spelled[version] for version in allowed) or f"the index does not have {newest}"


def _history(
    ready: Prepared, base: Cell, declared: Declared, found: tuple[str, ...] | str, axis: Axis | None
) -> Releases:
    if isinstance(found, str) or axis is None:
        return Releases(declared=declared, versions=(), cells=(), trouble=str(found))
    values = sorted(axis.values, key=lambda value: Version(value.exact))
    cells = {value.exact: base.replace(declared.name, value.requested) for value in values}
    cells[values[-1].exact] = base  # what is newest beside everything else is what is there anyway
    nogoods = {version: _nogood(ready, cell) for version, cell in cells.items() if cell != base}
    gone = {version: nogood for version, nogood in nogoods.items() if nogood is not None}
    there = {version: cell for version, cell in cells.items() if version not in gone}
    return Releases(
        declared=declared,
        versions=tuple(there),
        cells=tuple(there.values()),
        notes=tuple(_left_out(gone)),
    )


def _nogood(ready: Prepared, cell: Cell) -> Nogood | None:
    return next((nogood for nogood in ready.nogoods if nogood.covers(cell)), None)


def _left_out(gone: dict[str, Nogood]) -> list[str]:
    """Tell what cannot be installed, or is excluded, in one line."""
    if not gone:
        return []
    versions = list(gone)
    which = versions[0] if len(versions) == 1 else f"{versions[0]} … {versions[-1]} ({len(versions)} releases)"
    return [f"left out: {which}: {gone[versions[-1]].detail}"]
