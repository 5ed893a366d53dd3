"""A run's end as text: grid, failures grouped by signature, what was left out, a headline that counts everything."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from harness.analysis.conclude import Conclusion
from harness.analysis.counts import Counts
from harness.analysis.explain.findings import rules_for
from harness.analysis.grid import Grid, Square
from harness.analysis.group import Group
from harness.analysis.summary import RunSummary
from harness.model.finding import Finding
from harness.model.plan import Why
from harness.model.verdict import Blame, State, Verdict
from harness.report import plan_text
from harness.report.style import colour, counted, glyph, plain, seconds

_TOLD_BY_PLAN = (Why.EXCLUDED, Why.CANARY_DATABASE, Why.MODE_DATABASE, Why.REQUIRES_PYTHON)
"""Reasons that are the same every day; `harness plan` and -v list them."""

SHOWN_CELLS = 3
"""Cells shown of a group unless everything is asked for; the number of the others is said."""

SHOWN_RULES = 3
"""Rules shown of a failure unless everything is asked for."""


def summary(run: RunSummary, logs: Path, *, is_verbose: bool, command: str, repro: str) -> RenderableType:
    """Return what a person reads when a run has ended. *command* and *repro* begin the commands to copy."""
    parts: list[RenderableType] = []
    if run.grid is not None and run.grid.rows:
        parts += [grid(run.grid), Text()]
    for group in run.groups:
        rules = rules_for(run.explanation, group.signature)
        parts += [*failures(group, logs, rules, is_verbose=is_verbose, command=command, repro=repro), Text()]
    parts += _odd_passes(run)
    told = tuple(item for item in run.plan.left_out if item.nogood.why not in _TOLD_BY_PLAN)
    shown = run.plan.left_out if is_verbose else told
    if shown:
        parts += [Text("left out", "bold"), *plan_text.left_out(shown), Text()]
    if run.missing:
        parts.append(Text(f"{counted(len(run.missing), 'planned cell')} left no record:", "bold red"))
        parts += [plain(f"  {cell.id}") for cell in run.missing[: None if is_verbose else SHOWN_CELLS]]
    parts += plan_text.coverage(run.plan.coverage)
    parts += [plain(warning, "yellow") for warning in run.warnings]
    parts.append(headline(run))
    return Lines(*parts)


def grid(squares: Grid) -> Table:
    """Return one axis against the other; a square sums its cells and never hides a bad one."""
    table = Table(
        title=f"{squares.row_axis} × {squares.column_axis}", title_justify="left", title_style="bold", box=None
    )
    table.add_column("", style="bold")
    for column in squares.columns:
        table.add_column(column, justify="right")
    for row, cells in zip(squares.rows, squares.squares, strict=True):
        table.add_row(row, *(_square(square) for square in cells))
    return table


def _square(square: Square | None) -> Text:
    if square is None:
        return Text("·", "dim")
    counts = dict(square.counts)
    total = sum(counts.values())
    if square.worst is State.PASS:
        return Text(f"{glyph(State.PASS)} {total}", "green")
    verdict = Verdict.EXPECTED_FAILURE if square.is_expected else Verdict.UNEXPECTED_FAILURE
    if square.worst in (State.ERROR, State.NOT_RUN):
        verdict = Verdict.INDETERMINATE
    elif not square.worst.is_failure:
        verdict = Verdict.AS_EXPECTED
    return Text(f"{glyph(square.worst)} {counts[square.worst]}/{total}", colour(square.worst, verdict))


def failures(
    group: Group, logs: Path, rules: tuple[str, ...], *, is_verbose: bool, command: str, repro: str
) -> list[RenderableType]:
    """Return one failure: what it is, when it occurs, whose fault, where it was seen, how to see it for oneself."""
    verdict = Verdict.EXPECTED_FAILURE if group.is_expected else group.cells[0].judgement.verdict
    style = colour(group.state, verdict)
    head = Text(f"{glyph(group.state)} {group.state.value}", style)
    if group.is_expected:
        head.append(" (expected)", style)
    head.append(f"  {counted(len(group.cells), 'cell')}  ", "bold")
    reason = " ".join(group.cells[0].observation.reason.split())[:400]
    seen = reason if group.signature.type in reason else f"{group.signature.type}: {reason}"
    finding = group.blame.finding
    lines: list[RenderableType] = [head.append_text(plain(finding.title if finding else seen))]
    if finding is not None:
        lines.append(plain(f"  seen as {seen}", "dim"))
    if group.signature.frame:
        lines.append(plain(f"  in {group.signature.frame}   signature {group.signature.id}", "dim"))
    if group.is_expected:
        issue = f" ({group.issue})" if group.issue else ""
        lines.append(plain(f"  declared: {group.reason}{issue}", "cyan"))
    told = rules if is_verbose else rules[:SHOWN_RULES]
    lines += [plain("  when: ", "dim").append_text(plain(rule, "bold")) for rule in told]
    if len(told) < len(rules):
        lines.append(Text(f"    and {counted(len(rules) - len(told), 'more rule')} (-v lists them)", "dim"))
    lines.append(_blame(group))
    if finding is not None:
        lines.append(todo(finding))
    shown = group.cells if is_verbose else group.cells[:SHOWN_CELLS]
    lines += [line for cell in shown for line in _cell(cell, logs, command, repro)]
    if len(shown) < len(group.cells):
        more = counted(len(group.cells) - len(shown), "more cell")
        lines.append(Text(f"  and {more} (-v lists them)", "dim"))
    return lines


def _blame(group: Group) -> Text:
    found = group.blame
    if found.blame is Blame.UNDETERMINED and found.suspects:
        between = ", ".join(suspect.value for suspect in found.suspects)
        return plain(f"  blame: undetermined, between {between}: {found.why}", "dim")
    style = "dim" if found.blame is Blame.UNDETERMINED else "bold"
    line = plain("  blame: ", "dim")
    line.append(found.blame.value, style)
    return line.append_text(plain(f": {' '.join(found.why.split())}", "dim"))


def todo(finding: Finding) -> Text:
    """Return where and what to change in the project, and the doctor's section on it."""
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    line = plain("  to do: ", "dim").append_text(plain(finding.todo))
    return line.append_text(plain(f" ({place}, docs/doctor.md#{finding.cause})", "dim"))


