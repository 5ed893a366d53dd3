"""What was observed of each cell: few facts, none of them a time, a place or a random name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.asked import Asked
from harness.analysis.observe import observe, observe_record
from harness.analysis.signature import is_failing
from harness.model import codec
from harness.model.cell import CANARY, DATABASE, MODE, Cell
from harness.model.evidence import FileSeen
from harness.model.record import Purpose, Record, Runner, Trial
from harness.model.spec import MatrixSpec
from harness.model.verdict import Observation

DJANGO, PYTEST_DJANGO = "django", "pytest-django"
VARIED = (DJANGO, PYTEST_DJANGO, DATABASE)
"""The axes that every scenario is crossed with."""
SEPARATOR = " × "


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFile:
    """What a run made of a SQLite file that is the project's own."""

    existed: bool
    exists: bool
    is_changed: bool
    tables: int  # in it afterwards
    rows_changed: tuple[tuple[str, int, int], ...] = ()  # of tables it had: name, rows before and after


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was observed of one cell under one runner."""

    state: str
    failure: str = ""  # of most tests that failed
    tests: int = 0
    failing: int = 0
    set_up_by: tuple[str, ...] = ()
    is_test_database: bool | None = None  # None: no database was set up
    vendor: str = ""
    expected: int = 0  # tables that the models ask for
    missing: int = 0  # of them
    applied: int = 0  # migrations
    own_file: OwnFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cell under one runner."""

    canary: str
    mode: str
    runner: str
    at: tuple[str, ...]  # its values of `VARIED`
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Everything that the document is made from."""

    as_of: str
    versions: tuple[tuple[str, str, str], ...]  # axis, value as it was requested, exact version
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The rows of one scenario in which the same was observed."""

    canary: str
    mode: str
    runner: str
    facts: Facts
    at: tuple[str, ...]  # each as in `SEPARATOR.join(row.at)`


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    as_of: str
    versions: tuple[tuple[str, str, str], ...]
    groups: tuple[_Group, ...]


def export(records: Iterable[Record], controls: Iterable[Record], spec: MatrixSpec, *, as_of: str) -> Export:
    """Return what was observed of *records* under pytest, and of *controls* under Django's own runner.

    Neighbours that were run to earn a blame are no part of it.
    """
    rows, versions = [], set()
    for record in _planned(records):
        trial = record.deciding()[-1]
        rows.append(_row(record.cell, trial, observe_record(record, Asked.of(record.cell, spec))))
        versions |= {(axis, record.cell[axis], exact) for axis, exact in trial.attempt.exact if axis != "python"}
    for record in _planned(controls):
        trial = record.by(Runner.DJANGO)[-1]
        rows.append(_row(record.cell, trial, observe(trial, Asked.of(record.cell, spec))))
    return Export(as_of=as_of, versions=tuple(sorted(versions)), rows=tuple(sorted(rows, key=_order)))


def _planned(records: Iterable[Record]) -> Iterator[Record]:
    return (record for record in records if record.purpose is Purpose.MATRIX)


def _order(row: Row) -> tuple[object, ...]:
    return (row.canary, row.mode, row.runner, row.at)


def _row(cell: Cell, trial: Trial, observation: Observation) -> Row:
    tests, processes = trial.evidence.tests(), trial.evidence.processes
    databases = [seen for process in processes for seen in process.databases]
    database = databases[0] if databases else None
    files = [seen for process in processes for seen in process.files]
    signature = observation.signature
    facts = Facts(
        state=observation.state.value,
        failure=f"{signature.type.rpartition('.')[2]}: {signature.message}" if signature else "",
        tests=len(tests),
        failing=sum(map(is_failing, tests)),
        set_up_by=tuple(_without_line(by) for process in processes for by in process.set_up_by),
        is_test_database=database.is_test if database else None,
        vendor=database.vendor if database else "",
        expected=len(database.expected) if database else 0,
        missing=len(database.missing) if database else 0,
        applied=len(database.applied) if database else 0,
        own_file=_own_file(files[0]) if files else None,
    )
    at = tuple(cell[axis] for axis in VARIED)
    return Row(canary=cell[CANARY], mode=cell[MODE], runner=trial.attempt.runner.value, at=at, facts=facts)


def _without_line(place: str) -> str:
    return re.sub(r":\d+$", "", place)


def _own_file(seen: FileSeen) -> OwnFile:
    before, after = dict(seen.before.tables), dict(seen.after.tables if seen.after else ())
    changed = tuple(
        (name, rows, after.get(name, 0)) for name, rows in sorted(before.items()) if after.get(name) != rows
    )
    return OwnFile(
        existed=seen.before.exists,
        exists=seen.after is not None and seen.after.exists,
        is_changed=seen.is_changed,
        tables=len(after),
        rows_changed=changed,
    )


def dumps(found: Export) -> str:
    """Return the text of the file that is committed: the same bytes for the same observations."""
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in found.rows:
        groups.setdefault((row.canary, row.mode, row.runner, codec.dumps(row.facts)), []).append(row)
    file = _File(as_of=found.as_of, versions=found.versions, groups=tuple(map(_group, groups.values())))
    return json.dumps(codec.to_plain(file), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _group(rows: Sequence[Row]) -> _Group:
    one = rows[0]
    at = tuple(SEPARATOR.join(row.at) for row in rows)
    return _Group(canary=one.canary, mode=one.mode, runner=one.runner, facts=one.facts, at=at)


def loads(text: str) -> Export:
    """Read what `dumps` wrote.

    Raises:
        ValueError: the text is no such file.
    """
    file = codec.loads(_File, text)
    rows = [
        Row(canary=group.canary, mode=group.mode, runner=group.runner, at=tuple(at.split(SEPARATOR)), facts=group.facts)
        for group in file.groups
        for at in group.at
    ]
    return Export(as_of=file.as_of, versions=file.versions, rows=tuple(sorted(rows, key=_order)))
