"""Makes a plan: cells that cover every feasible tuple of the strength asked for."""

from __future__ import annotations

from collections.abc import Callable

from harness.model.cell import CANARY, DATABASE, PYTHON, Cell
from harness.model.plan import Axis, LeftOut, Nogood, Plan, Why
from harness.model.spec import Rule, Strength
from harness.plan import array
from harness.plan.coverage import arity, count, masks_of
from harness.plan.feasible import Feasibility
from harness.plan.rules import partials
from harness.plan.space import Space, encode, unique


def make(
    axes: tuple[Axis, ...],
    nogoods: tuple[Nogood, ...],
    strength: Strength,
    *,
    includes: tuple[Rule, ...] = (),
    keep: tuple[Cell, ...] = (),
) -> Plan:
    """Plan cells such that each feasible tuple, and each feasible combination of an include, is in one of them.

    No cell is covered by a nogood. Cells of *keep* (an earlier round's) come first in their order, save those that a
    nogood covers or that have a value that is not in *axes*; the others are sorted by database, then by Python,
    then by the other axes as they are ordered. The same input gives the same plan in every process.
    """
    space = encode(axes)
    feasibility = Feasibility(space, masks_of(space, nogoods))
    kept = _kept(space, feasibility, keep)
    if strength is Strength.FULL:
        rows = unique([*kept, *array.every(space, feasibility)])
    else:
        wanted = [mask for rule in includes for p in partials(rule.when, axes) if (mask := space.mask(p)) is not None]
        size = arity(strength, len(axes))
        rows = array.build(space, feasibility, count=size, kept=kept, partials=wanted)
    rows = [*kept, *sorted(rows[len(kept) :], key=_order(space))]
    return Plan(
        cells=tuple(space.cell(row) for row in rows),
        left_out=_left_out(space, nogoods),
        coverage=count(space, nogoods, strength, rows),
        product=space.size,
    )


def _kept(space: Space, feasibility: Feasibility, keep: tuple[Cell, ...]) -> list[int]:
    masks = unique(mask for cell in keep if (mask := space.mask(cell.values)) is not None)
    return [mask for mask in masks if mask.bit_count() == len(space.axes) and feasibility.allows(mask)]


def _order(space: Space) -> Callable[[int], tuple[int, ...]]:
    first = {DATABASE: 0, PYTHON: 1}
    spans = sorted(zip(space.axes, space.spans, strict=True), key=lambda item: first.get(item[0].name, 2))
    return lambda row: tuple(row & span for _, span in spans)


def left_out(axes: tuple[Axis, ...], nogoods: tuple[Nogood, ...]) -> tuple[LeftOut, ...]:
    """Return what each nogood takes out of the product of *axes*; those that take nothing are not named."""
    return _left_out(encode(axes), nogoods)


def _left_out(space: Space, nogoods: tuple[Nogood, ...]) -> tuple[LeftOut, ...]:
    masks = [(nogood, space.mask(nogood.values)) for nogood in dict.fromkeys(nogoods)]
    counted = [LeftOut(nogood=nogood, cells=space.cells_with(mask)) for nogood, mask in masks if mask is not None]
    unused = _unused(space.axes, nogoods)
    return tuple(item for item in counted if item.cells and not (item.nogood.why is Why.NO_PROVIDER and unused(item)))


def _unused(axes: tuple[Axis, ...], nogoods: tuple[Nogood, ...]) -> Callable[[LeftOut], bool]:
    """Return what tells of a database that lacks a server whether no canary uses it anyway."""
    canaries = [value.requested for axis in axes if axis.name == CANARY for value in axis.values]
    ruled_out = {nogood.values for nogood in nogoods if nogood.why is Why.CANARY_DATABASE}
    return lambda item: bool(canaries) and all(((CANARY, name), *item.nogood.values) in ruled_out for name in canaries)
