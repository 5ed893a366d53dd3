"""Blame, earned by comparisons in one variable (DESIGN §2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from harness.analysis.conclude import Conclusion
from harness.analysis.control import Control
from harness.analysis.diagnosed import cause_in_project
from harness.analysis.suspects import UNDER_PYTEST_ONLY
from harness.model.cell import DATABASE, is_package_axis
from harness.model.record import Ended
from harness.model.verdict import Blame, BlameFinding, State

DRIVERS = frozenset({"psycopg", "psycopg-binary", "psycopg2", "psycopg2-binary", "mysqlclient", "pymysql"})
_OF_THE_MACHINE = frozenset({Ended.INFRASTRUCTURE.value, Ended.DISK_LIMIT.value})
_Index = Mapping[tuple[str, tuple[tuple[str, str], ...]], Sequence[Conclusion]]


def with_blame(conclusions: Iterable[Conclusion]) -> tuple[Conclusion, ...]:
    """Return the conclusions, each failing or broken one with its blame; neighbours are there to compare with."""
    cells = tuple(conclusions)
    index = _index(cells)
    return tuple(
        replace(one, blame=_blame(one, index)) if one.state.is_failure or one.state is State.ERROR else one
        for one in cells
    )


def blame(failing: Conclusion, others: Iterable[Conclusion]) -> BlameFinding:
    """Return whose fault a failure or an error is, comparing it with the control and with neighbouring cells.

    The project is blamed where a finding of the doctor explains the failure (`diagnosed`). Otherwise a package or
    server is blamed when a neighbour that differs in its version alone passes, exact versions of everything else and
    the provider being equal. A control that passed leaves pytest-django and pytest as candidates, one that failed the
    same way rules them out. With no candidate or several, nobody is blamed.
    """
    return _blame(failing, _index(others))


def blame_of(axis: str) -> Blame | None:
    """Return the name under which an axis is blamed; None where there is none (Python, other packages)."""
    match axis:
        case "pytest-django":
            return Blame.PYTEST_DJANGO
        case "pytest":
            return Blame.PYTEST
        case "django":
            return Blame.DJANGO
        case "database":
            return Blame.DATABASE
        case _:
            return Blame.DRIVER if axis in DRIVERS else None


def _blame(failing: Conclusion, index: _Index) -> BlameFinding:
    if failing.state is State.ERROR:
        kind = failing.signature.type if failing.signature else ""
        culprit = Blame.ENVIRONMENT if kind in _OF_THE_MACHINE else Blame.HARNESS
        return BlameFinding(blame=culprit, why=f"nothing was learnt of the cell: {failing.observation.reason}")
    compared = _neighbours(failing, index)
    passing = {axis: one for axis, found in compared.items() for one in found[:1] if one.state is State.PASS}
    if (cause := cause_in_project(failing)) is not None:
        nearby = next((f"; {_contrast(failing, axis, one)}" for axis, one in passing.items()), "")
        why = " ".join(cause.evidence.split()).removesuffix(".")
        return BlameFinding(blame=Blame.PROJECT, why=f"{why}{nearby}", finding=cause)
    candidates = [axis for axis in passing if _is_candidate(axis, failing.control)]
    guilty = blame_of(candidates[0]) if len(candidates) == 1 else None
    if guilty is not None and not _likelier(candidates[0], failing, compared):
        contrast = _contrast(failing, candidates[0], passing[candidates[0]])
        return BlameFinding(blame=guilty, why=f"{_control_words(failing)}{contrast}")
    return BlameFinding(
        blame=Blame.UNDETERMINED,
        why=_control_words(failing) + _why_not(failing, candidates, passing, compared),
        suspects=_suspects(failing, candidates, compared),
    )


def _is_candidate(axis: str, control: Control | None) -> bool:
    match control:
        case Control.PASSED:
            return axis in UNDER_PYTEST_ONLY
        case Control.FAILED_SAME:
            return axis not in UNDER_PYTEST_ONLY
        case Control.FAILED_OTHER | Control.INCONCLUSIVE | None:
            return True
        case _:
            assert_never(control)


def _likelier(axis: str, failing: Conclusion, compared: Mapping[str, Sequence[Conclusion]]) -> tuple[str, ...]:
    """Return the likelier suspects that nothing was compared with, where no control narrowed the search.

    A plan holds neighbours by chance: with pytest-django 4.13.0, Django 5.2 passes where 5.1 fails. Blaming Django
    for it, without having tried another pytest-django, would be the mistake this project exists to avoid.
    """
    if failing.control in (Control.PASSED, Control.FAILED_SAME):
        return ()
    before = failing.suspects[: failing.suspects.index(axis)] if axis in failing.suspects else failing.suspects
    return tuple(suspect for suspect in before if suspect not in compared)


def _neighbours(failing: Conclusion, index: _Index) -> dict[str, list[Conclusion]]:
    """Return the cells that passed or failed and differ in one version alone, by axis; those that pass come first."""
    found: dict[str, list[Conclusion]] = {}
    for axis, rest in _rests(failing):
        if axis == DATABASE or is_package_axis(axis):
            near = [
                other
                for other in index.get((axis, rest), ())
                if (other.state is State.PASS or other.state.is_failure) and _differs_in(axis, failing, other)
            ]
            if near:
                found[axis] = sorted(near, key=lambda one: (one.state is not State.PASS, one.cell.values))
    return found


def _differs_in(axis: str, one: Conclusion, other: Conclusion) -> bool:
    """Tell whether two cells whose requests differ on *axis* alone do so in fact, and in version only."""
    ours, theirs = dict(one.exact), dict(other.exact)
    changed = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
    is_other_request = one.cell[axis] != other.cell[axis]
    expected = set() if axis == DATABASE else {axis}
    return is_other_request and changed == expected and one.engine is other.engine and one.provider == other.provider


def _index(cells: Iterable[Conclusion]) -> _Index:
    index: dict[tuple[str, tuple[tuple[str, str], ...]], list[Conclusion]] = defaultdict(list)
    for cell in cells:
        for key in _rests(cell):
            index[key].append(cell)
    return index


def _rests(one: Conclusion) -> Iterable[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return each axis with the cell's values on all others."""
    for axis, _ in one.cell.values:
        yield axis, tuple(pair for pair in one.cell.values if pair[0] != axis)


