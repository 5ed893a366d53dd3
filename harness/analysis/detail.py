"""What is worth showing of a record: small for a cell that passed, with traces for one that failed."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from harness.analysis.signature import is_failing, signature
from harness.model.evidence import DatabaseSeen, Evidence, Outcome, ProcessEvidence, TestResult
from harness.model.record import Attempt, Record, Timings, Trial

T = TypeVar("T")

_INSTALLED = re.compile(r"(?:/[\w.@+~-]+)+/site-packages/")
"""Where packages lie is of no interest to a reader, and names folders of the machine."""

TRACES = 5
TRACE_CHARACTERS = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseDetail:
    """One alias; several processes that saw the same are one."""

    alias: str
    vendor: str
    version: str
    expected: int
    real: int
    missing: tuple[str, ...]
    applied: int
    unapplied: int
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDetail:
    """One attempt."""

    title: str  # "matrix, pytest-django, attempt 1"
    started: dt.datetime
    ended: str  # "exited 0"
    message: str
    interpreter: str
    platform: str
    server: str
    digest: str
    lock: str
    timings: Timings
    processes: int
    settings: str  # "config.settings.test by env"
    ini_file: str
    set_up_by: tuple[str, ...]
    databases: tuple[DatabaseDetail, ...]
    problems: tuple[str, ...]
    outcomes: tuple[tuple[Outcome, int], ...]  # without zeroes
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDetail:
    """One cell of a run."""

    trials: tuple[TrialDetail, ...]
    tests: tuple[tuple[str, Outcome], ...]  # of the last trial under pytest
    installed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureDetail:
    """A test that failed, the first of those with its signature in the trial."""

    test: str
    outcome: Outcome
    phase: str
    type: str
    message: str
    trace: str
    signature: str  # id
    alike: int  # tests of the trial that failed with this signature


def detail(record: Record, installed: tuple[tuple[str, str], ...]) -> CellDetail:
    """Return what is shown of any record."""
    deciding = record.deciding()
    tests = deciding[-1].evidence.tests() if deciding else ()
    return CellDetail(
        trials=tuple(map(_trial, record.trials)),
        tests=tuple((test.id, test.outcome) for test in tests),
        installed=installed,
    )


def failures(trial: Trial) -> tuple[FailureDetail, ...]:
    """Return one failed test of each signature, those of most tests first; at most `TRACES` of them have a trace."""
    groups: dict[str, list[TestResult]] = {}
    for test in trial.evidence.tests():
        if is_failing(test):
            groups.setdefault(signature(test.failure).id if test.failure else "", []).append(test)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return tuple(_failure(found, tests, has_trace=n < TRACES) for n, (found, tests) in enumerate(ordered))


def trial_title(attempt: Attempt) -> str:
    """Return what an attempt is called: ``matrix, pytest-django, attempt 1``."""
    return f"{attempt.purpose.value}, {attempt.runner.value}, attempt {attempt.number}"


def _failure(found: str, tests: list[TestResult], *, has_trace: bool) -> FailureDetail:
    test = tests[0]
    failure = test.failure
    trace = _INSTALLED.sub("site-packages/", failure.trace) if failure and has_trace else ""
    cut = len(trace) - TRACE_CHARACTERS
    return FailureDetail(
        test=test.id,
        outcome=test.outcome,
        phase=test.phase,
        type=failure.type if failure else "",
        message=failure.message if failure else test.reason,
        trace=trace if cut <= 0 else f"… {cut:,} characters cut …\n{trace[cut:]}",
        signature=found,
        alike=len(tests),
    )


def _trial(trial: Trial) -> TrialDetail:
    attempt, evidence = trial.attempt, trial.evidence
    first = next(iter(evidence.processes), None)
    settings = first.settings if first else None
    counts = Counter(test.outcome for test in evidence.tests())
    return TrialDetail(
        title=trial_title(attempt),
        started=attempt.started_at,
        ended=f"{attempt.ended.value}{'' if attempt.exit_code is None else f' {attempt.exit_code}'}",
        message=attempt.message,
        interpreter=attempt.interpreter,
        platform=attempt.platform,
        server=_server(attempt),
        digest=attempt.server_digest,
        lock=attempt.lock_hash,
        timings=attempt.timings,
        processes=len(evidence.processes),
        settings=f"{settings.module} by {settings.chosen_by}" if settings else "",
        ini_file=first.ini_file if first else "",
        set_up_by=_distinct(by for process in evidence.processes for by in process.set_up_by),
        databases=_databases(evidence),
        problems=(*evidence.problems, *_silent(evidence.processes)),
        outcomes=tuple((outcome, counts[outcome]) for outcome in Outcome if counts[outcome]),
        log=attempt.log,
    )


def _server(attempt: Attempt) -> str:
    return " ".join(filter(None, (attempt.provider, attempt.server_source, attempt.server_version)))


def _databases(evidence: Evidence) -> tuple[DatabaseDetail, ...]:
    return _distinct(_database(seen) for process in evidence.processes for seen in process.databases)


def _database(seen: DatabaseSeen) -> DatabaseDetail:
    return DatabaseDetail(
        alias=seen.alias,
        vendor=seen.vendor,
        version=seen.version,
        expected=len(seen.expected),
        real=len(seen.real),
        missing=seen.missing,
        applied=len(seen.applied),
        unapplied=len(seen.unapplied),
        created=seen.created,
    )


def _silent(processes: Iterable[ProcessEvidence]) -> tuple[str, ...]:
    return tuple(
        f"process {process.worker or 'main'} of run {process.run} fell silent before its end"
        for process in processes
        if not process.is_complete
    )


def _distinct(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
