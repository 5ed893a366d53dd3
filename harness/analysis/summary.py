"""A run, summed up: everything that reports show of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.analysis.blame import with_blame
from harness.analysis.conclude import Conclusion
from harness.analysis.counts import Counts, count
from harness.analysis.expect import exit_code
from harness.analysis.explain.findings import Explanation, explain_run
from harness.analysis.grid import Grid, grid
from harness.analysis.group import Group, groups
from harness.errors import ExitCode, worst
from harness.model.cell import Cell
from harness.model.plan import Plan, Shard, Why
from harness.model.record import Purpose
from harness.model.spec import DatabaseSpec, ProviderName


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a run came to."""

    run_id: int
    as_of: dt.datetime
    plan: Plan
    conclusions: tuple[Conclusion, ...]  # in the order of the plan, then diagnostic neighbours
    counts: Counts
    groups: tuple[Group, ...]
    explanation: Explanation  # the rules behind the failures, by what this run knows
    grid: Grid | None  # None where the matrix lacks one of the two axes
    missing: tuple[Cell, ...]  # planned cells that left no record: never green
    exit_code: ExitCode
    ran: int  # attempts' cells tried now, controls and neighbours included
    reused: int  # cells whose answer was known
    duration_s: float
    warnings: tuple[str, ...] = ()  # where this is not what matrix.lock says
    shard: str = ""  # "3/8" of a run that is one part of a plan


def summarise(
    conclusions: Iterable[Conclusion],
    *,
    run_id: int,
    as_of: dt.datetime,
    plan: Plan,
    missing: tuple[Cell, ...],
    ran: int,
    reused: int,
    duration_s: float,
    strict: bool,
    absent: Sequence[ProviderName],
    databases: Sequence[DatabaseSpec],
    warnings: tuple[str, ...] = (),
    shard: Shard | None = None,
) -> RunSummary:
    """Sum up. *absent*: providers that ``--require`` names and that left cells out; *databases* give them an order.

    Of one *shard* of a plan, *plan* and *missing* are that shard's.
    """
    found = with_blame(conclusions)
    own = [one for one in found if one.purpose is not Purpose.DIAGNOSTIC]
    has_both = any({"django", "pytest-django"} <= one.cell.as_dict().keys() for one in own)
    code = exit_code(
        (one.judgement for one in own),
        strict=strict,
        is_required_provider_absent=bool(absent),
        is_not_built=any(item.nogood.why is Why.NOT_BUILT for item in plan.left_out),
    )
    if shard is not None and not own and not absent:
        code = ExitCode.OK  # there are more shards than cells: nothing was this one's to do
    return RunSummary(
        run_id=run_id,
        as_of=as_of,
        plan=plan,
        conclusions=found,
        counts=count(found),
        groups=groups(found),
        explanation=explain_run(found, (item.nogood for item in plan.left_out), databases, run=run_id),
        grid=grid(own) if has_both else None,
        missing=missing,
        exit_code=worst([code, ExitCode.INDETERMINATE]) if missing else code,
        ran=ran,
        reused=reused,
        duration_s=duration_s,
        warnings=warnings,
        shard=shard.name if shard is not None else "",
    )


def databases_left_out(plan: Plan) -> tuple[str, ...]:
    """Return the databases that no provider could serve."""
    return tuple(
        value for item in plan.left_out if item.nogood.why is Why.NO_PROVIDER for _, value in item.nogood.values
    )
