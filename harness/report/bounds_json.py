"""A search for lower bounds as one JSON document."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from harness.analysis.bisect.view import Row
from harness.analysis.bounds.view import BoundState, BoundsView, DependencyBound, Joint
from harness.model import codec
from harness.model.verdict import Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundDocument:
    """One dependency."""

    name: str
    requirement: str  # as declared; empty for an axis of the matrix
    declared: str  # its specifier
    proposed: str  # the specifier that the evidence supports; empty where there is none
    line: str  # the requirement with it
    state: BoundState
    first_good: str | None  # the lowest release from which all that was asked passes
    last_bad: str | None
    signature: Signature | None  # of the last bad one
    signature_id: str
    example: str  # the failure of the last bad one
    releases: tuple[Row, ...]  # oldest first; an answer of null: not asked
    runs: int
    rounds: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundsDocument:
    """What `harness bounds --json` prints."""

    run: int
    exit_code: int
    canary: str
    is_project: bool
    cell: str  # the newest of everything
    newest: Row
    as_of: dt.datetime
    bounds: tuple[BoundDocument, ...]
    joint: Joint | None  # all bounds together; null where no bound was found
    ran: int
    reused: int
    duration_s: float


def document(view: BoundsView, exit_code: int) -> str:
    """Return the document that `docs/bounds.schema.json` describes."""
    made = BoundsDocument(
        run=view.run,
        exit_code=exit_code,
        canary=view.canary,
        is_project=view.is_project,
        cell=view.cell,
        newest=view.newest,
        as_of=view.as_of,
        bounds=tuple(map(_bound, view.bounds)),
        joint=view.joint,
        ran=view.ran,
        reused=view.reused,
        duration_s=round(view.duration_s, 3),
    )
    return json.dumps(codec.to_plain(made), indent=2, sort_keys=True, ensure_ascii=False)


def _bound(one: DependencyBound) -> BoundDocument:
    bad = None if one.last_bad is None else one.rows[one.last_bad]
    return BoundDocument(
        name=one.name,
        requirement=one.requirement,
        declared=one.declared,
        proposed=one.proposed,
        line=one.line,
        state=one.state,
        first_good=None if one.first_good is None else one.rows[one.first_good].label,
        last_bad=None if bad is None else bad.label,
        signature=one.signature,
        signature_id=one.signature.id if one.signature else "",
        example=bad.reason if bad is not None else "",
        releases=one.rows,
        runs=one.runs,
        rounds=one.rounds,
        notes=one.notes,
    )
