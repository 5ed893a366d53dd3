"""One run out of the store, summed up again from its records alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.analysis.asked import Asked
from harness.analysis.compare import Comparison, Side, compare
from harness.analysis.conclude import Conclusion, conclude
from harness.analysis.counts import reconcile
from harness.analysis.masking import masked, secrets_of
from harness.analysis.reported import PastCell, PastRun, RunReport
from harness.analysis.summary import RunSummary, summarise
from harness.errors import NothingSelected, UsageError
from harness.model.cell import Cell
from harness.model.plan import Axis, Coverage, Plan, PlanSummary, Value
from harness.model.record import Purpose, Record
from harness.model.spec import MatrixSpec, Strength
from harness.store.rows import RunInfo
from harness.store.store import Store
from harness.workflow.compare import side_of, sides
from harness.workflow.place import Place

Seen = Callable[[Record, Conclusion], None]


@contextmanager
def open_report(
    spec: MatrixSpec, place: Place, *, run: int | None, command: str, tail: str, seen: Seen = lambda _record, _one: None
) -> Iterator[RunReport]:
    """Yield a run as reports are given it: number *run*, or the last one that ran a matrix.

    Each record is read once to begin with; *seen* is given it with what it comes to, still without blame.

    Raises:
        NothingSelected: nothing was run here yet, or the run has no cell of the matrix.
        UsageError: there is no such run, the matrix no longer describes it, or another harness wrote the store.
    """
    with Store.open(place.store) as store, store.snapshot():
        info = _run(store, run)
        archive = StoreArchive(store=store, info=info, spec=spec, place=place, secrets=secrets_of(place.environ))
        kept = store.plan(info.id)
        found = tuple(archive.concluded(seen))
        summary = _summary(store, info, kept, found, spec, place)
        yield RunReport(
            summary=summary,
            archive=archive,
            started=info.started,
            finished=info.finished,
            made=place.now(),
            harness_version=info.harness_version,
            platform=info.platform,
            matrix=place.matrix.name,
            axes=kept.axes if kept is not None else _axes(found),
            command=command,
            tail=tail,
            notes=tuple(_notes(info, kept, summary)),
        )


@dataclass(slots=True, kw_only=True)
class StoreArchive:
    """An `Archive` on an open store."""

    store: Store
    info: RunInfo
    spec: MatrixSpec
    place: Place
    secrets: tuple[str, ...]

    def records(self) -> Iterator[Record]:
        """Yield the run's records in order."""
        return (self._clean(record) for record in self.store.records(self.info.id))

    def record(self, cell_id: str) -> Record:
        """Return one of them; KeyError where the run has no such cell."""
        found = self.store.record(self.info.id, cell_id)
        if found is None:
            raise KeyError(cell_id)
        return self._clean(found)

    def concluded(self, seen: Seen) -> Iterator[Conclusion]:
        """Yield what each record comes to, without blame; tell *seen*.

        Raises:
            UsageError: the matrix no longer describes a cell.
        """
        today = self.place.now().date()
        for record in self.records():
            try:
                asked = Asked.of(record.cell, self.spec)
            except (KeyError, ValueError) as error:
                raise UsageError(
                    f"{self.place.matrix} no longer describes run {self.info.id}: {error}",
                    remedy="harness run, then harness report; or the matrix.toml of that run",
                ) from error
            one = conclude(record, asked, self.spec.expectations, today)
            seen(record, one)
            yield one

    def comparison(self) -> Comparison | None:
        """Hold the run against the one of the matrix before it."""
        for info in self._runs():
            if info.id < self.info.id:
                old = sides(self.store, info.id, self.spec, self.place)
                return compare(old, self._sides(), old_run=info.id, new_run=self.info.id)
        return None

    def past(self) -> Iterator[PastRun]:
        """Yield the runs of the matrix up to this one, newest first."""
        today = self.place.now().date()
        for info in self._runs():
            cells = {}
            for record in self.store.records(info.id):
                try:
                    asked = Asked.of(record.cell, self.spec)
                except (KeyError, ValueError):
                    continue
                if record.purpose is Purpose.MATRIX:
                    one = conclude(self._clean(record), asked, self.spec.expectations, today)
                    cells[record.cell.id] = PastCell(
                        state=one.state,
                        signature=one.signature.id if one.signature else "",
                        is_reused=one.is_reused,
                        provider=one.provider,
                    )
            yield PastRun(run=info.id, started=info.started, finished=info.finished, cells=cells)

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of the whole store."""
        self.store.copy_to(path)

    def _clean(self, record: Record) -> Record:
        """Return a record without secrets in what its cell said; its name and versions are the matrix's own words."""
        trials = tuple(
            replace(
                trial,
                attempt=replace(trial.attempt, message=masked(trial.attempt.message, self.secrets)),
                evidence=masked(trial.evidence, self.secrets),
            )
            for trial in record.trials
        )
        return replace(record, trials=trials)

    def _runs(self) -> Iterator[RunInfo]:
        """Yield this run and the whole runs of the matrix before it, newest first."""
        for info in self.store.runs():
            is_before = info.id < self.info.id and not info.is_shard and self.store.has_matrix(info.id)
            if info.id == self.info.id or is_before:
                yield info

    def _sides(self) -> dict[Cell, Side]:
        own = (record for record in self.records() if record.purpose is Purpose.MATRIX)
        return {record.cell: side_of(record, self.spec, self.place) for record in own}


def _run(store: Store, number: int | None) -> RunInfo:
    if number is not None:
        info = store.run(number)
        if not store.has_matrix(info.id):
            raise NothingSelected(f"run {info.id} has no cell of the matrix: it was a search", remedy="another run")
        return info
    for info in store.runs():
        if store.has_matrix(info.id):
            return info
    raise NothingSelected("nothing was run here yet: there is nothing to report", remedy="harness run")


def _summary(
    store: Store, info: RunInfo, kept: PlanSummary | None, found: tuple[Conclusion, ...], spec: MatrixSpec, place: Place
) -> RunSummary:
    cells = tuple(one.cell for one in found if one.purpose is not Purpose.DIAGNOSTIC)
    ran, reused = store.effort(info.id)
    return summarise(
        found,
        run_id=info.id,
        as_of=info.as_of or info.started,
        plan=Plan(
            cells=cells,
            left_out=kept.left_out if kept else (),
            coverage=kept.coverage if kept else Coverage(strength=Strength.EACH, covered=0, feasible=0),
            product=kept.product if kept else 0,
        ),
        missing=reconcile(cells, found).missing,
        ran=ran,
        reused=reused,
        duration_s=((info.finished or place.now()) - info.started).total_seconds(),
        strict=kept.strict if kept else False,
        absent=kept.absent if kept else (),
        databases=spec.databases,
        warnings=kept.warnings if kept else (),
        shard=kept.shard if kept else None,
    )


def _axes(found: tuple[Conclusion, ...]) -> tuple[Axis, ...]:
    """Return the axes that a run's cells span, for a run whose plan was not kept."""
    values: dict[str, dict[str, str]] = {}
    for one in found:
        for axis, requested in one.cell.values:
            values.setdefault(axis, {}).setdefault(requested, dict(one.exact).get(axis, ""))
    return tuple(
        Axis(name=axis, values=tuple(Value(requested=requested, exact=exact) for requested, exact in pairs.items()))
        for axis, pairs in values.items()
    )


def _notes(info: RunInfo, kept: PlanSummary | None, summary: RunSummary) -> Iterator[str]:
    if not info.is_finished:
        lacking = len(summary.missing)
        yield (
            f"partial: run {info.id} is still going on or was interrupted; {lacking} of"
            f" {summary.counts.cells} planned cells have no answer"
        )
    elif info.exit_code is not None and info.exit_code != int(summary.exit_code):
        yield (
            f"the run itself ended with {info.exit_code}; by the matrix and the rules of today it would end with"
            f" {int(summary.exit_code)}"
        )
    yield from summary.warnings
    if summary.shard:
        yield f"shard {summary.shard} of a plan: what other shards hold is not in here"
    if kept is None:
        yield "an older harness made this run: what was left out of its plan, and its coverage, are not known"
