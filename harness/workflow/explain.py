"""The search for the rule behind a run's failures, in the store and by running further cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from harness.analysis.asked import Asked
from harness.analysis.conclude import Conclusion, conclude
from harness.analysis.explain.facts import Answer, Facts, Kind
from harness.analysis.explain.findings import Explanation, answer_of, explanation, learn
from harness.analysis.explain.lattice import Point
from harness.analysis.explain.refine import Effort, refine
from harness.analysis.explain.scales import Chart, chart
from harness.analysis.explain.theory import Theory, renew
from harness.analysis.observe import observe
from harness.errors import NothingSelected, UsageError
from harness.model import codec
from harness.model.cell import Cell
from harness.model.plan import Nogood
from harness.model.record import Purpose, Record, Runner, Trial
from harness.model.spec import MatrixSpec, Strength
from harness.model.verdict import Observation, State
from harness.plan.select import Selection, narrow, profile_of
from harness.process import Cancel
from harness.store.rows import RunInfo
from harness.store.store import Store
from harness.workflow.events import Watcher
from harness.workflow.place import Place
from harness.workflow.prepare import Options, lock, prepare
from harness.workflow.run import RunOptions, open_session, surroundings
from harness.workflow.session import Session
from harness.workflow.side_by_side import side_by_side
from harness.workflow.unlike_lock import warnings

VOTES_IF_FLAKY = 3
"""By how many executions a decisive answer has to lead where a cell of the run was flaky."""

_COMBINED = {Strength.EACH: 1, Strength.PAIRS: 2, Strength.TRIPLES: 3, Strength.FULL: 1}
"""How many values' combinations a plan has tried, which a failure may have hidden; of a full one nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRequest:
    """What the command line says."""

    run: int | None = None  # None: the last one that ran a matrix
    limit: int = 0  # of further cells
    votes: int | None = None  # None: 1, or `VOTES_IF_FLAKY`
    jobs: int | None = None


