"""Picks the cell that a search of bounds starts from: the newest of every axis that can be tested here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from packaging.version import Version

from harness.errors import NothingSelected, UsageError
from harness.model.cell import CANARY, DATABASE, PYTHON, Cell, is_package_axis
from harness.model.package import Interpreter
from harness.model.plan import Axis, Value
from harness.model.server import Absent
from harness.model.spec import AxisSpec, Engine, MatrixSpec
from harness.packages import interpreters
from harness.workflow.pinned import axis_of
from harness.workflow.prepare import Prepared
from harness.workflow.probing import Ground, lock_all, parse, prepared

TRIED = 30
"""How many combinations are resolved before the search for one is given up."""


def base_cell(ground: Ground, text: str) -> tuple[Prepared, Cell]:
    """Return a cell with the values that *text* gives and, for the rest, the newest that can be tested together; with
    what is known about it and about all other values: it is locked, and something serves its database.

    SQLite comes before other databases; apart from that, databases and modes are tried in the matrix's order.

    Raises:
        UsageError: *text* names no axis or value of the matrix, or the canary is left open and there are several.
        NothingSelected: no such cell can be tested.
        Infrastructure: the index gave no answer.
    """
    given = parse(text, ground.spec, without="")
    axes, pythons = _expanded(ground, given)
    ready = prepared(ground, ground.spec, axes, pythons, {})
    reasons = [(nogood.detail, nogood.remedy) for nogood in ready.nogoods]
    absent: set[str] = set()
    tried = 0
    for cell in newest_first(axes, ground.spec):
        if cell[DATABASE] in absent or any(nogood.covers(cell) for nogood in ready.nogoods):
            continue
        if cell[DATABASE] not in ready.offers:
            offer = ground.offer(ground.spec.database(cell[DATABASE]))
            if isinstance(offer, Absent):
                absent.add(cell[DATABASE])
                reasons.append((f"{cell[DATABASE]}: {offer.detail}", offer.remedy))
                continue
            ready.offers = {**ready.offers, cell[DATABASE]: offer}
        impossible = lock_all(ready, [cell])
        if not impossible:
            return ready, cell
        reasons.append((impossible[cell].detail, impossible[cell].remedy))
        tried += 1
        if tried == TRIED:
            break
    raise nothing(text, reasons)


def nothing(text: str, reasons: Sequence[tuple[str, str]]) -> NothingSelected:
    """Return that no cell was found; of all (reason, remedy) the last is told."""
    why, remedy = reasons[-1] if reasons else ("", "")
    return NothingSelected(
        f"no cell{f' of {text}' if text else ''} can be tested{f': {why}' if why else ''}",
        remedy=remedy or "another --cell",
    )


def package_axes(ground: Ground) -> tuple[Axis, ...]:
    """Return the package axes with all their values.

    Raises:
        UsageError: a value cannot be read, or no release fits it.
        IndexUnreachable: the index gave no answer.
    """
    return tuple(_package_axis(ground, axis, {}) for axis in ground.spec.axes if is_package_axis(axis.name))


def _expanded(ground: Ground, given: Mapping[str, str]) -> tuple[tuple[Axis, ...], dict[str, Interpreter]]:
    """Return the axes with exact versions, narrowed to what was given, and the interpreters by their value."""
    pythons = {
        value: python for value in _written(ground.spec, PYTHON, given) if (python := _here(ground, value, given))
    }
    if not pythons:
        wanted = ", ".join(_written(ground.spec, PYTHON, given))
        raise NothingSelected(f"no Python {wanted} is here", remedy=f"uv python install {wanted.partition(',')[0]}")
    axes = []
    for axis in ground.spec.axes:
        if is_package_axis(axis.name):
            axes.append(_package_axis(ground, axis, given))
        elif axis.name == PYTHON:
            values = tuple(Value(requested=value, exact=python.version) for value, python in pythons.items())
            axes.append(Axis(name=PYTHON, values=values))
        else:
            names = _written(ground.spec, axis.name, given)
            axes.append(Axis(name=axis.name, values=tuple(Value(requested=name) for name in names)))
    return tuple(axes), pythons


def _written(spec: MatrixSpec, name: str, given: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of an axis that are no package's; the one that was given alone.

    Raises:
        UsageError: it is none of them, or it is the canary that is left open.
    """
    values = tuple(value for value in spec.axis(name).values if isinstance(value, str))
    if name in given:
        if given[name] not in values:
            raise UsageError(f"--cell: {name} has no value {given[name]!r}", remedy=f"one of {', '.join(values)}")
        return (given[name],)
    if name == CANARY and len(values) > 1:
        raise UsageError(
            f"bounds are those of one canary, and there are {len(values)}: {', '.join(values)}",
            remedy=f"--cell canary={values[0]}",
        )
    return values


def _here(ground: Ground, value: str, given: Mapping[str, str]) -> Interpreter | None:
    """Return the interpreter of a value; one that is asked for by name may be downloaded."""
    return ground.interpreter(value) if PYTHON in given else interpreters.match(value, ground.pythons)


def _package_axis(ground: Ground, axis: AxisSpec, given: Mapping[str, str]) -> Axis:
    names = [other.name for other in ground.spec.axes]

    def expanded(spec: AxisSpec) -> Axis:
        return axis_of(
            spec.name, ground.pins.package_axis(spec, lambda: ground.index.releases(spec.name, known_names=names))
        )

    whole = expanded(axis)
    if axis.name not in given:
        return whole
    wanted = given[axis.name]
    named = tuple(value for value in whole.values if value.requested == wanted)
    return Axis(name=axis.name, values=named) if named else expanded(AxisSpec(name=axis.name, values=(wanted,)))


def newest_first(axes: Sequence[Axis], spec: MatrixSpec) -> Iterator[Cell]:
    """Yield all cells, those with newer versions first; Python gives way before packages do."""
    choices = [(axis.name, _ordered(axis, spec)) for axis in sorted(axes, key=lambda axis: _rank(axis.name))]
    for values in itertools.product(*(values for _, values in choices)):
        yield Cell.of(zip((name for name, _ in choices), values, strict=True))


def _rank(name: str) -> int:
    if name == PYTHON:
        return 2
    return 1 if is_package_axis(name) else 0


def _ordered(axis: Axis, spec: MatrixSpec) -> list[str]:
    values = [value.requested for value in axis.values]
    if axis.name == DATABASE:
        return sorted(values, key=lambda name: spec.database(name).engine is not Engine.SQLITE)
    if all(value.exact for value in axis.values):
        newest = sorted(axis.values, key=lambda value: Version(value.exact), reverse=True)
        return [value.requested for value in newest]
    return values
