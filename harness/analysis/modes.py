"""What each mode promises, held against the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import assert_never

from harness.analysis.asked import Asked
from harness.analysis.failures import failed
from harness.model.evidence import DatabaseSeen, Evidence, Level
from harness.model.record import Trial
from harness.model.spec import Mode
from harness.model.verdict import Observation, Signature, State


def broken_promise(trial: Trial, asked: Asked) -> Observation | None:
    """Return how the canary or its mode fell short of what it promises under pytest; None where it did not.

    Whatever the mode, each run sets up every alias that the canary wants.
    """
    seen = trial.evidence
    if seen.level is not Level.OBSERVED:
        return None
    if asked.canary.project is not None and asked.mode is Mode.PLAIN and not _databases(seen, 1):
        return None  # whether its tests need a database is the project's own affair
    runs = 2 if asked.mode in (Mode.REUSE_DB, Mode.CREATE_DB) else 1
    return _not_set_up(seen, asked, runs) or _promise(seen, asked)


def _promise(seen: Evidence, asked: Asked) -> Observation | None:
    match asked.mode:
        case Mode.MIGRATIONS | Mode.PLAIN:
            return None
        case Mode.NOMIGRATIONS:
            return _nomigrations(seen)
        case Mode.REUSE_DB:
            return _reuse_db(seen)
        case Mode.CREATE_DB:
            return _create_db(seen, asked.planted)
        case Mode.XDIST:
            return _xdist(seen)
        case _:
            assert_never(asked.mode)


def _not_set_up(seen: Evidence, asked: Asked, runs: int) -> Observation | None:
    for run in range(1, runs + 1):
        if not any(process.run == run for process in seen.processes):
            return failed("run-missing", f"run {run} of {runs} left no evidence", f"run {run}")
        aliases = {database.alias for database in _databases(seen, run)}
        for alias in asked.canary.aliases:
            if alias not in aliases:
                if note := _unseen(seen, run):
                    return Observation(
                        state=State.ERROR,
                        reason=f"what became of {alias!r} could not be observed: {note}",
                        signature=Signature(type="evidence", frame="", message="databases unseen"),
                    )
                return failed("not-set-up", f"the test database {alias!r} was not set up (run {run})", alias)
    return None


def _unseen(seen: Evidence, run: int) -> str:
    """Return the probe's own trouble, where databases were set up and it could not look at them."""
    processes = [process for process in seen.processes if process.run == run and process.set_up_by]
    return next((note for process in processes for note in process.notes), "")


def _nomigrations(seen: Evidence) -> Observation | None:
    for database in _databases(seen, 1):
        if database.applied:
            return failed(
                "nomigrations",
                f"migrations were applied in {database.alias!r} all the same, {database.applied[0]} first",
                "migrations were applied",
            )
    return None


def _reuse_db(seen: Evidence) -> Observation | None:
    for database in _databases(seen, 1):
        if database.expected and not database.created:
            return failed(
                "reuse-db", f"run 1 created no table in {database.alias!r}: it was not empty", "run 1 created nothing"
            )
    for database in _databases(seen, 2):
        if database.created:
            return failed(
                "reuse-db",
                f"run 2 created {database.created} tables in {database.alias!r} anew: nothing was reused",
                "run 2 created tables",
            )
    return None


def _create_db(seen: Evidence, planted: str) -> Observation | None:
    for database in _databases(seen, 1):
        if planted not in database.real:
            return failed(
                "create-db", f"{planted} could not be planted in {database.alias!r}: nothing is shown", "not planted"
            )
    for database in _databases(seen, 2):
        if planted in database.real:
            return failed(
                "create-db", f"{planted} is still in {database.alias!r} after --create-db", "the stale table is there"
            )
    return None


def _xdist(seen: Evidence) -> Observation | None:
    workers = [process for process in seen.processes if process.worker]
    if len(workers) < 2:
        return failed("xdist", f"{len(workers)} workers left evidence, not 2", "too few workers")
    # A database in memory is a process's own, whatever its name.
    names = Counter(
        database.name
        for process in workers
        for database in process.databases
        if database.name != ":memory:" and "mode=memory" not in database.name
    )
    for name, count in names.items():
        if count > 1:
            return failed("xdist", f"{count} workers share the database {name}", "workers share a database")
    return None


def _databases(seen: Evidence, run: int) -> Sequence[DatabaseSeen]:
    return [database for process in seen.processes if process.run == run for database in process.databases]
