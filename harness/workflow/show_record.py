"""One record out of the store: what `harness show` shows."""

from __future__ import annotations

from harness.analysis.asked import Asked
from harness.analysis.blame import with_blame
from harness.analysis.conclude import conclude
from harness.analysis.view import RecordView
from harness.errors import UsageError, nearest
from harness.model.spec import MatrixSpec
from harness.store.rows import RunInfo
from harness.store.store import Store
from harness.workflow.find_record import find_record
from harness.workflow.place import Place


def show_record(spec: MatrixSpec, place: Place, text: str, *, run: int | None) -> RecordView:
    """Return the record of the cell that *text* names, in one run, or in the last one that has it.

    Raises:
        UsageError: no cell or several are meant, or the matrix no longer describes it.
    """
    with Store.open(place.store) as store:
        runs = [store.run(run)] if run is not None else list(store.runs())
        if not runs:
            raise UsageError("nothing was run here yet", remedy="harness run")
        found = find_record(store, text, run=run)
        if found is None:
            known = store.cell_ids(runs[0].id)
            raise UsageError(
                f"no run has a cell {text!r}{nearest(text, known)}", remedy="an id as `harness plan` lists them"
            )
        return record_view(spec, place, store, *found)


def record_view(spec: MatrixSpec, place: Place, store: Store, info: RunInfo, cell_id: str) -> RecordView:
    """Return one record of a run with its conclusion.

    Raises:
        UsageError: the matrix no longer describes the run.
    """
    today = place.now().date()
    try:
        concluded = with_blame(
            conclude(record, Asked.of(record.cell, spec), spec.expectations, today) for record in store.records(info.id)
        )
    except (KeyError, ValueError) as error:
        raise UsageError(f"{place.matrix} no longer describes run {info.id}: {error}") from error
    (conclusion,) = [one for one in concluded if one.cell.id == cell_id]
    record = store.record(info.id, cell_id)
    assert record is not None
    return RecordView(run=info.id, started=info.started, record=record, conclusion=conclusion)
