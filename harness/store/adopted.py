"""A run made elsewhere, taken over into a store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from harness.model import codec
from harness.model.cell import Cell
from harness.model.plan import Nogood, PlanSummary
from harness.model.record import Attempt, Purpose
from harness.store.rows import Pairs, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedTrial:
    """An attempt with its evidence as it lies in a store: nothing of it is lost on the way to another."""

    attempt: Attempt
    files: bytes
    is_reused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedCell:
    """One cell of the run, with all that answers for it."""

    cell: Cell
    exact: Pairs
    purpose: Purpose
    untestable: Nogood | None
    trials: tuple[PackedTrial, ...]  # in order


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The run."""

    started: dt.datetime
    matrix_digest: str
    selection: str
    as_of: dt.datetime | None
    harness_version: str
    platform: str
    plan: PlanSummary
    cells: Iterable[AdoptedCell]  # in the order of the plan


def adopt(write: sqlite3.Connection, run: Adopted) -> int:
    """Write the run, unfinished, in the caller's transaction; return its number.

    An attempt that is there already is not copied again.
    """
    number = _new_id(
        write.execute(
            "INSERT INTO runs (started, matrix_digest, selection, as_of, harness_version, platform, plan_summary)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                stamp(run.started),
                run.matrix_digest,
                run.selection,
                stamp(run.as_of),
                run.harness_version,
                run.platform,
                codec.dumps(run.plan),
            ),
        )
    )
    for position, one in enumerate(run.cells):
        reason = codec.dumps(one.untestable) if one.untestable is not None else None
        write.execute(
            "INSERT INTO run_cells (run, position, cell_id, exact, untestable, purpose) VALUES (?, ?, ?, ?, ?, ?)",
            (number, position, one.cell.id, codec.dumps(one.exact), reason, one.purpose.value),
        )
        for trial in one.trials:
            attempt = _known(write, trial) or _insert(write, number, trial)
            write.execute(
                "INSERT INTO run_attempts VALUES (?, ?, ?, ?)", (number, one.cell.id, attempt, int(trial.is_reused))
            )
    return number


def _known(write: sqlite3.Connection, trial: PackedTrial) -> int | None:
    """Return the number of the same attempt in this store: the same question, asked at the same moment."""
    made = trial.attempt
    rows = write.execute(
        "SELECT a.id, a.attempt FROM attempts a JOIN evidence e ON e.attempt = a.id"
        " WHERE a.run_key = ? AND a.cell_id = ? AND a.runner = ? AND e.files = ?",
        (made.run_key, made.cell_id, made.runner.value, trial.files),
    )
    for number, text in rows:
        known = codec.loads(Attempt, text)
        if (known.started_at, known.number, known.purpose) == (made.started_at, made.number, made.purpose):
            return int(number)
    return None


def _insert(write: sqlite3.Connection, run: int, trial: PackedTrial) -> int:
    made = trial.attempt
    number = _new_id(
        write.execute(
            "INSERT INTO attempts (made_in, run_key, cell_id, runner, lock_hash, ended, total_s, attempt)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run,
                made.run_key,
                made.cell_id,
                made.runner.value,
                made.lock_hash,
                made.ended.value,
                made.timings.total_s,
                codec.dumps(made),
            ),
        )
    )
    write.execute("INSERT INTO evidence (attempt, files) VALUES (?, ?)", (number, trial.files))
    return number


def _new_id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid
