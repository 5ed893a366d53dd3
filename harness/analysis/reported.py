"""A recorded run as reports are given it: its summary, and the records behind it on demand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.analysis.compare import Comparison
from harness.analysis.summary import RunSummary
from harness.model.plan import Axis
from harness.model.record import Record
from harness.model.verdict import State


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCell:
    """What one cell came to in one run."""

    state: State
    signature: str  # id; empty where nothing failed
    is_reused: bool
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """One run of the matrix, seen from a later one."""

    run: int
    started: dt.datetime
    finished: dt.datetime | None  # None: it was interrupted, or goes on
    cells: Mapping[str, PastCell]  # by id; cells that the matrix no longer describes are not there


class Archive(Protocol):
    """The store behind a report, open while the report is made. What it gives has secrets masked."""

    def records(self) -> Iterator[Record]:
        """Yield the run's records in the order of `RunSummary.conclusions`, one in memory at a time."""
        ...

    def record(self, cell_id: str) -> Record:
        """Return one of them."""
        ...

    def comparison(self) -> Comparison | None:
        """Hold the run against the one of the matrix before it; None where there is none."""
        ...

    def past(self) -> Iterator[PastRun]:
        """Yield the runs of the matrix up to this one, newest first, this one included."""
        ...

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of the whole store."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A run, and where it stands."""

    summary: RunSummary
    archive: Archive
    started: dt.datetime
    finished: dt.datetime | None
    made: dt.datetime  # when the report was
    harness_version: str
    platform: str
    matrix: str  # the name of the file
    axes: tuple[Axis, ...]  # every value of the matrix; of an older run, those of its cells
    command: str  # begins the commands to copy: "harness", then `tail` comes after the options of a command
    tail: str  # "" or " -m other.toml"
    notes: tuple[str, ...]  # what a reader must know before anything else

    @property
    def is_partial(self) -> bool:
        """Tell whether the run is going on or was interrupted: cells are missing from what is said."""
        return self.finished is None
