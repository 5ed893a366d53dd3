"""What a person sees while cells run: a live board on a terminal, a line per finished cell elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.cells.execute import Phase
from harness.model.cell import Cell
from harness.model.record import Purpose
from harness.model.verdict import State, Verdict
from harness.report.style import colour, counted, glyph, plain, seconds
from harness.workflow.events import Finished

IDLE_STYLE = "dim"


class Board:
    """A `Watcher` that draws. Use it as a context manager around the run."""

    def __init__(self, console: Console, *, verbosity: int) -> None:
        self._console = console
        self._verbosity = verbosity
        self._lock = threading.RLock()
        self._running: dict[tuple[Cell, Purpose], tuple[Phase, float]] = {}
        self._counts: dict[tuple[State, Verdict], int] = {}
        self._total = self._done = 0
        self._estimate_s: float | None = None
        self._begun = time.monotonic()
        self._stage = ""
        is_live = console.is_terminal and not console.is_dumb_terminal and verbosity >= 0
        self._live = (
            Live(console=console, get_renderable=self._draw, refresh_per_second=4, transient=True) if is_live else None
        )

    def __enter__(self) -> Board:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def note(self, text: str) -> None:
        """Print one line, above the board where there is one."""
        if self._verbosity >= 0:
            self._console.print(plain(text))

    def stage(self, text: str) -> None:
        """Say what the whole run is busy with."""
        with self._lock:
            self._stage = text
        if self._live is None and self._verbosity >= 1:
            self._console.print(plain(f"… {text}", IDLE_STYLE))

    def planned(self, cells: int, reused: int, estimate_s: float | None) -> None:
        """Take in how much there is to do."""
        with self._lock:
            self._total = self._done + cells
            self._estimate_s = estimate_s
            self._begun = time.monotonic()
        if cells and self._live is None and self._verbosity >= 0:
            known = f", about {seconds(estimate_s)}" if estimate_s else ""
            kept = f", {reused} known already" if reused else ""
            self._console.print(f"{counted(cells, 'cell')} to run{kept}{known}")

    def phase(self, cell: Cell, purpose: Purpose, phase: Phase) -> None:
        """Move a cell to a phase."""
        with self._lock:
            self._running[cell, purpose] = (phase, time.monotonic())

    def finished(self, event: Finished) -> None:
        """Count a finished cell, and print its line where there is no board or more was asked for."""
        observation = event.judgement.observation
        with self._lock:
            self._running.pop((event.cell, event.purpose), None)
            if event.purpose is Purpose.MATRIX:
                key = (observation.state, event.judgement.verdict)
                self._counts[key] = self._counts.get(key, 0) + 1
                self._done += not event.is_reused
        is_odd = event.judgement.verdict is not Verdict.AS_EXPECTED
        is_shown = (
            self._verbosity >= 1 or (self._live is None and not event.is_reused) or (is_odd and not event.is_reused)
        )
        if is_shown and self._verbosity >= 0:
            self._console.print(_line(event, self._done, self._total))

    def _draw(self) -> RenderableType:
        with self._lock:
            rows = Table.grid(padding=(0, 1))
            now = time.monotonic()
            for (cell, purpose), (phase, since) in list(self._running.items())[:12]:
                label = "" if purpose is Purpose.MATRIX else f" ({purpose.value})"
                rows.add_row(Text(phase.value, "cyan"), Text(seconds(now - since), "dim"), plain(cell.id + label))
            return Group(rows, self._headline(now))

    def _headline(self, now: float) -> Text:
        line = Text()
        for (state, verdict), count in sorted(
            self._counts.items(), key=lambda item: (item[0][0].value, item[0][1].value)
        ):
            line.append(f"{glyph(state)} {count} {state.value}  ", colour(state, verdict))
        line.append(f"{self._done}/{self._total}" if self._total else self._stage, "bold")
        passed_s = now - self._begun
        if self._total:
            line.append(f"  {seconds(passed_s)}", "dim")
        if self._total and self._estimate_s is not None and self._done < self._total:
            line.append(f", about {seconds(max(0.0, self._estimate_s - passed_s))} left", "dim")
        return line


def _line(event: Finished, done: int, total: int) -> Text:
    observation = event.judgement.observation
    style = colour(observation.state, event.judgement.verdict)
    line = Text()
    if event.purpose is Purpose.MATRIX and total:
        line.append(f"[{done:>{len(str(total))}}/{total}] ", "dim")
    line.append(f"{glyph(observation.state)} {observation.state.value:<12}", style)
    line.append(f" {seconds(event.duration_s):>7} ", "dim")
    line.append_text(plain(event.cell.id))
    if event.purpose is not Purpose.MATRIX:
        line.append(f"  {event.purpose.value}", "cyan")
    if event.provider not in ("", "sqlite"):
        line.append(f"  {event.provider}", "dim")
    if event.is_reused:
        line.append("  known", "dim")
    if event.judgement.verdict is Verdict.EXPECTED_FAILURE:
        line.append("  expected", "cyan")
    elif observation.reason and observation.state is not State.PASS:
        line.append_text(plain(f"  {observation.reason:.160}", style))
    return line
