"""What the probe saw in a cell: typed values, read from JSON lines that are not to be trusted.

The protocol (version 1) is documented in ``docs/evidence.md``; ``harness/probe`` writes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

PROTOCOL = 1

PLANTED_TABLE = "harness_stale"
"""The stale table that mode `create-db` plants in run 1, and that must be gone in run 2."""


JUNIT = "junit"
"""The runner of tests that only a JUnit file tells of."""


class Level(Enum):
    """How much is known about what happened in a cell."""

    OBSERVED = "observed"  # by the probe
    JUNIT = "junit"  # the tests, from the file that the project's command wrote
    EXIT_CODE = "exit-code"  # nothing but how the process ended


class Outcome(Enum):
    """How one test ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # in its set-up or tear-down, or while it was collected
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One place in a traceback; *file* is relative to site-packages or the project where it lies in one."""

    file: str
    line: int
    function: str
    origin: str = ""  # the top-level package ("django"), "project" for the canary's own files, "python" for the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An exception that led to another, with what Django was doing when it arose."""

    type: str  # dotted
    message: str
    frames: tuple[Frame, ...] = ()  # outermost first
    migration: str = ""
    operation: int = -1
    alias: str = ""
    database: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exception as it was reported, with what Django was doing when it arose."""

    type: str  # dotted
    message: str
    frames: tuple[Frame, ...] = ()  # outermost first
    trace: str = ""
    migration: str = ""  # "app.0001_initial" that was being applied
    operation: int = -1  # its place among that migration's operations
    alias: str = ""  # the database that a statement went to
    database: str = ""  # its NAME at that moment
    sql: str = ""  # the statement that failed
    causes: tuple[Cause, ...] = ()  # the exceptions that led to it, the nearest first


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test, or one module that could not be collected."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    id: str
    outcome: Outcome
    phase: str = "call"
    duration_s: float = 0.0
    failure: Failure | None = None
    reason: str = ""  # of a skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A distribution of the environment as the cell really imported it."""

    name: str
    version: str
    path: str = ""
    is_imported: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSeen:
    """Which settings module was in force, and who chose it."""

    module: str
    chosen_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSeen:
    """One alias after the test databases were set up."""

    alias: str
    vendor: str
    name: str
    version: str  # the server's own answer
    expected: tuple[str, ...]
    real: tuple[str, ...]
    applied: tuple[str, ...] = ()  # "app.0001_initial"
    unapplied: tuple[str, ...] = ()
    created: int = 0  # CREATE TABLE statements issued while setting up
    is_test: bool = True  # a test database that the set-up made; else the project's own, left connected

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the expected tables that are not there."""
        real = {name.lower() for name in self.real}
        return tuple(name for name in self.expected if name.lower() not in real)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A SQLite file at one moment."""

    exists: bool
    digest: str = ""  # of its content
    tables: tuple[tuple[str, int], ...] = ()  # names and rows


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeen:
    """A SQLite file that is an alias's own NAME, not its test database: tests leave it as it was."""

    alias: str
    path: str
    before: FileState
    after: FileState | None = None  # None where the process did not come to its end

    @property
    def is_changed(self) -> bool:
        """Tell whether the process, or another meanwhile, made, changed or removed it."""
        return self.after is not None and self.after != self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEvidence:
    """What one process of one run said."""

    probe: str
    pid: int
    worker: str  # "gw0" under xdist, else ""
    run: int  # 1, or 2 for the second run of modes that run twice
    runner: str
    python: str
    sqlite: str
    imported: tuple[Imported, ...] = ()
    settings: SettingsSeen | None = None
    ini_file: str = ""
    root_dir: str = ""
    set_up_by: tuple[str, ...] = ()  # fixtures or functions that set the databases up, with where they are defined
    databases: tuple[DatabaseSeen, ...] = ()
    files: tuple[FileSeen, ...] = ()  # the project's own SQLite files, before and after
    tests: tuple[TestResult, ...] = ()
    collected: int | None = None
    is_complete: bool = False  # said bye
    exit_status: int | None = None
    is_distributing: bool = False  # an xdist controller: runs no test itself
    is_cut: bool = False  # its file reached the limit
    notes: tuple[str, ...] = ()  # what the probe could not observe, and why
    running: tuple[str, ...] = ()  # tests that started and did not end: where a crash or time-out struck

    @property
    def is_blind(self) -> bool:
        """Tell whether it watched for Django's runner, which the script that it ran never used."""
        is_idle = self.collected is None and not (self.tests or self.databases or self.set_up_by)
        return self.runner == "django" and self.is_complete and is_idle


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that an attempt left behind."""

    level: Level
    processes: tuple[ProcessEvidence, ...] = ()
    problems: tuple[str, ...] = ()  # lines that could not be read, files cut at their cap

    def tests(self) -> tuple[TestResult, ...]:
        """Return every test's result, in the order of processes."""
        return tuple(test for process in self.processes for test in process.tests)

    @property
    def is_complete(self) -> bool:
        """Tell whether every process that said hello also said bye."""
        return bool(self.processes) and all(process.is_complete for process in self.processes)


