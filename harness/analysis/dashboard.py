"""A run with its past, as the dashboard is given it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.analysis.chapters import Chapter
from harness.analysis.detail import CellDetail
from harness.analysis.reported import RunReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Everything that the site is made of."""

    title: str
    report: RunReport
    chapters: tuple[Chapter, ...]  # newest first; the first is the report's own run
    details: Mapping[str, CellDetail]  # by the id of each cell of that run
    read_log: Callable[[str], str | None]  # a log by its name, with secrets masked; None where it is gone
