"""Records: everything about one run of one cell, enough to run it again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from harness.model.cell import Cell
from harness.model.evidence import Evidence
from harness.model.finding import Examination
from harness.model.plan import Nogood


class Runner(Enum):
    """Who runs the canary's tests."""

    PYTEST = "pytest-django"
    DJANGO = "django"  # the control


class Purpose(Enum):
    """Why an attempt was made."""

    MATRIX = "matrix"
    CONTROL = "control"
    DIAGNOSTIC = "diagnostic"  # a neighbour, run to earn a blame


class Ended(Enum):
    """How an attempt ended, as the operating system or the harness saw it."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    TIMED_OUT = "timed-out"
    UNPREPARED = "unprepared"  # a command that prepares the tests failed, so they did not begin
    DISK_LIMIT = "disk-limit"
    INFRASTRUCTURE = "infrastructure"  # never reached the canary, or lost its server
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds per phase."""

    environment_s: float = 0.0
    server_s: float = 0.0
    copy_s: float = 0.0
    test_s: float = 0.0

    @property
    def total_s(self) -> float:
        """Return the sum."""
        return self.environment_s + self.server_s + self.copy_s + self.test_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One execution of a cell by one runner; what is not derived from it is stored as it is."""

    run_key: str
    cell_id: str
    exact: tuple[tuple[str, str], ...]  # version axes → exact versions asked for
    runner: Runner
    purpose: Purpose
    number: int = 1  # 2 for the automatic retry
    started_at: dt.datetime
    ended: Ended
    exit_code: int | None = None  # negative: minus the signal
    message: str = ""  # why it ended, where it did not simply exit
    timings: Timings = Timings()
    lock_hash: str = ""
    canary_hash: str = ""  # of its files as they were
    interpreter: str = ""  # "CPython 3.12.1"
    platform: str = ""
    provider: str = ""
    server_source: str = ""
    server_version: str = ""  # its own answer
    server_digest: str = ""
    log: str = ""  # file name below the store's folder of logs
    log_was_cut: bool = False
    examination: Examination | None = None  # by the doctor, after the fact; None where it was not asked

    @property
    def cell(self) -> Cell:
        """Return the cell that was run."""
        return Cell.parse(self.cell_id)

    def exact_dict(self) -> dict[str, str]:
        """Return version axes → exact versions."""
        return dict(self.exact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An attempt with its evidence."""

    attempt: Attempt
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One cell in one run: its trials in order, or why there are none."""

    cell: Cell
    trials: tuple[Trial, ...] = ()
    is_reused: bool = False
    untestable: Nogood | None = None
    exact: tuple[tuple[str, str], ...] = ()  # version axes → exact versions, as planned
    purpose: Purpose = Purpose.MATRIX  # `DIAGNOSTIC` for a neighbour: it has no part in the verdict of the run

    def by(self, runner: Runner) -> tuple[Trial, ...]:
        """Return the trials made by *runner*."""
        return tuple(trial for trial in self.trials if trial.attempt.runner is runner)

    def deciding(self) -> tuple[Trial, ...]:
        """Return the trials under pytest that its state follows from: repetitions for a search do not change it."""
        trials = tuple(trial for trial in self.by(Runner.PYTEST) if trial.attempt.purpose is not Purpose.CONTROL)
        own = tuple(trial for trial in trials if trial.attempt.purpose is Purpose.MATRIX)
        return own if own and self.purpose is Purpose.MATRIX else trials
