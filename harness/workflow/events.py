"""What a workflow tells whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.cells.execute import Phase
from harness.model.cell import Cell
from harness.model.record import Purpose
from harness.model.verdict import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One cell came to its end."""

    cell: Cell
    purpose: Purpose
    judgement: Judgement
    duration_s: float
    provider: str
    is_reused: bool = False


class Watcher(Protocol):
    """Told what happens while it happens; called from several threads."""

    def note(self, text: str) -> None:
        """One line worth knowing: something left out, fetched or swept."""
        ...

    def stage(self, text: str) -> None:
        """What the whole run is busy with, replaced by the next."""
        ...

    def planned(self, cells: int, reused: int, estimate_s: float | None) -> None:
        """The number of cells to run is known (again, after a further round)."""
        ...

    def phase(self, cell: Cell, purpose: Purpose, phase: Phase) -> None:
        """A cell entered a phase."""
        ...

    def finished(self, event: Finished) -> None:
        """A cell has its state."""
        ...


class Silent:
    """A watcher that says nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""

    def stage(self, text: str) -> None:
        """Do nothing."""

    def planned(self, cells: int, reused: int, estimate_s: float | None) -> None:
        """Do nothing."""

    def phase(self, cell: Cell, purpose: Purpose, phase: Phase) -> None:
        """Do nothing."""

    def finished(self, event: Finished) -> None:
        """Do nothing."""
