"""Reading evidence: what each event becomes, and that nothing a cell writes can break the reader."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.codec import dumps, loads
from harness.model.evidence import DatabaseSeen, Evidence, Frame, Level, Outcome
from harness.model.protocol import PROTOCOL, parse

HELLO = {
    "e": "hello",
    "protocol": PROTOCOL,
    "probe": "0123456789abcdef",
    "pid": 4711,
    "worker": "",
    "run": 1,
    "runner": "pytest-django",
    "python": "3.13.0",
    "sqlite": "3.45.1",
}
DATABASE = {
    "e": "database",
    "alias": "default",
    "vendor": "sqlite",
    "name": "file:memorydb_default?mode=memory&cache=shared",
    "version": "3.45.1",
    "expected": ["users", "Books"],
    "real": ["books", "django_migrations"],
    "applied": ["app.0001_initial"],
    "unapplied": ["app.0002_users"],
    "created": 2,
}
FAILURE = {
    "type": "django.db.utils.OperationalError",
    "message": "no such table: users",
    "trace": "…",
    "frames": [{"file": "app/models.py", "line": 3, "function": "save", "origin": "project"}],
}
BYE = {"e": "bye", "exit_status": 1}


def read(*events: dict[str, Any]) -> Evidence:
    return parse([[json.dumps(event) for event in events]])


def test_every_event_becomes_a_value() -> None:
    """A file of one of each event is read in full, with no problem left over."""
    evidence = read(
        HELLO,
        {"e": "pytest", "ini_file": "pytest.ini", "root_dir": ".", "is_distributing": True},
        {"e": "settings", "module": "config.settings", "chosen_by": "ini"},
        {"e": "imported", "packages": [{"name": "django", "version": "6.1", "path": "lib", "is_imported": False}]},
        {"e": "set-up", "by": "django_db_setup at conftest.py:3"},
        DATABASE,
        {"e": "file", "when": "before", "alias": "default", "path": "db", "exists": False, "digest": "", "tables": {}},
        {"e": "collected", "count": 2},
        {"e": "start", "id": "t.py::a"},
        {"e": "test", "id": "t.py::a", "outcome": "failed", "phase": "call", "duration_s": 0.5, "failure": FAILURE},
        {"e": "start", "id": "t.py::b"},
        {"e": "note", "text": "imported: builtins.OSError: x"},
        BYE,
    )
    (process,) = evidence.processes
    assert evidence.problems == ()
    assert evidence.level is Level.OBSERVED
    assert evidence.is_complete
    assert (process.pid, process.python, process.sqlite, process.run) == (4711, "3.13.0", "3.45.1", 1)
    assert (process.ini_file, process.root_dir, process.is_distributing) == ("pytest.ini", ".", True)
    assert process.settings is not None
    assert (process.settings.module, process.settings.chosen_by) == ("config.settings", "ini")
    assert [(item.name, item.version, item.is_imported) for item in process.imported] == [("django", "6.1", False)]
    assert process.set_up_by == ("django_db_setup at conftest.py:3",)
    assert process.collected == 2
    assert process.running == ("t.py::b",)
    assert process.notes == ("imported: builtins.OSError: x",)
    assert process.exit_status == 1
    (test,) = evidence.tests()
    assert test.failure is not None
    assert test.failure.type == "django.db.utils.OperationalError"
    assert test.failure.frames == (Frame(file="app/models.py", line=3, function="save", origin="project"),)


def test_a_missing_table_is_found_whatever_its_case() -> None:
    """Servers fold names: a table is missing only if no real one has its name in another case."""
    (process,) = read(HELLO, DATABASE).processes
    (database,) = process.databases
    assert isinstance(database, DatabaseSeen)
    assert database.missing == ("users",)
    assert (database.applied, database.unapplied, database.created) == (("app.0001_initial",), ("app.0002_users",), 2)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_read_and_written_again(outcome: Outcome) -> None:
    """Each outcome survives the way from the probe into a record and back."""
    evidence = read(HELLO, {"e": "test", "id": "t.py::a", "outcome": outcome.value, "reason": "\udc80\0"}, BYE)
    assert evidence.tests()[0].outcome is outcome
    assert loads(Evidence, dumps(evidence)) == evidence


def test_without_bye_it_is_not_complete() -> None:
    """A process that said hello and not bye was cut off."""
    assert not read(HELLO, {"e": "collected", "count": 0}).is_complete
    assert not parse([]).is_complete


def test_one_incomplete_process_makes_the_evidence_incomplete() -> None:
    """Under xdist, a worker that vanished is not hidden by those that did not."""
    worker = HELLO | {"worker": "gw0", "pid": 4712}
    evidence = parse([[json.dumps(HELLO), json.dumps(BYE)], [json.dumps(worker)]])
    assert [process.is_complete for process in evidence.processes] == [True, False]
    assert not evidence.is_complete


def test_a_capped_file_is_a_problem_and_not_complete() -> None:
    """`cut` takes the place of what was lost and of bye."""
    evidence = read(HELLO, {"e": "cut", "limit": 1000})
    assert evidence.processes[0].is_cut
    assert not evidence.is_complete
    assert evidence.problems == ("line 2: the evidence was cut here at its limit of 1000 bytes",)


def test_no_file_means_that_only_the_exit_code_is_known() -> None:
    """Without a hello there is no observation, whatever else was written."""
    assert parse([]).level is Level.EXIT_CODE
    assert parse([[json.dumps(BYE)]]).level is Level.EXIT_CODE


@pytest.mark.parametrize(
    "line",
    [
        "",
        "not json",
        '{"e":"test"',
        "[]",
        "null",
        '"e"',
        '{"e":"unheard-of"}',
        '{"e":"test","id":"a","outcome":"green"}',
        '{"e":"test","id":"a","outcome":"failed","failure":7}',
        '{"e":"collected","count":Infinity}',
        '{"e":"bye","exit_status":null}',
        '{"e":"imported","packages":3}',
        "[" * 100_000,
    ],
)
def test_a_line_that_cannot_be_read_is_a_problem_with_its_number(line: str) -> None:
    """Unreadable lines cost nothing but themselves, and are never silently dropped."""
    evidence = parse([[json.dumps(HELLO), line, json.dumps({"e": "collected", "count": 3})]])
    assert evidence.processes[0].collected == 3
    assert len(evidence.problems) == 1
    assert evidence.problems[0].startswith("line 2: ")


def test_another_protocol_is_not_guessed_at() -> None:
    """Evidence of an unknown protocol is no evidence."""
    evidence = read(HELLO | {"protocol": PROTOCOL + 1}, BYE)
    assert evidence.level is Level.EXIT_CODE
    assert evidence.problems[0] == f"line 1: protocol {PROTOCOL + 1}"


@pytest.mark.parametrize("duration", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_duration_is_a_number_that_json_can_hold(duration: str) -> None:
    """No forged duration makes a record that cannot be read."""
    line = f'{{"e":"test","id":"a","outcome":"passed","duration_s":{duration}}}'
    evidence = parse([[json.dumps(HELLO), line]])
    json.loads(dumps(evidence), parse_constant=pytest.fail)
    assert evidence.tests()[0].duration_s == 0.0


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*sorted(HELLO), "id"]), inner),
    max_leaves=6,
)
KINDS = ["hello", "imported", "settings", "pytest", "set-up", "database", "collected", "start", "test", "note", "bye"]
KEYS = sorted({*HELLO, *DATABASE, *FAILURE, "id", "outcome", "failure", "packages", "count", "by", "exit_status"})


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(KEYS), VALUES)), max_size=6))
def test_whatever_a_cell_writes_is_read_and_can_be_stored(events: list[tuple[str, dict[str, Any]]]) -> None:
    """Forged evidence never raises, and what is made of it makes the round trip of the codec."""
    lines = [json.dumps(HELLO)] + [json.dumps(fields | {"e": kind}) for kind, fields in events]
    evidence = parse([lines])
    assert loads(Evidence, dumps(evidence).encode("utf-8")) == evidence


def state(when: str, digest: str, **tables: int) -> dict[str, Any]:
    """What the probe says of a project's own file at one moment."""
    fields = {"path": "db.sqlite3", "exists": bool(digest), "digest": digest, "tables": tables}
    return {"e": "file", "when": when, "alias": "default", **fields}


@pytest.mark.parametrize(
    ("before", "after", "is_changed"),
    [
        (state("before", "a", users=1), state("after", "a", users=1), False),
        (state("before", "a", users=1), state("after", "b", users=0), True),
        (state("before", ""), state("after", "b", users=0), True),
        (state("before", "a", users=1), state("after", ""), True),
        (state("before", ""), state("after", ""), False),
    ],
)
def test_a_projects_own_file_is_compared(before: dict[str, Any], after: dict[str, Any], is_changed: bool) -> None:
    """Made, changed or gone; and it survives the way into a record and back."""
    evidence = read(HELLO, before, after, BYE)
    (seen,) = evidence.processes[0].files
    assert seen.is_changed is is_changed
    assert loads(Evidence, dumps(evidence)) == evidence


def test_a_file_without_its_end_is_not_called_changed() -> None:
    """What became of it is not known; an end without a beginning is no evidence."""
    (seen,) = read(HELLO, state("before", "a")).processes[0].files
    assert (seen.after, seen.is_changed) == (None, False)
    assert read(HELLO, state("after", "a")).problems
    assert read(HELLO, state("meanwhile", "a")).problems
