"""A bisection as Markdown, ready to be pasted into an issue."""

from __future__ import annotations

from harness.analysis.bisect.view import BisectView
from harness.report import bisect_words as words
from harness.report.markdown_text import code, escaped
from harness.report.style import printable


def report(view: BisectView) -> str:
    """Return the report; what came out of a cell is escaped."""
    lines = [f"### {escaped(words.found(view)[0])}", ""]
    lines += [f"- {escaped(line)}" for line in words.found(view)[1:]]
    if view.culprit is not None:
        lines += [f"- {escaped(line)}" for line in words.culprit(view.culprit)]
    if view.signature is not None:
        lines.append(f"- failure: {code(' '.join(view.example.split())[:600])}")
        if view.signature.frame:
            lines.append(f"- in {code(view.signature.frame)} (signature {view.signature.id})")
    lines += [f"- {escaped(line)}" for line in (*view.notes, *words.how_sure(view))]
    lines += [f"- cell: {code(view.cell)}, as of {view.as_of:%Y-%m-%d}", ""]
    lines += [f"| {words.noun(view)} | answer | what was seen |", "| --- | --- | --- |"]
    for row in view.rows:
        if row.answer is not None:
            seen = escaped(words.why(row)[:200])
            lines.append(f"| {escaped(row.label)} | {row.answer.value} | {seen} |")
    if view.commands:
        lines += ["", "To see it:", "", "```console"]
        for name, command in view.commands:
            lines += [f"# {name}", printable(command) if "\n" in command else f"$ {printable(command)}"]
        lines.append("```")
    lines += ["", f"{escaped(words.effort(view))}."]
    return "\n".join(lines) + "\n"