@dataclass(slots=True)
class _Draft:
    hello: dict[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    databases: dict[str, DatabaseSeen] = field(default_factory=dict)
    files: dict[str, FileSeen] = field(default_factory=dict)
    tests: list[TestResult] = field(default_factory=list)
    set_up_by: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    running: dict[str, None] = field(default_factory=dict)


# Deep nesting exhausts the stack, and Infinity is no whole number.
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)


def parse(files: Iterable[Sequence[str]]) -> Evidence:
    """Read the lines of the files that the probe wrote, one per process. Never raises for what is in them."""
    processes, problems = [], []
    for lines in files:
        draft: _Draft | None = None
        for number, line in enumerate(lines, 1):
            try:
                event = json.loads(line)
                kind = event["e"]
                if kind == "hello":
                    if event["protocol"] != PROTOCOL:
                        raise ValueError(f"protocol {event['protocol']}")
                    if draft is not None:
                        raise ValueError("a second hello")
                    draft = _Draft(hello=event)
                elif draft is None:
                    raise ValueError("an event before hello")
                else:
                    _take(draft, kind, event)
            except _UNREADABLE as error:
                problems.append(f"line {number}: {error!s:.120}")
        if draft is not None:
            try:
                processes.append(_finish(draft))
            except _UNREADABLE as error:
                problems.append(f"hello: {error!s:.120}")
    if any(process.tests for process in processes if process.runner != JUNIT):
        processes = [process for process in processes if process.runner != JUNIT]
    processes.sort(key=lambda process: (process.run, process.worker, process.pid))
    return Evidence(level=_level(processes), processes=tuple(processes), problems=tuple(problems))


def _level(processes: Sequence[ProcessEvidence]) -> Level:
    """Tests that only a JUnit file knows of count as that, whatever else was observed."""
    if all(process.is_blind for process in processes):
        return Level.EXIT_CODE
    return Level.JUNIT if any(process.runner == JUNIT for process in processes) else Level.OBSERVED


