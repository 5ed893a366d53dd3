"""A bisection for the terminal: the table of the search, what it found, how to see it again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
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
        parts.append(plain(f"  {name}: {command}", "dim"))
    parts.append(plain(f"{words.effort(view)}, {seconds(view.duration_s)}  (run {view.run})", "dim"))
    return Lines(*parts)


def table(rows: Sequence[Row]) -> Table:
    """Return the points that were asked, and what is left out between them."""
    grid = Table(box=None, show_header=False, padding=(0, 1))
    for _ in range(4):
        grid.add_column()
    skipped = 0
    for row in rows:
        if row.answer is None:
            skipped += 1
            continue
        _gap(grid, skipped)
        skipped = 0
        mark, style = _LOOKS[row.answer]
        known = "  known" if row.is_known else ""
        runs = f"  {row.passes} of {row.runs} passed" if row.runs > 1 else ""
        name = "untestable" if row.is_untestable and row.answer is Answer.UNKNOWN else row.answer.value
        grid.add_row(
            Text(mark, style), plain(row.label, "bold"), Text(name, style), plain(_shown(row) + runs + known, "dim")
        )
    _gap(grid, skipped)
    return grid


def _gap(grid: Table, skipped: int) -> None:
    if skipped:
        grid.add_row("", "…", "", Text(f"{counted(skipped, 'other')} not asked", "dim"))


def _shown(row: Row) -> str:
    text = words.why(row)
    provider = f"  on {row.provider}" if row.provider not in ("", "sqlite") else ""
    return (text if len(text) <= _REASON else text[: _REASON - 1] + "…") + provider
