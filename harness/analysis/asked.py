"""What was asked of a cell: everything beside the trial that judging it needs."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.cell import CANARY, DATABASE, MODE, Cell
from harness.model.command_line import watched
from harness.model.evidence import PLANTED_TABLE
from harness.model.spec import CanarySpec, DatabaseSpec, MatrixSpec, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The mode, canary and database that a cell's values stand for."""

    mode: Mode
    canary: CanarySpec
    database: DatabaseSpec
    planted: str = PLANTED_TABLE

    @classmethod
    def of(cls, cell: Cell, spec: MatrixSpec) -> Asked:
        """Look the cell's values up in the matrix.

        Raises:
            KeyError: the matrix has no such canary or database (any more).
            ValueError: there is no such mode.
        """
        return cls(mode=Mode(cell[MODE]), canary=spec.canary(cell[CANARY]), database=spec.database(cell[DATABASE]))

    @property
    def is_observable(self) -> bool:
        """Tell whether the probe sees the tests that run: of a project's own scripts that is not certain."""
        project = self.canary.project
        return project is None or any(watched(words, (), probe="").watch.is_certain for words in project.commands)
