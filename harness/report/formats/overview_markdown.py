"""A run's counts in Markdown."""

from __future__ import annotations

from harness.analysis.reported import RunReport
from harness.analysis.summary import RunSummary
from harness.model.verdict import State, Verdict
from harness.report.markdown_text import escaped
from harness.report.style import counted, glyph, seconds


def verdict(summary: RunSummary) -> str:
    """Return what a run came to in one sentence; nothing that is not green is left out of it."""
    counts = summary.counts
    states, verdicts = dict(counts.states), dict(counts.verdicts)
    said = [f"{states[State.PASS]} of {counted(counts.cells, 'cell')} passing"]
    untestable = states[State.UNRESOLVABLE] + states[State.UNSUPPORTED]
    for number, words in (
        (verdicts[Verdict.UNEXPECTED_FAILURE], "failing unexpectedly"),
        (verdicts[Verdict.EXPECTED_FAILURE], "failing as declared"),
        (states[State.FLAKY], "flaky"),
        (states[State.ERROR], "in error"),
        (states[State.NOT_RUN], "not run"),
        (untestable, "untestable"),
        (verdicts[Verdict.UNEXPECTED_PASS], "declared to fail, but passing"),
    ):
        if number:
            said.append(f"{number} {words}")
    return f"{', '.join(said)} (exit code {int(summary.exit_code)})."


def overview(report: RunReport) -> str:
    """Return heading, sentence, notes, and a table of every state that occurs."""
    summary = report.summary
    lines = [f"## harness run {summary.run_id}", "", verdict(summary), ""]
    lines += [line for note in report.notes for line in (f"> {escaped(note)}", "")]
    lines += ["| state | cells |", "| --- | ---: |"]
    lines += [f"| {glyph(state)} {state.value} | {number} |" for state, number in summary.counts.states if number]
    lines += [f"| all | {summary.counts.cells} |", ""]
    coverage = summary.plan.coverage
    covered = f"{coverage.covered} of {coverage.feasible} feasible combinations covered; " if coverage.feasible else ""
    lines.append(
        f"{covered}{summary.ran} run, {summary.reused} known, {seconds(summary.duration_s)};"
        f" as of {summary.as_of:%Y-%m-%d}, begun {report.started:%Y-%m-%d %H:%M} UTC."
    )
    return "\n".join(lines) + "\n"
