"""One failure of a run in Markdown."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from harness.analysis.conclude import Conclusion
from harness.analysis.explain.findings import Rule
from harness.analysis.group import Group
from harness.analysis.reported import RunReport
from harness.analysis.signature import signature as signature_of
from harness.model.record import Record
from harness.model.verdict import Blame, Signature
from harness.report.markdown_text import code, fenced, told
from harness.report.style import counted, glyph, printable

SHOWN_CELLS = 10
SHOWN_RULES = 3
TRACE_LINES = 40
TRACE_CHARACTERS = 8_000
REASON_CHARACTERS = 400


def heading(group: Group) -> str:
    """Return a failure in one line."""
    said = f"{glyph(group.state)} {group.state.value}{' (expected)' if group.is_expected else ''}"
    reason = group.cells[0].observation.reason
    kind = "" if group.signature.type in reason else f"{group.signature.type}: "
    return f"{said} in {counted(len(group.cells), 'cell')}: {code(kind + reason, REASON_CHARACTERS)}"


def facts(group: Group, report: RunReport) -> Iterator[str]:
    """Yield what is known of a failure, a list item each: when it occurs, whose fault, what to require."""
    rules = [rule for rule in report.summary.explanation.rules if rule.signature == group.signature]
    yield from (_rule(rule) for rule in rules[:SHOWN_RULES])
    if len(rules) > SHOWN_RULES:
        yield f"- and {counted(len(rules) - SHOWN_RULES, 'more rule')}"
    if group.is_expected:
        yield f"- declared: {code(group.reason)}{f' ({code(group.issue)})' if group.issue else ''}"
    yield f"- blame: {_blame(group)}"
    if (finding := group.blame.finding) is not None:
        yield f"- to do: {told(finding.todo)} ({code(finding.path)}, {code(finding.cause)})"
    where = f", in {code(group.signature.frame)}" if group.signature.frame else ""
    yield f"- signature {group.signature.id}{where}"
    for remedy in dict.fromkeys(remedy for rule in rules[:SHOWN_RULES] for remedy in rule.remedies):
        condition = f" where {code(remedy.condition)}" if remedy.condition else ""
        yield f"- require {code(remedy.requirement)}{condition}"


def section(group: Group, report: RunReport) -> str:
    """Return the paste-ready report of one failure."""
    first = group.cells[0]
    record = report.archive.record(first.cell.id)
    lines = [f"### {heading(group)}", "", *facts(group, report), "", f"Cells ({len(group.cells)}):", ""]
    lines += cells(group.cells)
    lines += ["", "Versions of the first:", "", *_versions(first, record), "", "To reproduce it:", ""]
    lines += [fenced(reproduce(first, report), "console")]
    if trace := _trace(record, group.signature):
        lines += ["", "Trace:", "", fenced(trace, "text")]
    return "\n".join(lines) + "\n"


def cells(found: tuple[Conclusion, ...]) -> list[str]:
    """Return a list of cells, the number of those not shown at its end."""
    lines = [f"- {code(one.cell.id)}" for one in found[:SHOWN_CELLS]]
    more = len(found) - SHOWN_CELLS
    return [*lines, f"- and {counted(more, 'more cell')}"] if more > 0 else lines


def reproduce(one: Conclusion, report: RunReport) -> str:
    """Return the command that runs one cell again."""
    return printable(f"$ {report.command} run{report.tail} --rerun --cell {shlex.quote(one.cell.id)}")


def _rule(rule: Rule) -> str:
    return f"- when {code(rule.text)} ({rule.standing.value}, {counted(len(rule.support), 'cell')})"


def _blame(group: Group) -> str:
    found = group.blame
    between = f", between {', '.join(one.value for one in found.suspects)}" if found.suspects else ""
    name = f"**{found.blame.value}**" if found.blame is not Blame.UNDETERMINED else f"undetermined{between}"
    return f"{name}: {told(found.why)}"


def _versions(one: Conclusion, record: Record) -> list[str]:
    lines = [f"- {name} {code(version)}" for name, version in one.exact]
    deciding = record.deciding()
    if deciding:
        attempt = deciding[-1].attempt
        server = " ".join(filter(None, (attempt.provider, attempt.server_source, attempt.server_version)))
        lines += [f"- database {code(server)}"] if server else []
        lines += [f"- {code(f'{attempt.interpreter} on {attempt.platform}')}"]
    return lines


def _trace(record: Record, signature: Signature) -> str:
    """Return the end of the trace of the first test that failed so, else of the first that failed."""
    deciding = record.deciding()
    found = [test for test in (deciding[-1].evidence.tests() if deciding else ()) if test.failure is not None]
    found.sort(key=lambda test: test.failure is None or signature_of(test.failure) != signature)
    for test in found[:1]:
        assert test.failure is not None
        lines = [test.id, *test.failure.trace.splitlines()[-TRACE_LINES:]]
        return "\n".join(lines)[-TRACE_CHARACTERS:]
    return ""
