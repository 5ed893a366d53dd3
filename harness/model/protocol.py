"""Reads the JSON lines that the probe writes into values; they come out of a cell, and are not to be trusted.

The protocol (version 1) is documented in ``docs/evidence.md``; ``harness/probe`` writes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.model.evidence import (
    JUNIT,
    Cause,
    DatabaseSeen,
    Evidence,
    Failure,
    FileSeen,
    FileState,
    Frame,
    Imported,
    Level,
    Outcome,
    ProcessEvidence,
    SettingsSeen,
    TestResult,
)

PROTOCOL = 1


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
