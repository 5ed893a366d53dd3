"""Two runs compared, as one JSON document."""

from __future__ import annotations

import json
from dataclasses import dataclass

from harness.analysis.compare import Category, Comparison, Side, TestChanges
from harness.analysis.locks import Moved
from harness.model import codec
from harness.model.verdict import State, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SideDocument:
    """A cell in one of the runs."""

    state: State
    verdict: Verdict
    signature: str  # id; empty where nothing failed
    reason: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedDocument:
    """A cell of either run; null where the run does not have it."""

    id: str
    category: Category
    old: SideDocument | None
    new: SideDocument | None
    moved: tuple[Moved, ...]
    tests: TestChanges


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareDocument:
    """What `harness compare --json` prints."""

    old_run: int
    new_run: int
    exit_code: int
    old_cells: int
    new_cells: int
    counts: tuple[tuple[Category, int], ...]
    cells: tuple[ComparedDocument, ...]


def document(comparison: Comparison, exit_code: int) -> str:
    """Return the document that `docs/compare.schema.json` describes."""
    made = CompareDocument(
        old_run=comparison.old_run,
        new_run=comparison.new_run,
        exit_code=exit_code,
        old_cells=comparison.old_cells,
        new_cells=comparison.new_cells,
        counts=comparison.counts,
        cells=tuple(
            ComparedDocument(
                id=one.cell.id,
                category=one.category,
                old=_side(one.old),
                new=_side(one.new),
                moved=one.moved,
                tests=one.tests,
            )
            for one in comparison.cells
        ),
    )
    return json.dumps(codec.to_plain(made), indent=2, sort_keys=True, ensure_ascii=False)


def _side(side: Side | None) -> SideDocument | None:
    if side is None:
        return None
    return SideDocument(
        state=side.state,
        verdict=side.verdict,
        signature=side.signature.id if side.signature else "",
        reason=side.reason,
        provider=side.provider,
    )
