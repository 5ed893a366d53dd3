"""What a search for lower bounds came to, as a person or a program wants to read it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from harness.analysis.bisect.view import Row
from harness.model.verdict import Signature


class BoundState(Enum):
    """How the declared lower bound of a dependency stands to what was found."""

    HOLDS = "holds"  # the lowest release that it allows passes
    TOO_LOW = "too-low"  # it allows releases that fail
    MISSING = "missing"  # none is declared; one was found
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyBound:
    """One dependency; positions are of `rows`."""

    name: str  # normalised
    requirement: str  # as declared, without a marker for extras; empty for an axis of the matrix
    declared: str  # its specifier; of an axis, the lowest release in the matrix
    proposed: str  # the specifier that the evidence supports; empty where there is none
    line: str  # the requirement with it
    state: BoundState
    rows: tuple[Row, ...]  # the releases that are allowed and can be installed, oldest first
    first_good: int | None
    last_bad: int | None
    signature: Signature | None  # of the failure of the last bad one
    runs: int  # releases that were run for it, earlier answers included
    rounds: int
    notes: tuple[str, ...]  # what was not asked, what could not be tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """The check of all bounds together."""

    versions: tuple[tuple[str, str], ...]  # what --lowest-direct resolves the dependencies to
    row: Row
    notes: tuple[str, ...]  # where that is not the bound


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundsView:
    """A search for lower bounds at its end."""

    run: int
    canary: str
    is_project: bool  # its own dependencies; else the package axes of the matrix
    cell: str  # what all runs have in common
    newest: Row  # the cell with the newest of everything
    as_of: dt.datetime
    bounds: tuple[DependencyBound, ...]  # in the order of declaration
    joint: Joint | None  # None: there was nothing to join
    ran: int
    reused: int
    duration_s: float