def explain(spec: MatrixSpec, place: Place, request: ExplainRequest, watcher: Watcher, cancel: Cancel) -> Explanation:
    """Return the rules behind the failures of a run; with a limit, after running further cells of it.

    Raises:
        UsageError: there is no such run, or the matrix no longer describes it.
        NothingSelected: nothing was run yet.
        KeyboardInterrupt: passed on; what was run is kept, and a further call goes on from there.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(place.store))
        info = _run(store, request.run)
        known = _Known.of(store, info, spec, place)
        votes = request.votes or (VOTES_IF_FLAKY if known.is_flaky else 1)
        options = RunOptions(prepare=_options(info), jobs=request.jobs)
        context = stack.enter_context(surroundings(place, watcher, cancel))
        prepared = prepare(spec, place, options.prepare, context, watcher)
        for warning in warnings(prepared):
            watcher.note(warning)
        plane = chart(narrow(prepared.axes, spec, options.prepare.selection), spec.databases)
        space, facts = learn(known.conclusions, plane, prepared.nogoods, known.trials if votes > 1 else None)
        before = facts.executions
        theory = renew(Theory(), space, facts)
        if request.limit and theory.rules:
            with open_session(spec, place, options, context, prepared, store, watcher, cancel, info.id) as session:
                laboratory = SessionLaboratory(session=session, plane=plane, facts=facts, limit=request.limit)
                strength = _COMBINED[profile_of(spec, options.prepare.selection).strength]
                effort = Effort(limit=request.limit, strength=strength, votes=votes, width=session.jobs)
                refined = refine(space, facts, laboratory, effort)
            space, theory = refined.space, refined.theory
            known = _Known.of(store, info, spec, place)
        return explanation(
            known.conclusions,
            plane,
            space,
            facts,
            theory,
            run=info.id,
            votes=votes,
            further=facts.executions - before,
            limit=request.limit,
        )


@dataclass(slots=True, kw_only=True)
class SessionLaboratory:
    """A `Laboratory` whose cells are diagnostic ones of a run: they have no part in its verdict."""

    session: Session
    plane: Chart
    facts: Facts
    limit: int
    done: int = 0

    def run(self, points: Sequence[Point]) -> list[Answer]:
        """Run the points' cells side by side, those that were run before once more."""
        cells = [self.plane.cell(point) for point in points]
        self.session.watcher.stage(f"running cells {self.done + 1} to {self.done + len(cells)} of at most {self.limit}")
        self.done += len(cells)
        prepared = self.session.prepared
        todo = [cell for cell in cells if cell not in prepared.locks and cell not in prepared.unlocked]
        impossible = dict(zip(todo, side_by_side(lambda cell: lock(prepared, cell), todo), strict=True))
        for is_again in (False, True):
            ready = [
                cell
                for cell, point in zip(cells, points, strict=True)
                if impossible.get(cell) is None and self.facts.is_known(point) is is_again
            ]
            self._do(ready, is_again=is_again)
        return [self._answer(cell, impossible.get(cell)) for cell in cells]

    def _do(self, cells: Sequence[Cell], *, is_again: bool) -> None:
        if not cells:
            return
        forced, self.session.rerun = self.session.rerun, is_again
        try:
            self.session.do(cells, purpose=Purpose.DIAGNOSTIC)
        finally:
            self.session.rerun = forced

    def _answer(self, cell: Cell, impossible: Nogood | None) -> Answer:
        if impossible is not None:
            return Answer(kind=Kind.UNTESTABLE, nogood=self.plane.box(impossible) or ())
        if cell in self.session.prepared.unlocked:
            return Answer(kind=Kind.UNKNOWN)
        trials = _under_pytest(self.session.record(cell))
        answer = answer_of(observe(trials[-1], self.session.asked(cell))) if trials else Answer(kind=Kind.UNKNOWN)
        refusal = self.session.unsupported(cell)
        if answer.kind is Kind.UNTESTABLE and refusal is not None:
            return replace(answer, nogood=self.plane.box(refusal) or ())
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the store has of a run."""

    conclusions: tuple[Conclusion, ...]
    trials: Mapping[Cell, tuple[Observation, ...]]

    @property
    def is_flaky(self) -> bool:
        """Tell whether executions of one cell differed."""
        return any(one.state is State.FLAKY for one in self.conclusions)

    @classmethod
    def of(cls, store: Store, info: RunInfo, spec: MatrixSpec, place: Place) -> _Known:
        """Read a run.

        Raises:
            UsageError: the matrix no longer describes it.
        """
        conclusions, trials = [], {}
        today = place.now().date()
        for record in store.records(info.id):
            try:
                asked = Asked.of(record.cell, spec)
            except (KeyError, ValueError) as error:
                raise UsageError(
                    f"{place.matrix} no longer describes run {info.id}: {error}", remedy="harness run, then explain"
                ) from error
            conclusions.append(conclude(record, asked, spec.expectations, today))
            trials[record.cell] = tuple(observe(trial, asked) for trial in _under_pytest(record))
        return cls(conclusions=tuple(conclusions), trials=trials)


def _under_pytest(record: Record) -> tuple[Trial, ...]:
    return tuple(trial for trial in record.by(Runner.PYTEST) if trial.attempt.purpose is not Purpose.CONTROL)


def _run(store: Store, number: int | None) -> RunInfo:
    """Return the run asked for, or the last that ran a matrix."""
    if number is not None:
        return store.run(number)
    for info in store.runs():
        if any(record.purpose is Purpose.MATRIX for record in store.records(info.id)):
            return info
    raise NothingSelected("nothing was run here yet: there is nothing to explain", remedy="harness run")


def _options(info: RunInfo) -> Options:
    """Return what the run was asked for, but for a choice among its cells: rules hold for the whole of its matrix."""
    try:
        selection = codec.loads(Selection, info.selection)
    except ValueError:
        selection = Selection()
    return Options(selection=replace(selection, k="", cells=(), failed=None), as_of=info.as_of)
