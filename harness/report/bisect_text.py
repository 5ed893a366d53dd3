"""A bisection for the terminal: the table of the search, what it found, how to see it again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.text import Text

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.view import BisectView, Row
from harness.report import bisect_words as words
from harness.report.style import counted, plain, seconds

_LOOKS = {
    Answer.GOOD: ("✓", "green"),
    Answer.BAD: ("✗", "bold red"),
    Answer.OTHER: ("≠", "yellow"),
    Answer.UNKNOWN: ("?", "yellow"),
}
_REASON = 110


def result(view: BisectView) -> RenderableType:
    """Return what a person reads at the end."""
    parts: list[RenderableType] = [
        plain(f"{words.subject(view)} between {view.rows[0].label} and {view.rows[-1].label}", "bold"),
        plain(f"  {view.cell}", "dim"),
        table(view.rows),
        Text(),
        *(plain(line, "bold") for line in words.found(view)),
    ]
    if view.culprit is not None:
        parts += [plain(f"  {line}") for line in words.culprit(view.culprit)]
    if view.signature is not None:
        parts.append(plain(f"  the failure: {' '.join(view.example.split())}"[:400]))
        frame = f"in {view.signature.frame}, " if view.signature.frame else ""
        parts.append(plain(f"  {frame}signature {view.signature.id}", "dim"))
    parts += [plain(f"  {line}", "dim") for line in (*view.notes, *words.how_sure(view))]
    for name, command in view.commands:
        shown = command if "\n" not in command else "many lines, with uv and without the harness: --markdown"
        parts.append(plain(f"  {name}: {shown}", "dim"))
    parts.append(plain(f"{words.effort(view)}, {seconds(view.duration_s)}  (run {view.run})", "dim"))
    return Lines(*parts)


def table(rows: Sequence[Row]) -> RenderableType:
    """Return the points that were asked, and what is left out between them."""
    width = max((len(row.label) for row in rows), default=0)
    lines: list[RenderableType] = []
    for is_asked, group in itertools.groupby(rows, key=lambda row: row.answer is not None):
        members = list(group)
        if is_asked:
            lines += [_line(row, width) for row in members]
        else:
            lines.append(Text(f"  …  {counted(len(members), 'other')} not asked", "dim"))
    return Lines(*lines)


def _line(row: Row, width: int) -> Text:
    answer = row.answer or Answer.UNKNOWN
    mark, style = _LOOKS[answer]
    name = "untestable" if row.is_untestable and answer is Answer.UNKNOWN else answer.value
    line = Text(f"  {mark} ", style)
    line.append_text(plain(f"{row.label:<{width}}  ", "bold"))
    line.append(f"{name:<10}  ", style)
    line.append_text(plain(_shown(row), "dim"))
    if row.runs > 1:
        line.append(f"  {row.passes} of {row.runs} passed", "dim")
    if row.is_known:
        line.append("  known", "dim")
    return line


def _shown(row: Row) -> str:
    text = words.why(row)
    provider = f"  on {row.provider}" if row.provider not in ("", "sqlite") else ""
    return (text if len(text) <= _REASON else text[: _REASON - 1] + "…") + provider
