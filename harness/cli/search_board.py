"""What a person sees while a search runs: its table, and the cells under way."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from harness.analysis.bisect.view import Row
from harness.cells.execute import Phase
from harness.model.cell import Cell
from harness.model.record import Purpose
from harness.report import bisect_text
from harness.report.style import plain
from harness.workflow.events import Finished


class SearchBoard:
    """A `Watcher` that draws the table of the search; without a terminal, a line for each round."""

    def __init__(self, console: Console, *, verbosity: int) -> None:
        self._console, self._verbosity = console, verbosity
        self._rows: tuple[Row, ...] = ()
        self._stage = ""
        self._running: dict[Cell, Phase] = {}
        is_live = console.is_terminal and not console.is_dumb_terminal and verbosity >= 0
        self._live = (
            Live(console=console, get_renderable=self._draw, refresh_per_second=4, transient=True) if is_live else None
        )

    def __enter__(self) -> SearchBoard:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def told(self, rows: tuple[Row, ...]) -> None:
        """Take in the table after a round; without a board, print what is new in it."""
        before = {row.label: row.answer for row in self._rows}
        new = [row for row in rows if row.runs and row.answer is not before.get(row.label)]
        self._rows = rows
        if new and self._live is None and self._verbosity >= 0:
            self._console.print(bisect_text.table(new))

    def note(self, text: str) -> None:
        """Print one line."""
        if self._verbosity >= 0:
            self._console.print(plain(text))

    def stage(self, text: str) -> None:
        """Say what the search is busy with."""
        self._stage = text
        if self._live is None and self._verbosity >= 0:
            self._console.print(plain(f"… {text}", "dim"))

    def planned(self, cells: int, reused: int, estimate_s: float | None) -> None:
        """Do nothing: how many cells a search runs is not known before."""

    def phase(self, cell: Cell, purpose: Purpose, phase: Phase) -> None:  # noqa: ARG002
        """Move a cell to a phase."""
        self._running[cell] = phase

    def finished(self, event: Finished) -> None:
        """Forget a cell that has ended."""
        self._running.pop(event.cell, None)

    def _draw(self) -> RenderableType:
        lines: list[RenderableType] = [bisect_text.table(self._rows)] if self._rows else []
        lines += [Text(f"{phase.value} ", "cyan") + plain(cell.id) for cell, phase in list(self._running.items())]
        return Group(*lines, plain(self._stage, "bold"))