def _control_words(failing: Conclusion) -> str:
    match failing.control:
        case Control.PASSED:
            return "Django's own runner passes the same cell, and "
        case Control.FAILED_SAME:
            return "Django's own runner fails the same way, and "
        case Control.FAILED_OTHER | Control.INCONCLUSIVE | None:
            return ""
        case _:
            assert_never(failing.control)


def _contrast(failing: Conclusion, axis: str, other: Conclusion) -> str:
    ours, theirs = dict(failing.exact), dict(other.exact)
    here, there = ours.get(axis, failing.cell[axis]), theirs.get(axis, other.cell[axis])
    return f"with {axis} {there} in place of {here} alone it passes ({other.cell.id})"


def _why_not(
    failing: Conclusion,
    candidates: Sequence[str],
    passing: Mapping[str, Conclusion],
    compared: Mapping[str, Sequence[Conclusion]],
) -> str:
    if len(candidates) > 1:
        return f"more than one change alone mends it: {', '.join(candidates)}"
    if candidates:
        contrast = _contrast(failing, candidates[0], passing[candidates[0]])
        likelier = _likelier(candidates[0], failing, compared)
        but = f"no other version of {', '.join(likelier)} was tried" if likelier else "blame does not go to such a part"
        return f"{contrast}, but {but}"
    if passing:
        return f"the neighbours that pass differ only in what the control speaks against: {', '.join(passing)}"
    return "no neighbour that differs in one version alone is known to pass"


def _suspects(
    failing: Conclusion, candidates: Sequence[str], compared: Mapping[str, Sequence[Conclusion]]
) -> tuple[Blame, ...]:
    if failing.control is Control.PASSED and not candidates:
        return (Blame.PROJECT, Blame.PYTEST, Blame.PYTEST_DJANGO)
    likelier = [suspect for axis in candidates for suspect in _likelier(axis, failing, compared)]
    axes = [*likelier, *candidates] if candidates else failing.suspects
    found = [blame for axis in axes if (blame := blame_of(axis)) is not None]
    # where no version makes a difference, the project itself is the first to look at
    return tuple(dict.fromkeys(found if candidates else [Blame.PROJECT, *found]))
