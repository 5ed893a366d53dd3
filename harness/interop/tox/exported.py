"""Reads a `tox.toml` that `harness export tox` wrote back into the draft of its matrix."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.version import InvalidVersion, Version

from harness.errors import UsageError
from harness.interop.draft import Draft, DraftAxis
from harness.interop.tox import boxes
from harness.interop.tox.environment import ToxFile
from harness.interop.tox.write import CELL
from harness.model.cell import CANARY, DATABASE, Cell
from harness.model.condition import Condition, is_version_axis
from harness.model.spec import CanarySpec, MatrixSpec, Rule, Strength

REASON = "not in tox's env_list"


def cells(found: ToxFile) -> tuple[Cell, ...]:
    """Return the cells that the environments are; none where they were not written by `harness export tox`.

    Raises:
        UsageError: some are, and some are not, or what is there is no cell.
    """
    named = [(one.name, dict(one.set_env).get(CELL, "")) for one in found.environments]
    if not any(cell for _, cell in named):
        return ()
    others = [name for name, cell in named if not cell]
    if others:
        raise UsageError(
            f"{found.path}: {', '.join(others)}: no cell is named by {CELL}, as it is in the other environments",
            remedy="harness export tox, which writes the file anew",
        )
    try:
        return tuple(Cell.parse(cell) for _, cell in named)
    except ValueError as error:
        raise UsageError(f"{found.path}: {CELL}: {error}", remedy="harness export tox") from error


def draft(spec: MatrixSpec, wanted: Sequence[Cell], root: Path) -> Draft:
    """Return the matrix of just these cells; *spec* is the one that they come from, *root* the folder of the new one.

    Raises:
        UsageError: the cells have other axes than the matrix.
    """
    names = [axis.name for axis in spec.axes]
    for cell in wanted:
        if sorted(name for name, _ in cell.values) != sorted(names):
            raise UsageError(f"{cell.id}: the axes are not those of the matrix: {', '.join(names)}")
    axes = tuple((axis.name, _values(axis.name, axis.values, wanted)) for axis in spec.axes)
    points = [tuple(cell[name] for name in names) for cell in wanted]
    used = {CANARY: set(dict(axes)[CANARY]), DATABASE: set(dict(axes)[DATABASE])}
    canaries = tuple(_moved(one, root) for one in spec.canaries if one.name in used[CANARY])
    return Draft(
        axes=tuple(DraftAxis(name=name, values=values) for name, values in axes),
        databases=tuple(one for one in spec.databases if one.name in used[DATABASE] and not _is_predefined(one.name)),
        canaries=canaries,
        excludes=tuple(
            Rule(when=Condition(terms=tuple(sorted(terms))), reason=REASON) for terms in boxes.outside(axes, points)
        ),
        strength=Strength.FULL,
        allow_build=spec.run.allow_build,
        left=tuple(_left(canaries)),
    )


def _is_predefined(name: str) -> bool:
    return name.startswith("sqlite-")


def _values(axis: str, known: Iterable[object], wanted: Sequence[Cell]) -> tuple[str, ...]:
    """Return the values that cells have: in the order of the matrix, those of its ranges by their version."""
    used = {cell[axis] for cell in wanted}
    listed = [value for value in known if isinstance(value, str) and value in used]
    further = sorted(used - set(listed), key=_version) if is_version_axis(axis) else sorted(used - set(listed))
    return (*listed, *further)


def _version(text: str) -> Version:
    try:
        return Version(text.removeprefix("=="))
    except InvalidVersion:
        return Version("0")


def _moved(canary: CanarySpec, root: Path) -> CanarySpec:
    return replace(canary, path=Path(os.path.relpath(canary.path, root)))


def _left(canaries: Sequence[CanarySpec]) -> Iterable[str]:
    for canary in canaries:
        if canary.changes or canary.prepare:
            yield f"canary.{canary.name}: a scenario: its overlay, remove and base are not written here"
        if canary.lacks:
            yield f"canary.{canary.name}: its `lacks` are not written here"
    yield "expectations, profiles and the settings of [run] are not written here: they are in the matrix it came from"
