"""A run's summary as one JSON document."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from harness.analysis.conclude import Conclusion
from harness.analysis.explain.findings import Rule
from harness.analysis.group import Group
from harness.analysis.summary import RunSummary
from harness.model import codec
from harness.model.finding import Finding
from harness.model.plan import Coverage, LeftOut
from harness.model.record import Purpose
from harness.model.verdict import Blame, State, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDocument:
    """One cell of a run, judged."""

    id: str
    purpose: Purpose
    exact: tuple[tuple[str, str], ...]
    state: State
    verdict: Verdict
    reason: str
    signature: str  # id; empty where nothing failed
    blame: Blame | None
    finding: str  # the doctor's name of the cause that blames the project, else empty
    declared: str  # the reason of the [[expect]] entry that applies
    issue: str
    provider: str
    evidence: str  # "observed", "exit-code", or empty where nothing ran
    duration_s: float
    is_reused: bool
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDocument:
    """The cells that failed in one way."""

    signature: str
    type: str
    frame: str
    message: str
    state: State
    is_expected: bool
    reason: str  # as one of its cells saw it
    declared: str
    issue: str
    blame: Blame
    why: str
    suspects: tuple[Blame, ...]
    finding: Finding | None  # of the doctor, where the project is blamed
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDocument:
    """What `harness run --json` prints."""

    run: int
    as_of: dt.datetime
    exit_code: int
    states: tuple[tuple[State, int], ...]
    verdicts: tuple[tuple[Verdict, int], ...]
    cells: tuple[CellDocument, ...]
    groups: tuple[GroupDocument, ...]
    rules: tuple[Rule, ...]  # when each failure occurs, as far as this run shows it
    left_out: tuple[LeftOut, ...]
    missing: tuple[str, ...]
    coverage: Coverage
    product: int
    ran: int
    reused: int
    duration_s: float
    warnings: tuple[str, ...]  # where this is not what matrix.lock says
    shard: str  # "3/8" of a run that is one part of a plan, else empty


def document(summary: RunSummary) -> str:
    """Return the document that `docs/run.schema.json` describes."""
    made = RunDocument(
        run=summary.run_id,
        as_of=summary.as_of,
        exit_code=int(summary.exit_code),
        states=summary.counts.states,
        verdicts=summary.counts.verdicts,
        cells=tuple(_cell(one) for one in summary.conclusions),
        groups=tuple(_group(group) for group in summary.groups),
        rules=summary.explanation.rules,
        left_out=summary.plan.left_out,
        missing=tuple(cell.id for cell in summary.missing),
        coverage=summary.plan.coverage,
        product=summary.plan.product,
        ran=summary.ran,
        reused=summary.reused,
        duration_s=round(summary.duration_s, 3),
        warnings=summary.warnings,
        shard=summary.shard,
    )
    return json.dumps(codec.to_plain(made), indent=2, sort_keys=True, ensure_ascii=False)


def _cell(one: Conclusion) -> CellDocument:
    entry = one.judgement.expectation
    return CellDocument(
        id=one.cell.id,
        purpose=one.purpose,
        exact=one.exact,
        state=one.state,
        verdict=one.judgement.verdict,
        reason=one.observation.reason,
        signature=one.signature.id if one.signature else "",
        blame=one.blame.blame if one.blame else None,
        finding=one.blame.finding.cause if one.blame and one.blame.finding else "",
        declared=entry.reason if entry else "",
        issue=entry.issue if entry else "",
        provider=one.provider,
        evidence=one.level.value if one.level else "",
        duration_s=round(one.seconds, 3),
        is_reused=one.is_reused,
        log=one.log,
    )


def _group(group: Group) -> GroupDocument:
    return GroupDocument(
        signature=group.signature.id,
        type=group.signature.type,
        frame=group.signature.frame,
        message=group.signature.message,
        state=group.state,
        is_expected=group.is_expected,
        reason=group.cells[0].observation.reason,
        declared=group.reason,
        issue=group.issue,
        blame=group.blame.blame,
        why=group.blame.why,
        suspects=group.blame.suspects,
        finding=group.blame.finding,
        cells=tuple(one.cell.id for one in group.cells),
    )
