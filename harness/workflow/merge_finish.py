"""Tries the cells that a merge has planned in place of what its shards found untestable."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from harness.model import codec
from harness.model.cell import Cell
from harness.model.plan import Why
from harness.model.spec import ControlPolicy, MatrixSpec
from harness.plan.select import Selection
from harness.process import Cancel
from harness.store.store import Store
from harness.workflow.blame import conclude_with_neighbours
from harness.workflow.events import Watcher
from harness.workflow.place import Place
from harness.workflow.prepare import Options, learn, lock_rounds, prepare
from harness.workflow.report import open_report
from harness.workflow.run import RunOptions, do_controls, do_rounds, open_session, surroundings


def finish(spec: MatrixSpec, place: Place, run: int, cells: Sequence[Cell], watcher: Watcher, cancel: Cancel) -> None:
    """Try *cells* of the merged run here, and what follows from them.

    Raises:
        HarnessError: nothing can be planned here.
        KeyboardInterrupt: passed on; what is finished is kept.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(place.store))
        info, kept = store.run(run), store.plan(run)
        assert kept is not None  # a merge keeps it
        context = stack.enter_context(surroundings(place, watcher, cancel))
        asked = Options(selection=codec.loads(Selection, info.selection), as_of=info.as_of)
        prepared = prepare(spec, place, asked, context, watcher)
        learned = [item.nogood for item in kept.left_out if item.nogood.why is Why.SERVER_UNSUPPORTED]
        learn(prepared, tuple(learned))
        lock_rounds(prepared, watcher)
        options = RunOptions(prepare=asked, strict=kept.strict)
        session = stack.enter_context(
            open_session(spec, place, options, context, prepared, store, watcher, cancel, run)
        )
        answered = {Cell.parse(cell_id) for cell_id in store.cell_ids(run)} - set(cells)
        do_rounds(session, options, answered)
        prepared.plan = replace(prepared.plan, cells=tuple(c for c in prepared.plan.cells if c not in answered))
        do_controls(session, ControlPolicy.ON_FAILURE)
        conclude_with_neighbours(session)
        made = store.plan(run)
        assert made is not None
        warnings = tuple(dict.fromkeys([*kept.warnings, *made.warnings]))
        store.keep_plan(run, replace(made, merged=kept.merged, absent=kept.absent, warnings=warnings))
        with open_report(spec, place, run=run, command="", tail="") as report:
            code = report.summary.exit_code
        store.finish_run(run, code, finished=place.now())
