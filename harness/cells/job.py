"""A job: everything needed to try one cell once, decided before anything is started."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.cell import MODE, Cell
from harness.model.package import Interpreter, Lock
from harness.model.record import Purpose, Runner
from harness.model.server import ServerIdentity
from harness.model.spec import CanarySpec, DatabaseSpec, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One cell with what its requested values stand for."""

    cell: Cell
    exact: tuple[tuple[str, str], ...]
    lock: Lock
    interpreter: Interpreter
    database: DatabaseSpec
    server: ServerIdentity
    canary: CanarySpec
    canary_hash: str  # of the tree that is copied: the canary's files with its changes
    runner: Runner = Runner.PYTEST
    purpose: Purpose = Purpose.MATRIX

    @property
    def mode(self) -> Mode:
        """Return how the canary is run."""
        return Mode(self.cell[MODE])
