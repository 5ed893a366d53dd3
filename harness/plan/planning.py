"""Goes from a matrix and a selection to the plan for one run."""

from __future__ import annotations

from dataclasses import replace

from harness.model.cell import Cell
from harness.model.plan import Axis, Nogood, Plan
from harness.model.spec import MatrixSpec
from harness.plan.cover import left_out, make
from harness.plan.coverage import measure
from harness.plan.select import Selection, choose, narrow, profile_of


def plan_run(
    spec: MatrixSpec,
    axes: tuple[Axis, ...],
    nogoods: tuple[Nogood, ...],
    selection: Selection,
    *,
    keep: tuple[Cell, ...] = (),
) -> Plan:
    """Plan what *selection* asks for; *nogoods* are all that is known, the matrix's own included.

    Where cells are picked out of the plan (`Selection.is_pick`), its coverage is theirs. Such a plan is not to be
    planned again with *keep*: the tuples that were not picked would count as lost.

    Raises:
        UsageError: the selection names what does not exist or cannot be run.
        NothingSelected: it holds no cell.
    """
    narrowed = narrow(axes, spec, selection)
    strength = profile_of(spec, selection).strength
    plan = make(narrowed, nogoods, strength, includes=spec.includes, keep=keep)
    cells = choose(plan.cells, selection, axes=axes, narrowed=narrowed, nogoods=nogoods)
    if cells == plan.cells:
        return plan
    return replace(plan, cells=cells, coverage=measure(narrowed, nogoods, strength, cells))


def plan_again(
    spec: MatrixSpec, axes: tuple[Axis, ...], nogoods: tuple[Nogood, ...], selection: Selection, before: Plan
) -> Plan:
    """Plan the tuples again that *before* lost to what was learnt since, beside its cells that stay.

    *nogoods* are all that is known now. A pick out of a plan only loses cells.
    """
    stay = tuple(cell for cell in before.cells if not any(nogood.covers(cell) for nogood in nogoods))
    if selection.is_pick:
        return replace(before, cells=stay, left_out=left_out(narrow(axes, spec, selection), nogoods))
    return plan_run(spec, axes, nogoods, selection, keep=stay)
