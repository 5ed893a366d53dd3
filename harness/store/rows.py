"""Rows of the store as values."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.errors import HarnessError
from harness.model import codec
from harness.model.cell import Cell
from harness.model.plan import Nogood, PlanSummary
from harness.model.record import Attempt, Purpose, Record, Runner, Trial
from harness.store import evidence_blob

T = TypeVar("T")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """One run, as it was begun and ended."""

    id: int
    started: dt.datetime
    finished: dt.datetime | None
    exit_code: int | None
    matrix_digest: str
    selection: str  # what was asked for on the command line, readable
    as_of: dt.datetime | None
    harness_version: str
    platform: str
    plan_summary: str  # JSON

    @property
    def is_finished(self) -> bool:
        """Tell whether the run came to its end; if not, it is going on or was interrupted."""
        return self.finished is not None

    @property
    def is_shard(self) -> bool:
        """Tell whether the run is one part of a plan, which is no run to compare others with."""
        return '"shard":{' in self.plan_summary  # whole plans are large, and this is asked of every run


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrial:
    """A trial with its number in the store, and the run that made it."""

    id: int
    made_in: int
    trial: Trial


def stamp(moment: dt.datetime | None) -> str | None:
    """Return the moment in UTC to the microsecond, so that text sorts by time."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds") if moment is not None else None


def read_run(row: sqlite3.Row) -> RunInfo:
    """Return a row of ``runs`` as a value."""
    return RunInfo(
        id=row["id"],
        started=dt.datetime.fromisoformat(row["started"]),
        finished=dt.datetime.fromisoformat(row["finished"]) if row["finished"] else None,
        exit_code=row["exit_code"],
        matrix_digest=row["matrix_digest"],
        selection=row["selection"],
        as_of=dt.datetime.fromisoformat(row["as_of"]) if row["as_of"] else None,
        harness_version=row["harness_version"],
        platform=row["platform"],
        plan_summary=row["plan_summary"],
    )


def read_plan(run: RunInfo) -> PlanSummary | None:
    """Return what was kept of a run's plan, None where nothing was.

    Raises:
        HarnessError: another version of harness wrote what this one does not know.
    """
    return _read(PlanSummary, run.plan_summary, f"the plan of run {run.id}") if run.plan_summary != "{}" else None


def read_trial(row: sqlite3.Row) -> StoredTrial:
    """Return a row of ``attempts`` with its ``files`` as a value.

    Raises:
        HarnessError: another version of harness wrote what this one does not know.
    """
    return StoredTrial(
        id=row["id"],
        made_in=row["made_in"],
        trial=Trial(
            attempt=_read(Attempt, row["attempt"], f"attempt {row['id']}"),
            evidence=evidence_blob.unpack(row["files"] or b""),
        ),
    )


def read_record(row: sqlite3.Row, trials: Sequence[sqlite3.Row]) -> Record:
    """Return a row of ``run_cells`` with the rows of its trials as a value.

    It counts as reused when every trial under pytest is.

    Raises:
        HarnessError: another version of harness wrote what this one does not know.
    """
    own = [bool(trial["is_reused"]) for trial in trials if trial["runner"] == Runner.PYTEST.value]
    what = f"cell {row['cell_id']}"
    return Record(
        cell=Cell.parse(row["cell_id"]),
        trials=tuple(read_trial(trial).trial for trial in trials),
        is_reused=bool(own) and all(own),
        untestable=_read(Nogood, row["untestable"], what) if row["untestable"] else None,
        exact=codec.from_plain(Pairs, json.loads(row["exact"])),
        purpose=Purpose(row["purpose"]),
    )


def _read(kind: type[T], text: str, what: str) -> T:
    try:
        return codec.loads(kind, text)
    except ValueError as error:
        raise HarnessError(
            f"{what} in the store cannot be read: {error}",
            remedy="it was written by another version of harness: use that one, or another file for the store",
        ) from error