def _cell(one: Conclusion, logs: Path, command: str, repro: str) -> list[RenderableType]:
    line = plain(f"  {one.cell.id}")
    if one.provider not in ("", "sqlite"):
        line.append(f"  on {one.provider}", "dim")
    if one.is_reused:
        line.append("  known", "dim")
    found: list[RenderableType] = [line]
    if one.log:
        found.append(plain(f"    log: {logs / one.log}", "dim"))
    found.append(plain(f"    {command} --rerun --cell {shlex.quote(one.cell.id)}", "dim"))
    if one.state.is_failure:
        found.append(plain(f"    {repro} {shlex.quote(one.cell.id)}", "dim"))
    return found


def _odd_passes(run: RunSummary) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for one in run.conclusions:
        if one.judgement.verdict is Verdict.UNEXPECTED_PASS and one.judgement.expectation is not None:
            reason = one.judgement.expectation.reason
            lines.append(plain(f"✓ passes, though a failure is declared ({reason}): {one.cell.id}", "bold magenta"))
    lines += [plain(f"≈ flaky: {cell_id}", "yellow") for cell_id in run.counts.flaky]
    return [*lines, Text()] if lines else []


def headline(run: RunSummary) -> Text:
    """Return one line with every state that occurs, the cells left out, and how much was known already."""
    line = Text()
    for text, style in _counted(run.counts, run):
        line.append(text, style)
        line.append("  ")
    if lacking := _lacking(run):
        line.append_text(plain(f"left out here: {lacking}  ", "yellow"))
    if run.shard and not run.counts.cells:
        line.append("no cell of the plan is in this shard", "bold")
    elif run.ran == 0:
        line.append(f"nothing to run: all {run.reused} answers were known", "bold")
    else:
        known = f", {run.reused} known" if run.reused else ""
        line.append(f"{run.ran} run{known}, {seconds(run.duration_s)}", "dim")
    shard = f"shard {run.shard}, " if run.shard else ""
    line.append(f"  (run {run.run_id}, {shard}as of {run.as_of:%Y-%m-%d})", "dim")
    return line


def _lacking(run: RunSummary) -> str:
    """Name what this machine lacks; numbers of cells would overlap."""
    nogoods = [item.nogood for item in run.plan.left_out if item.nogood.why.is_of_this_machine]
    names = [" ".join(f"{axis}={value}" for axis, value in nogood.values) for nogood in nogoods]
    return ", ".join(names[:SHOWN_CELLS]) + (f" and {len(names) - SHOWN_CELLS} more" if names[SHOWN_CELLS:] else "")


def _counted(counts: Counts, run: RunSummary) -> list[tuple[str, str]]:
    states = dict(counts.states)
    expected = dict(counts.verdicts)[Verdict.EXPECTED_FAILURE]
    found = []
    for state in State:
        if not states[state]:
            continue
        own = [one for one in run.conclusions if one.state is state and one.purpose.value != "diagnostic"]
        verdicts = {one.judgement.verdict for one in own}
        worst = next((v for v in _WORST_FIRST if v in verdicts), Verdict.AS_EXPECTED)
        note = ""
        if state.is_failure and expected:
            declared = sum(one.judgement.verdict is Verdict.EXPECTED_FAILURE for one in own)
            note = f" ({declared} expected)" if declared else ""
        found.append((f"{glyph(state)} {states[state]} {state.value}{note}", colour(state, worst)))
    if counts.unobserved:
        found.append((f"{counts.unobserved} without evidence", "yellow"))
    return found


_WORST_FIRST = (
    Verdict.UNEXPECTED_FAILURE,
    Verdict.INDETERMINATE,
    Verdict.UNEXPECTED_PASS,
    Verdict.EXPECTED_FAILURE,
    Verdict.AS_EXPECTED,
)
