"""Which axes to look at first when a cell fails, and the neighbours that could tell."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.analysis.control import Control
from harness.analysis.signature import outside_tests, signature
from harness.model.cell import DATABASE, Cell
from harness.model.evidence import Frame
from harness.model.plan import Axis, Value
from harness.model.record import Trial
from harness.model.spec import DatabaseSpec, next_named
from harness.model.verdict import Observation

UNDER_PYTEST_ONLY = ("pytest-django", "pytest")
"""What the control does without; the project's pytest configuration is the third."""

_IMPORTED_AS = {
    "_pytest": "pytest",
    "mysqldb": "mysqlclient",
    "rest-framework": "djangorestframework",
    "psycopg-binary": "psycopg",
    "psycopg-c": "psycopg",
    "xdist": "pytest-xdist",
}


def suspect_axes(cell: Cell, failing: Trial, observation: Observation, control: Control | None) -> tuple[str, ...]:
    """Return the axes that may be to blame, the likeliest first: those in the traceback, innermost frame first.

    A control that passed leaves only what it does without; one that failed the same way rules that out.
    """
    if not observation.state.is_failure:
        return ()
    names = [name for name, _ in cell.packages()]
    likely = [axis for axis in _in_traceback(failing, observation) if axis in names]
    rest = [axis for axis in ("pytest-django", "django", "pytest") if axis in names]
    others = [axis for axis in names if axis not in rest]
    order = [*dict.fromkeys([*likely, *rest, *others, *([DATABASE] if DATABASE in cell.as_dict() else [])])]
    match control:
        case Control.PASSED:
            return tuple(axis for axis in order if axis in UNDER_PYTEST_ONLY)
        case Control.FAILED_SAME:
            return tuple(axis for axis in order if axis not in UNDER_PYTEST_ONLY)
        case Control.FAILED_OTHER | Control.INCONCLUSIVE | None:
            return tuple(order)


def _in_traceback(failing: Trial, observation: Observation) -> Iterator[str]:
    for test in failing.evidence.tests():
        if test.failure and signature(test.failure) == observation.signature:
            frames: Sequence[Frame] = outside_tests(test.failure) or tuple(reversed(test.failure.frames))
            yield from (_axis_of(frame.origin) for frame in frames)
            return


def _axis_of(origin: str) -> str:
    name = str(canonicalize_name(origin)) if origin and not origin.startswith("_") else origin
    return _IMPORTED_AS.get(name, name)


def neighbours(
    cell: Cell,
    axis: Axis,
    *,
    databases: Sequence[DatabaseSpec] = (),
    is_feasible: Callable[[Cell], bool] = lambda _: True,
) -> tuple[Cell, ...]:
    """Return the feasible cells that differ in the version on *axis* alone: the closest first, older before newer.

    On the axis `database` these are other versions of the same engine, as *databases* describes them.
    """
    ranked = sorted(_versions(cell, axis, databases), key=lambda item: item[0])
    here = next((version for version, value in ranked if value.requested == cell[axis.name]), None)
    if here is None:
        return ()
    older = [value for version, value in reversed(ranked) if version < here]
    newer = [value for version, value in ranked if version > here]
    both = itertools.chain.from_iterable(itertools.zip_longest(older, newer))
    candidates = [cell.replace(axis.name, value.requested) for value in both if value is not None]
    return tuple(candidate for candidate in candidates if is_feasible(candidate))


def _versions(cell: Cell, axis: Axis, databases: Sequence[DatabaseSpec]) -> Iterator[tuple[Version, Value]]:
    """Return the values of the axis that are versions of the same thing, with their versions."""
    for value in axis.values:
        text = value.exact or value.requested
        if axis.name == DATABASE:
            here, there = next_named(databases, cell[DATABASE]), next_named(databases, value.requested)
            if here.engine is not there.engine:
                continue
            text = there.version
        try:
            yield Version(text), value
        except InvalidVersion:
            continue
