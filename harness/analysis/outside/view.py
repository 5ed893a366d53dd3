"""What `harness repro` says about one cell."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis.outside.compare import Answer
from harness.model.verdict import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """One cell outside the harness: how to see it and, where that was done, what came of it."""

    cell: str
    run: int | None  # whose record it is; None: the cell was never run
    expected: Observation | None  # what the record says
    python: str
    provider: str  # of the record's server
    image: str  # of the server that the commands start; "" for SQLite
    notes: tuple[str, ...]  # in what it is not quite the record's question
    commands: str  # to paste into a shell, in the folder of matrix.toml
    bundle: str = ""  # the folder that was written
    came: Observation | None = None  # None: nothing was executed
    answer: Answer | None = None
    why: str = ""
    log: str = ""
    exit_code: int = 0
