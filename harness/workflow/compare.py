"""Two runs out of the store, side by side."""

from __future__ import annotations

from harness.analysis.asked import Asked
from harness.analysis.compare import Comparison, Side, compare
from harness.analysis.conclude import conclude
from harness.analysis.locks import installed
from harness.errors import NothingSelected, UsageError
from harness.model.cell import Cell
from harness.model.record import Purpose, Record, Runner
from harness.model.spec import MatrixSpec
from harness.model.verdict import State, Verdict
from harness.store.store import Store
from harness.workflow.place import Place


def compare_runs(spec: MatrixSpec, place: Place, *, old: int, new: int | None) -> Comparison:
    """Compare the cells of the matrix in two runs; without *new*, the newest run that has any.

    Raises:
        NothingSelected: nothing was run here yet, or a run has no cell of the matrix.
        UsageError: there is no such run, or it is the same one twice.
    """
    with Store.open(place.store) as store:
        if store.last_run() is None:
            raise NothingSelected("nothing was run here yet", remedy="harness run")
        store.run(old)
        later = store.run(new).id if new is not None else _newest(store)
        if later == old:
            raise UsageError(
                f"run {old} would be compared with itself",
                remedy="harness run, then again" if new is None else "two runs that differ",
            )
        return compare(sides(store, old, spec, place), sides(store, later, spec, place), old_run=old, new_run=later)


def _newest(store: Store) -> int:
    for run in store.runs():
        if store.has_matrix(run.id):
            return run.id
    raise NothingSelected("no run has a cell of the matrix", remedy="harness run")


def sides(store: Store, run: int, spec: MatrixSpec, place: Place) -> dict[Cell, Side]:
    """Return the cells of the matrix in one run.

    Raises:
        NothingSelected: there is none.
    """
    found = {
        record.cell: side_of(record, spec, place) for record in store.records(run) if record.purpose is Purpose.MATRIX
    }
    if not found:
        raise NothingSelected(f"run {run} has no cell of the matrix: it was a search", remedy="another run")
    return found


def side_of(record: Record, spec: MatrixSpec, place: Place) -> Side:
    """Return what one record comes to; one that the matrix no longer describes says nothing."""
    try:
        asked = Asked.of(record.cell, spec)
    except (KeyError, ValueError) as error:
        reason = f"{place.matrix.name} no longer describes it: {error}"
        return Side(state=State.NOT_RUN, verdict=Verdict.INDETERMINATE, reason=reason)
    one = conclude(record, asked, spec.expectations, place.now().date())
    trials = [trial for trial in record.by(Runner.PYTEST) if trial.attempt.purpose is not Purpose.CONTROL]
    tests = {test.id: test.outcome for test in trials[-1].evidence.tests()} if trials else {}
    return Side(
        state=one.state,
        verdict=one.judgement.verdict,
        signature=one.signature,
        reason=one.observation.reason,
        provider=one.provider,
        installed=tuple(sorted(installed(record).items())),
        tests=tuple(sorted(tests.items())),
    )
