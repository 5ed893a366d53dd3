"""What several pages show, worked out once."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis.chapters import Ladders, urgency
from harness.analysis.conclude import Conclusion
from harness.analysis.dashboard import Dashboard
from harness.analysis.fitness import AxisFitness, fitness
from harness.analysis.fold import FoldedGrid, fold, unfolded
from harness.analysis.grid import grid
from harness.analysis.order import axis_names
from harness.analysis.reach import Reach, reach
from harness.model.record import Purpose

GRID_AXES = ("django", "pytest-django")
UNFOLDED = 10
"""Rows and columns up to which the overview's grid shows each value on its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A dashboard, and what follows from it."""

    board: Dashboard
    own: tuple[Conclusion, ...]  # the cells of the matrix as tables list them: the most urgent first
    fitness: tuple[AxisFitness, ...]
    reach: Reach
    whole_grid: FoldedGrid | None  # None where there are not two axes
    folded_grid: FoldedGrid | None
    ladders: Ladders


def view_of(board: Dashboard) -> View:
    """Work it out."""
    summary = board.report.summary
    matrix = [one for one in summary.conclusions if one.purpose is not Purpose.DIAGNOSTIC]
    own = tuple(sorted(matrix, key=lambda one: urgency(one.state, one.judgement.verdict)))
    names = axis_names(axis for one in own for axis, _ in one.cell.values)
    axes = GRID_AXES if set(GRID_AXES) <= set(names) else names[:2]
    made = grid(own, *axes) if len(axes) == 2 else None
    folded = fold(made) if made else None
    is_small = made is not None and len(made.rows) <= UNFOLDED and len(made.columns) <= UNFOLDED
    return View(
        board=board,
        own=own,
        fitness=fitness(summary.conclusions, summary.explanation, board.report.axes),
        reach=reach(own, board.report.axes, (item.nogood for item in summary.plan.left_out)),
        whole_grid=unfolded(made) if made and is_small else folded,
        folded_grid=folded,
        ladders=Ladders(board.chapters),
    )
