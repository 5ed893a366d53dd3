"""A bisection as one JSON document."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.intervals import Change
from harness.analysis.bisect.view import BisectView, Culprit, Row, Sureness
from harness.model import codec
from harness.model.verdict import Signature, State


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDocument:
    """Where the answer changes: between two neighbours, or somewhere within a window."""

    before: str
    after: str
    to: Answer
    between: tuple[str, ...]  # what may be on either side; empty: the change is exact


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalDocument:
    """A bad stretch; null where the history does not reach so far."""

    introduced: ChangeDocument | None
    fixed: ChangeDocument | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDocument:
    """A command that shows one side of the first change, or both."""

    shows: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BisectDocument:
    """What `harness bisect --json` prints."""

    run: int
    exit_code: int
    axis: str
    cell: str  # the other axes
    good: str
    bad: str
    bad_state: State
    as_of: dt.datetime
    signature: Signature | None
    signature_id: str
    example: str
    points: tuple[Row, ...]
    changes: tuple[ChangeDocument, ...]
    intervals: tuple[IntervalDocument, ...]
    stride: int | None
    sureness: Sureness | None
    culprit: Culprit | None
    steps: int
    promised_rounds: int | None
    rounds: int
    workers: int
    ran: int
    reused: int
    duration_s: float
    notes: tuple[str, ...]
    commands: tuple[CommandDocument, ...]


def document(view: BisectView, exit_code: int) -> str:
    """Return the document that `docs/bisect.schema.json` describes."""
    return json.dumps(codec.to_plain(made(view, exit_code)), indent=2, sort_keys=True, ensure_ascii=False)


def made(view: BisectView, exit_code: int) -> BisectDocument:
    """Return the document's value."""

    def change(one: Change | None) -> ChangeDocument | None:
        return None if one is None else _change(view, one)

    return BisectDocument(
        run=view.run,
        exit_code=exit_code,
        axis=view.axis,
        cell=view.cell,
        good=view.good,
        bad=view.bad,
        bad_state=view.bad_state,
        as_of=view.as_of,
        signature=view.signature,
        signature_id=view.signature.id if view.signature else "",
        example=view.example,
        points=view.rows,
        changes=tuple(_change(view, one) for one in view.changes),
        intervals=tuple(
            IntervalDocument(introduced=change(one.introduced), fixed=change(one.fixed)) for one in view.intervals
        ),
        stride=view.stride,
        sureness=view.sureness,
        culprit=view.culprit,
        steps=view.steps,
        promised_rounds=view.promised,
        rounds=view.rounds,
        workers=view.workers,
        ran=view.ran,
        reused=view.reused,
        duration_s=round(view.duration_s, 3),
        notes=view.notes,
        commands=tuple(CommandDocument(shows=name, command=line) for name, line in view.commands),
    )


def _change(view: BisectView, change: Change) -> ChangeDocument:
    return ChangeDocument(
        before=view.rows[change.before].label,
        after=view.rows[change.after].label,
        to=change.to,
        between=tuple(view.rows[point].label for point in change.between),
    )
