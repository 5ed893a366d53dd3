"""What a bisection came to, as a person or a program wants to read it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.intervals import Change, Interval
from harness.analysis.locks import Moved
from harness.model.verdict import Signature, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One point of the history."""

    label: str  # "4.13.0", "2026-08-05", "3.12.1", "17.10"
    cell: str  # id; empty where none was made
    answer: Answer | None = None  # None: not asked
    state: State | None = None
    reason: str = ""
    is_untestable: bool = False  # known before anything ran
    runs: int = 0  # attempts that the answer rests on, earlier ones included
    passes: int = 0
    provider: str = ""
    is_known: bool = False  # answered from the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Culprit:
    """What changed on the day, and which of it makes the difference."""

    moved: tuple[Moved, ...]
    guilty: tuple[Moved, ...]
    tried: int  # mixtures of the two locks that were asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Sureness:
    """What repeated runs say about noise."""

    rate: float  # how often a bad point fails
    confidence: float  # that no point called good is bad


@dataclass(frozen=True, slots=True, kw_only=True)
class BisectView:
    """A bisection at its end."""

    run: int
    axis: str
    cell: str  # the other axes
    good: str
    bad: str
    bad_state: State
    as_of: dt.datetime
    signature: Signature | None
    example: str  # the failure in the words of one point
    rows: tuple[Row, ...]  # oldest first
    changes: tuple[Change, ...]  # by position in `rows`
    intervals: tuple[Interval, ...]
    stride: int | None  # guaranteed by a sweep; None: one change was taken for granted
    steps: int  # testable points after the first end up to the second
    promised: int | None  # rounds beside the ends for one change, without unknowns; None for a sweep
    rounds: int
    workers: int
    ran: int
    reused: int
    duration_s: float
    sureness: Sureness | None  # None: nothing was repeated
    culprit: Culprit | None  # of a bisection by date
    notes: tuple[str, ...]
    commands: tuple[tuple[str, str], ...]  # what it shows, the command
