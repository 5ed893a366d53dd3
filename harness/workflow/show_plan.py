"""Plans without running: what `harness plan` shows."""

from __future__ import annotations

import os

from harness.model.spec import MatrixSpec
from harness.plan.estimate import estimate_s
from harness.plan.view import PlanView
from harness.process import Cancel
from harness.store.store import Store
from harness.workflow.events import Watcher
from harness.workflow.place import Place
from harness.workflow.prepare import Options, prepare
from harness.workflow.run import surroundings
from harness.workflow.unlike_lock import warnings


def show_plan(
    spec: MatrixSpec, place: Place, options: Options, watcher: Watcher, cancel: Cancel, *, jobs: int | None
) -> PlanView:
    """Return the plan that `run` would begin with, and how long it may take.

    Raises:
        HarnessError: nothing can be planned.
    """
    with surroundings(place, watcher, cancel) as context:
        prepared = prepare(spec, place, options, context, watcher)
    side_by_side = jobs or spec.run.jobs or os.cpu_count() or 1
    with Store.open(place.store) as store:
        durations = store.durations()
    cells = tuple(cell.id for cell in prepared.plan.cells)
    return PlanView(
        cells=cells,
        left_out=prepared.plan.left_out,
        coverage=prepared.plan.coverage,
        product=prepared.plan.product,
        as_of=prepared.as_of,
        estimate_s=estimate_s(cells, durations, jobs=side_by_side) if durations else None,
        jobs=side_by_side,
        warnings=warnings(prepared),
    )