def _take(draft: _Draft, kind: str, event: dict[str, Any]) -> None:
    match kind:
        case "imported":
            draft.fields["imported"] = tuple(
                Imported(
                    name=str(item["name"]),
                    version=str(item["version"]),
                    path=str(item.get("path", "")),
                    is_imported=bool(item.get("is_imported", True)),
                )
                for item in event["packages"]
            )
        case "settings":
            draft.fields["settings"] = SettingsSeen(module=str(event["module"]), chosen_by=str(event["chosen_by"]))
        case "pytest":
            draft.fields["ini_file"] = str(event.get("ini_file", ""))
            draft.fields["root_dir"] = str(event.get("root_dir", ""))
            draft.fields["is_distributing"] = bool(event.get("is_distributing", False))
        case "set-up":
            draft.set_up_by.append(str(event["by"]))
        case "database":
            draft.databases[str(event["alias"])] = DatabaseSeen(
                alias=str(event["alias"]),
                vendor=str(event["vendor"]),
                name=str(event["name"]),
                version=str(event["version"]),
                expected=_strings(event["expected"]),
                real=_strings(event["real"]),
                applied=_strings(event.get("applied", ())),
                unapplied=_strings(event.get("unapplied", ())),
                created=int(event.get("created", 0)),
                is_test=bool(event.get("is_test", True)),
            )
        case "file":
            state = _file_state(event["exists"], event["digest"], event["tables"])
            _take_file(draft, str(event["when"]), str(event["alias"]), str(event["path"]), state)
        case "collected":
            draft.fields["collected"] = int(event["count"])
        case "start":
            draft.running[str(event["id"])] = None
        case "test":
            draft.tests.append(_test(event))
            draft.running.pop(draft.tests[-1].id, None)
        case "note":
            draft.notes.append(str(event["text"]))
        case "cut":
            draft.fields["is_cut"] = True
            raise ValueError(f"the evidence was cut here at its limit of {event['limit']} bytes")
        case "bye":
            draft.fields["is_complete"] = True
            draft.fields["exit_status"] = int(event["exit_status"])
        case _:
            raise ValueError(f"unknown event {kind!r}")


def _file_state(exists: object, digest: object, tables: dict[str, int]) -> FileState:
    rows = tuple(sorted((str(name), int(count)) for name, count in tables.items()))
    return FileState(exists=bool(exists), digest=str(digest), tables=rows)


def _take_file(draft: _Draft, when: str, alias: str, path: str, state: FileState) -> None:
    match when:
        case "before":
            draft.files[alias] = FileSeen(alias=alias, path=path, before=state)
        case "after":
            draft.files[alias] = replace(draft.files[alias], after=state)
        case other:
            raise ValueError(f"a file's state {other!r}")


def _finish(draft: _Draft) -> ProcessEvidence:
    hello = draft.hello
    return ProcessEvidence(
        probe=str(hello["probe"]),
        pid=int(hello["pid"]),
        worker=str(hello["worker"]),
        run=int(hello["run"]),
        runner=str(hello["runner"]),
        python=str(hello["python"]),
        sqlite=str(hello["sqlite"]),
        databases=tuple(draft.databases[alias] for alias in sorted(draft.databases)),
        files=tuple(draft.files[alias] for alias in sorted(draft.files)),
        tests=tuple(draft.tests),
        set_up_by=tuple(draft.set_up_by),
        notes=tuple(draft.notes),
        running=tuple(draft.running),
        **draft.fields,
    )


def _strings(items: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(item) for item in items)


def _test(event: dict[str, Any]) -> TestResult:
    failure = event.get("failure")
    duration_s = float(event.get("duration_s", 0.0))
    return TestResult(
        id=str(event["id"]),
        outcome=Outcome(event["outcome"]),
        phase=str(event.get("phase", "call")),
        duration_s=duration_s if math.isfinite(duration_s) else 0.0,  # no other has a place in JSON
        reason=str(event.get("reason", "")),
        failure=failure and _failure(failure),
    )


def _failure(item: dict[str, Any]) -> Failure:
    return Failure(
        **_described(item),
        trace=str(item.get("trace", "")),
        causes=tuple(Cause(**_described(cause)) for cause in item.get("causes", ())),
    )


def _described(item: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a failure and what caused it have in common."""
    return {
        "type": str(item["type"]),
        "message": str(item["message"]),
        "frames": tuple(
            Frame(
                file=str(frame["file"]),
                line=int(frame["line"]),
                function=str(frame["function"]),
                origin=str(frame.get("origin", "")),
            )
            for frame in item.get("frames", ())
        ),
        "migration": str(item.get("migration", "")),
        "operation": int(item.get("operation", -1)),
        "alias": str(item.get("alias", "")),
        "database": str(item.get("database", "")),
        "sql": str(item.get("sql", "")),
    }
