"""The store: runs, the cells they planned, attempts with their evidence."""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.errors import UsageError
from harness.model import codec
from harness.model.cell import Cell
from harness.model.finding import Examination
from harness.model.plan import Nogood, PlanSummary
from harness.model.record import Attempt, Purpose, Record, Runner
from harness.store import evidence_blob
from harness.store.adopted import Adopted, PackedTrial, adopt
from harness.store.connection import BUSY_S, Connection
from harness.store.rows import Pairs, RunInfo, StoredTrial, read_plan, read_record, read_run, read_trial, stamp


class Store:
    """One SQLite file. Safe for the threads of one process, and for several processes at once.

    Every method may raise `Infrastructure` when the disk is full or the file stays locked for *busy_s* seconds.
    """

    def __init__(self, connection: Connection, path: Path) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path, busy_s: float = BUSY_S) -> Store:
        """Open the store at *path*; make or migrate it where needed.

        Raises:
            UsageError: the file is no store, is one of a newer harness, or cannot be opened.
        """
        return cls(Connection.open(path, busy_s), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is committed stays."""
        self._connection.close()

    # Writing

    def begin_run(
        self,
        *,
        started: dt.datetime,
        matrix_digest: str,
        selection: str = "",
        as_of: dt.datetime | None = None,
        harness_version: str = "",
        platform: str = "",
        plan_summary: str = "{}",
    ) -> int:
        """Note that a run has begun; return its number."""
        with self._connection.transaction() as write:
            return _new_id(
                write.execute(
                    "INSERT INTO runs"
                    " (started, matrix_digest, selection, as_of, harness_version, platform, plan_summary)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (stamp(started), matrix_digest, selection, stamp(as_of), harness_version, platform, plan_summary),
                )
            )

    def plan_cells(
        self, run: int, cells: Iterable[tuple[Cell, Pairs, Nogood | None]], *, purpose: Purpose = Purpose.MATRIX
    ) -> None:
        """Add cells to a run: each with its exact versions and, where it is untestable, the reason.

        May be called again, for later rounds and neighbours. A cell that the run has already keeps its place; a
        reason given later is taken over, and once part of the matrix it is not a mere neighbour any more.
        """
        with self._connection.transaction() as write:
            (position,) = write.execute(
                "SELECT coalesce(max(position), -1) + 1 FROM run_cells WHERE run = ?", (run,)
            ).fetchone()
            for offset, (cell, exact, untestable) in enumerate(cells):
                reason = codec.dumps(untestable) if untestable is not None else None
                write.execute(
                    "INSERT INTO run_cells (run, position, cell_id, exact, untestable, purpose)"
                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (run, cell_id) DO UPDATE SET"
                    " untestable = coalesce(excluded.untestable, untestable),"
                    " purpose = CASE WHEN 'matrix' IN (excluded.purpose, purpose) THEN 'matrix' ELSE purpose END",
                    (run, position + offset, cell.id, codec.dumps(exact), reason, purpose.value),
                )

    def keep_plan(self, run: int, plan: PlanSummary) -> None:
        """Keep what a run's plan comes to; a later one takes its place."""
        text = codec.dumps(plan)
        with self._connection.transaction() as write:
            write.execute("UPDATE runs SET plan_summary = ? WHERE id = ?", (text, run))

    def add(self, run: int, attempt: Attempt, evidence_files: Sequence[bytes]) -> int:
        """Commit a finished attempt with the files its probe wrote, one per process; return its number.

        Raises:
            ValueError: the run has not planned the attempt's cell, so that it would never be seen.
        """
        blob = evidence_blob.pack(evidence_files)  # outside of the transaction: it takes time
        with self._connection.transaction() as write:
            _require_planned(write, run, attempt.cell_id)
            number = _new_id(
                write.execute(
                    "INSERT INTO attempts (made_in, run_key, cell_id, runner, lock_hash, ended, total_s, attempt)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        run,
                        attempt.run_key,
                        attempt.cell_id,
                        attempt.runner.value,
                        attempt.lock_hash,
                        attempt.ended.value,
                        attempt.timings.total_s,
                        codec.dumps(attempt),
                    ),
                )
            )
            write.execute("INSERT INTO evidence (attempt, files) VALUES (?, ?)", (number, blob))
            write.execute("INSERT INTO run_attempts VALUES (?, ?, ?, 0)", (run, attempt.cell_id, number))
        return number

    def keep_examination(self, run: int, attempt: Attempt, examination: Examination) -> None:
        """Keep what the doctor said of an attempt that answers for its cell in *run*; a later word takes its place."""
        with self._connection.transaction() as write:
            rows = write.execute(
                "SELECT a.id, a.attempt FROM run_attempts ra JOIN attempts a ON a.id = ra.attempt"
                " WHERE ra.run = ? AND a.run_key = ?",
                (run, attempt.run_key),
            ).fetchall()
            for row in rows:
                if codec.loads(Attempt, row["attempt"]) == attempt:
                    text = codec.dumps(replace(attempt, examination=examination))
                    write.execute("UPDATE attempts SET attempt = ? WHERE id = ?", (text, row["id"]))

    def reuse(self, run: int, attempt_id: int, cell: Cell) -> None:
        """Let an attempt made before answer for *cell* in this run.

        Its own cell may have another id: what was asked for differed, but came to the same run key.

        Raises:
            ValueError: the run has not planned the cell.
        """
        with self._connection.transaction() as write:
            _require_planned(write, run, cell.id)
            write.execute("INSERT OR IGNORE INTO run_attempts VALUES (?, ?, ?, 1)", (run, cell.id, attempt_id))

    def adopt(self, run: Adopted) -> int:
        """Take over a run made elsewhere, whole or not at all; return its number here. `finish_run` ends it."""
        with self._connection.transaction() as write:
            return adopt(write, run)

    def finish_run(self, run: int, exit_code: int, *, finished: dt.datetime) -> None:
        """Note that a run came to its end."""
        with self._connection.transaction() as write:
            write.execute(
                "UPDATE runs SET finished = ?, exit_code = ? WHERE id = ?", (stamp(finished), int(exit_code), run)
            )

    # Reading

    def runs(self) -> tuple[RunInfo, ...]:
        """Return every run, newest first."""
        return tuple(map(read_run, self._connection.rows("SELECT * FROM runs ORDER BY id DESC")))

    def last_run(self) -> RunInfo | None:
        """Return the newest run, finished or not; None in an empty store."""
        rows = self._connection.rows("SELECT * FROM runs ORDER BY id DESC LIMIT 1")
        return read_run(rows[0]) if rows else None

    def run(self, run: int) -> RunInfo:
        """Return one run.

        Raises:
            UsageError: there is none of that number.
        """
        rows = self._connection.rows("SELECT * FROM runs WHERE id = ?", run)
        if rows:
            return read_run(rows[0])
        last = self.last_run()
        raise UsageError(
            f"{self.path} has no run {run}",
            remedy=f"the newest is {last.id}" if last else "the store is empty: run the matrix first",
        )

    def plan(self, run: int) -> PlanSummary | None:
        """Return what was kept of a run's plan; None for a search, and for a run of an older harness."""
        return read_plan(self.run(run))

    def effort(self, run: int) -> tuple[int, int]:
        """Return how many questions a run has answered by trying, and how many out of what was known.

        A question is a cell under one runner, with its retries.
        """
        rows = self._connection.rows(
            "SELECT ra.is_reused, count(DISTINCT a.runner || ' ' || ra.cell_id) AS number FROM run_attempts ra"
            " JOIN attempts a ON a.id = ra.attempt WHERE ra.run = ? GROUP BY ra.is_reused",
            run,
        )
        found = {row["is_reused"]: row["number"] for row in rows}
        return found.get(0, 0), found.get(1, 0)

    def snapshot(self) -> AbstractContextManager[None]:
        """Let everything that is read in the block be of one moment, also while a run goes on. Nothing is written."""
        return self._connection.snapshot()

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of the whole store to *path*, also while a run goes on."""
        self._connection.copy_to(path)

    def records(self, run: int) -> Iterator[Record]:
        """Yield the record of each planned cell, in the order of the plan, one in memory at a time."""
        for row in self._connection.rows("SELECT * FROM run_cells WHERE run = ? ORDER BY position", run):
            yield self._record(row)

    def cell_ids(self, run: int) -> tuple[str, ...]:
        """Return the ids of the cells that a run planned, in the order of the plan."""
        rows = self._connection.rows("SELECT cell_id FROM run_cells WHERE run = ? ORDER BY position", run)
        return tuple(row["cell_id"] for row in rows)

    def has_matrix(self, run: int) -> bool:
        """Tell whether a run has cells of the matrix: a search has none."""
        return bool(
            self._connection.rows(
                "SELECT 1 FROM run_cells WHERE run = ? AND purpose = ? LIMIT 1", run, Purpose.MATRIX.value
            )
        )

    def attempts_of(self, run: int) -> dict[str, tuple[int, ...]]:
        """Return cell id → the numbers of its attempts in a run: alike in two runs, so is the record."""
        rows = self._connection.rows(
            "SELECT cell_id, attempt FROM run_attempts WHERE run = ? ORDER BY cell_id, attempt", run
        )
        groups = itertools.groupby(rows, key=lambda row: str(row["cell_id"]))
        return {cell_id: tuple(row["attempt"] for row in group) for cell_id, group in groups}

    def fresh_attempts_of(self, run: int) -> frozenset[int]:
        """Return the numbers of the attempts that a run made itself."""
        return frozenset(row["id"] for row in self._connection.rows("SELECT id FROM attempts WHERE made_in = ?", run))

    def purposes(self, run: int) -> tuple[tuple[str, Purpose], ...]:
        """Return the id of each cell of a run with the reason it is there, in the order of the plan."""
        rows = self._connection.rows("SELECT cell_id, purpose FROM run_cells WHERE run = ? ORDER BY position", run)
        return tuple((row["cell_id"], Purpose(row["purpose"])) for row in rows)

    def record(self, run: int, cell_id: str) -> Record | None:
        """Return one cell's record in a run, None where the run did not plan it."""
        rows = self._connection.rows("SELECT * FROM run_cells WHERE run = ? AND cell_id = ?", run, cell_id)
        return self._record(rows[0]) if rows else None

    def history(self, cell_id: str) -> Iterator[tuple[RunInfo, Record]]:
        """Yield the cell's record in every run that planned it, newest first."""
        for run in self.runs():
            record = self.record(run.id, cell_id)
            if record is not None:
                yield run, record

    def find(self, run_key: str) -> tuple[StoredTrial, ...]:
        """Return every trial that ever answered the same question, newest first."""
        return tuple(
            map(
                read_trial,
                self._connection.rows(
                    "SELECT a.*, e.files FROM attempts a LEFT JOIN evidence e ON e.attempt = a.id"
                    " WHERE a.run_key = ? ORDER BY a.id DESC",
                    run_key,
                ),
            )
        )

    def latest(self, run_key: str) -> tuple[StoredTrial, ...]:
        """Return the newest answer to the question, in order: one attempt, and the retries made in the same run."""
        found = self._connection.rows(
            "SELECT a.*, e.files FROM attempts a LEFT JOIN evidence e ON e.attempt = a.id WHERE a.run_key = ?1"
            " AND (a.made_in, a.cell_id) ="
            " (SELECT made_in, cell_id FROM attempts WHERE run_key = ?1 ORDER BY id DESC LIMIT 1) ORDER BY a.id",
            run_key,
        )
        return tuple(map(read_trial, found))

    def durations(self) -> dict[str, float]:
        """Return cell id → seconds that its last complete execution under pytest took, all phases."""
        rows = self._connection.rows(
            "SELECT cell_id, total_s FROM attempts WHERE id IN"
            " (SELECT max(id) FROM attempts WHERE runner = ? AND ended = 'exited' GROUP BY cell_id)",
            Runner.PYTEST.value,
        )
        return {row["cell_id"]: row["total_s"] for row in rows}

    def recent_lock_hashes(self, since: dt.datetime) -> frozenset[str]:
        """Return the locks of all attempts that a run begun at or after *since* made or reused."""
        rows = self._connection.rows(
            "SELECT DISTINCT a.lock_hash FROM attempts a JOIN run_attempts ra ON ra.attempt = a.id"
            " JOIN runs r ON r.id = ra.run WHERE r.started >= ? AND a.lock_hash <> ''",
            stamp(since),
        )
        return frozenset(row["lock_hash"] for row in rows)

    def packed(self, run: int, cell_id: str) -> tuple[PackedTrial, ...]:
        """Return what answers for a cell in a run as it lies here, in order."""
        rows = self._connection.rows(
            "SELECT a.attempt, e.files, ra.is_reused FROM run_attempts ra JOIN attempts a ON a.id = ra.attempt"
            " LEFT JOIN evidence e ON e.attempt = a.id WHERE ra.run = ? AND ra.cell_id = ? ORDER BY a.id",
            run,
            cell_id,
        )
        return tuple(
            PackedTrial(
                attempt=codec.loads(Attempt, row["attempt"]),
                files=row["files"] or b"",
                is_reused=bool(row["is_reused"]),
            )
            for row in rows
        )

    def _record(self, row: sqlite3.Row) -> Record:
        trials = self._connection.rows(
            "SELECT a.*, e.files, ra.is_reused FROM run_attempts ra JOIN attempts a ON a.id = ra.attempt"
            " LEFT JOIN evidence e ON e.attempt = a.id WHERE ra.run = ? AND ra.cell_id = ? ORDER BY a.id",
            row["run"],
            row["cell_id"],
        )
        return read_record(row, trials)


def _require_planned(write: sqlite3.Connection, run: int, cell_id: str) -> None:
    found = write.execute("SELECT 1 FROM run_cells WHERE run = ? AND cell_id = ?", (run, cell_id)).fetchone()
    if found is None:
        raise ValueError(f"run {run} has not planned {cell_id}")


def _new_id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid
