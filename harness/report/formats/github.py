"""GitHub Actions: the job's summary, and annotations for new failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.analysis.compare import Category, Comparison
from harness.analysis.conclude import Conclusion
from harness.analysis.explain.findings import rules_for
from harness.analysis.group import Group
from harness.analysis.reported import RunReport
from harness.model.plan import LeftOut
from harness.model.verdict import Verdict
from harness.report import ci_log
from harness.report.formats.document import Document
from harness.report.formats.failure_markdown import cells, facts, heading, reproduce
from harness.report.formats.overview_markdown import overview
from harness.report.markdown_text import code, fenced
from harness.report.style import counted, printable

LIMIT_BYTES = 1024 * 1024
"""What GitHub takes of one step's summary."""

LEAST_BYTES = 200
"""What a summary takes of which everything was cut."""

MOST_ANNOTATIONS = 10
"""What GitHub shows of one step's errors."""

_REASON_CHARACTERS = 300


def documents(report: RunReport) -> Iterator[Document]:
    """Yield the summary, then the annotations as the runner reads them from a log."""
    compared = report.archive.comparison()
    yield Document(name="github/summary.md", content=summary(report, compared))
    yield Document(name="github/annotations.txt", content=commands(report, compared))


def summary(report: RunReport, compared: Comparison | None, limit_bytes: int = LIMIT_BYTES) -> str:
    """Return the job's summary, its most important parts first; what does not fit is counted."""
    parts = [overview(report), *([_changes(compared)] if compared is not None else [])]
    parts += [_failure(group, report) for group in report.summary.groups]
    parts += [_left_out(item) for item in report.summary.plan.left_out]
    room, taken = limit_bytes - LEAST_BYTES, list[str]()
    for part in parts:
        room -= len(part.encode()) + 1
        if room < 0:
            break
        taken.append(part)
    if cut := len(parts) - len(taken):
        taken.append(f"{counted(cut, 'part')} of {len(parts)} cut: GitHub takes no more. `harness report` has all.\n")
    return "\n".join(taken).rstrip("\n") + "\n"  # what follows in a log begins its own line


def commands(report: RunReport, compared: Comparison | None) -> str:
    """Return a command for each failure that the run before did not have; the last counts those without their own."""
    found = [(group, new) for group in report.summary.groups if (new := _new(group, compared))]
    lines = [_annotation(group, new, report) for group, new in found]
    if len(lines) > MOST_ANNOTATIONS:
        rest = found[MOST_ANNOTATIONS - 1 :]
        number = sum(len(new) for _, new in rest)
        words = f"{counted(len(rest), 'more new failure')}, in {counted(number, 'cell')}: see the job's summary"
        lines = [*lines[: MOST_ANNOTATIONS - 1], f"::error title=harness::{_data(words)}"]
    return "".join(f"{line}\n" for line in lines)


def _new(group: Group, compared: Comparison | None) -> tuple[Conclusion, ...]:
    """Return the cells of a failure that nobody declared, and that did not fail so in the run before."""
    failing = [one for one in group.cells if one.judgement.verdict is Verdict.UNEXPECTED_FAILURE]
    known = {one.cell for one in compared.cells if one.category is Category.SAME} if compared is not None else set()
    return tuple(one for one in failing if one.cell not in known)


def _annotation(group: Group, new: Sequence[Conclusion], report: RunReport) -> str:
    title = f"harness: {group.state.value} in {counted(len(new), 'cell')}"
    reason = " ".join(new[0].observation.reason.split())[:_REASON_CHARACTERS]
    rules = rules_for(report.summary.explanation, group.signature)
    blame = f"blame: {group.blame.blame.value}{f': {group.blame.why}' if group.blame.finding else ''}"
    lines = [reason, *(f"when {rule}" for rule in rules[:1]), blame]
    return f"::error title={_property(title)}::{_data(chr(10).join([*lines, reproduce(new[0], report)]))}"


def _data(text: str) -> str:
    return ci_log.in_text(printable(text)).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _changes(compared: Comparison) -> str:
    told = [f"{number} {category.value}" for category, number in compared.counts if number]
    return f"Since run {compared.old_run}: {', '.join(told)}.\n"


def _failure(group: Group, report: RunReport) -> str:
    lines = [f"### {heading(group)}", "", *facts(group, report), *cells(group.cells), ""]
    return "\n".join([*lines, fenced(reproduce(group.cells[0], report), "console")]) + "\n"


def _left_out(item: LeftOut) -> str:
    values = " ".join(f"{axis}={value}" for axis, value in item.nogood.values)
    words = f"{item.nogood.why.value}: {item.nogood.detail}"
    return f"- left out: {code(values)} ({counted(item.cells, 'cell')} of the product), {code(words, 300)}"
