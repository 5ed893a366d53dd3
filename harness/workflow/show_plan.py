"""Plans without running: what `harness plan` shows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from harness.model.cell import DATABASE, PYTHON, Cell
from harness.model.spec import MatrixSpec
from harness.plan.estimate import estimate_s
from harness.plan.shards import Assignment
from harness.plan.view import PlanView, ShardView
from harness.process import Cancel
from harness.store.store import Store
from harness.workflow import shards
from harness.workflow.events import Watcher
from harness.workflow.place import Place
from harness.workflow.prepare import Options, prepare
from harness.workflow.run import surroundings
from harness.workflow.unlike_lock import warnings


def show_plan(
    spec: MatrixSpec,
    place: Place,
    options: Options,
    watcher: Watcher,
    cancel: Cancel,
    *,
    jobs: int | None,
    of: int | None = None,
) -> tuple[PlanView, Assignment | None]:
    """Return the plan that `run` would begin with, and how long it may take; split into *of* shards, if that is asked.

    Raises:
        HarnessError: nothing can be planned.
    """
    with surroundings(place, watcher, cancel) as context:
        prepared = prepare(spec, place, options, context, watcher)
    side_by_side = jobs or spec.run.jobs or os.cpu_count() or 1
    with Store.open(place.store) as store:
        durations = store.durations()
    cells = tuple(cell.id for cell in prepared.plan.cells)
    assignment = shards.assign(prepared, place, of, durations) if of is not None else None
    view = PlanView(
        cells=cells,
        left_out=prepared.plan.left_out,
        coverage=prepared.plan.coverage,
        product=prepared.plan.product,
        as_of=prepared.as_of,
        estimate_s=estimate_s(cells, durations, jobs=side_by_side) if durations else None,
        jobs=side_by_side,
        warnings=warnings(prepared),
        shards=tuple(_views(assignment.shards, durations, side_by_side)) if assignment is not None else (),
    )
    return view, assignment


def _views(parts: Iterable[tuple[str, ...]], past_s: Mapping[str, float], jobs: int) -> Iterator[ShardView]:
    parts = tuple(parts)
    for number, ids in enumerate(parts, 1):
        cells = [Cell.parse(cell_id) for cell_id in ids]
        yield ShardView(
            number=number,
            shard=f"{number}/{len(parts)}",
            cells=ids,
            databases=tuple(sorted({cell[DATABASE] for cell in cells})),
            pythons=tuple(sorted({cell[PYTHON] for cell in cells})),
            about_s=round(estimate_s(ids, past_s, jobs=jobs), 1),
        )
