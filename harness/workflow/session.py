"""One run under way: turns cells into jobs, reuses what is known, tries the rest, keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

from harness.analysis import expect
from harness.analysis.asked import Asked
from harness.analysis.observe import observe, observe_record
from harness.cells import project
from harness.cells.commands import commands
from harness.cells.environ import ALLOWED
from harness.cells.execute import Made, Phase
from harness.cells.folders import warm
from harness.cells.job import Job
from harness.cells.key import run_key
from harness.cells.scheduler import Policy, run_all
from harness.cells.services import Services
from harness.errors import Infrastructure
from harness.model.cell import CANARY, DATABASE, PYTHON, Cell
from harness.model.plan import Nogood, Why, exact_versions
from harness.model.record import Attempt, Ended, Purpose, Record, Runner, Trial
from harness.model.spec import Change
from harness.model.verdict import Judgement, Observation, State, Verdict
from harness.plan.estimate import estimate_s
from harness.store.store import Store
from harness.workflow.events import Finished, Watcher
from harness.workflow.place import Place
from harness.workflow.prepare import Prepared

ANSWER_CHANGING = ALLOWED - {"TEMP", "TMP", "TMPDIR"}
"""Of the user's variables that reach a cell, those that can change its answer; its temporary folder is its own."""


@dataclass(slots=True, kw_only=True)
class Session:
    """What one run knows and has done. Cells are given to `do`; the rest follows from the store."""

    place: Place
    prepared: Prepared
    services: Services
    store: Store
    run_id: int
    watcher: Watcher
    executor: Executor
    jobs: int  # what the executor runs side by side
    rerun: bool = False
    ran: int = 0
    reused: int = 0
    _hashes: dict[tuple[Path, tuple[Change, ...]], str] = field(default_factory=dict)

    def job(self, cell: Cell, runner: Runner, purpose: Purpose) -> Job:
        """Return what *cell* stands for here and now. KeyError if it has no lock."""
        spec = self.prepared.spec
        canary = spec.canary(cell[CANARY])
        tree = (canary.path, canary.changes)
        if tree not in self._hashes:
            self._hashes[tree] = project.digest(*tree)
        return Job(
            cell=cell,
            exact=tuple(sorted(exact_versions(cell, self.prepared.axes).items())),
            lock=self.prepared.locks[cell],
            interpreter=self.prepared.interpreters[cell[PYTHON]],
            database=spec.database(cell[DATABASE]),
            server=self.prepared.offers[cell[DATABASE]].identity,
            canary=canary,
            canary_hash=self._hashes[tree],
            runner=runner,
            purpose=purpose,
        )

    def do(
        self,
        cells: Iterable[Cell],
        runner: Runner = Runner.PYTEST,
        purpose: Purpose = Purpose.MATRIX,
    ) -> None:
        """Answer for each cell: from the store where the same question was asked before, else by trying it."""
        todo: list[tuple[Job, str]] = []
        cells = tuple(cells)
        if runner is Runner.PYTEST:
            axes = self.prepared.axes
            self.store.plan_cells(
                self.run_id,
                [(cell, tuple(sorted(exact_versions(cell, axes).items())), None) for cell in cells],
                purpose=purpose,
            )
        for cell in cells:
            if cell in self.prepared.unlocked:
                self._keep_unlocked(cell, self.prepared.unlocked[cell], purpose)
                continue
            job = self.job(cell, runner, purpose)
            key = self._key(job)
            if self.rerun or not self._reuse(job, key):
                todo.append((job, key))
        if purpose is Purpose.MATRIX:
            about_s = estimate_s([job.cell.id for job, _ in todo], self.store.durations(), jobs=self.jobs)
            self.watcher.planned(len(todo), len(cells) - len(todo), about_s)
        self._try(todo)

    def record(self, cell: Cell) -> Record:
        """Return what this run knows about *cell*."""
        found = self.store.record(self.run_id, cell.id)
        return found if found is not None else Record(cell=cell)

    def observe(self, cell: Cell) -> Observation:
        """Return what this run knows of a cell under pytest."""
        return observe_record(self.record(cell), self.asked(cell))

    def asked(self, cell: Cell) -> Asked:
        """Return what the cell's values stand for in the matrix."""
        return Asked.of(cell, self.prepared.spec)

    def judged(self, cell: Cell, observation: Observation) -> Judgement:
        """Hold an observation against the matrix's expectations."""
        exact = exact_versions(cell, self.prepared.axes)
        today = self.place.now().date()
        return expect.judge(observation, cell, exact, self.prepared.spec.expectations, today)

    def failing(self) -> Iterator[Cell]:
        """Yield the planned cells that failed."""
        return (cell for cell in self.prepared.plan.cells if self.observe(cell).state.is_failure)

    def unsupported(self, cell: Cell) -> Nogood | None:
        """Return what running this cell has taught: that its Django refuses its server."""
        observation = self.observe(cell)
        if observation.state is not State.UNSUPPORTED or "django" not in cell.as_dict():
            return None
        values = tuple((axis, value) for axis, value in cell.values if axis in (DATABASE, "django"))
        return Nogood(values=values, why=Why.SERVER_UNSUPPORTED, detail=observation.reason)

    def _try(self, todo: list[tuple[Job, str]]) -> None:
        warm([job for job, _ in todo], self.services)
        self.services.servers.warm(dict.fromkeys(job.cell[DATABASE] for job, _ in todo))
        policy = Policy(
            observe=lambda job, trial: observe(trial, self.asked(job.cell)).state,
            is_worth_retrying=self._is_unexpected,
            keep=lambda _, made: self._keep(made),
            phase=lambda job, phase: self._phase(job, phase),
        )
        run_all(todo, self.executor, self.services, policy, finished=self._finished)

    def _phase(self, job: Job, phase: Phase) -> None:
        self.watcher.phase(job.cell, job.purpose, phase)

    def _keep(self, made: Made) -> None:
        self.store.add(self.run_id, made.trial.attempt, made.evidence_files)

    def _is_unexpected(self, job: Job, trial: Trial) -> bool:
        """Tell whether a failure may be flaky: a declared one is not looked at twice, nor is a control's."""
        if job.runner is not Runner.PYTEST or job.purpose is not Purpose.MATRIX:
            return False
        judged = self.judged(job.cell, observe(trial, self.asked(job.cell)))
        return judged.verdict is Verdict.UNEXPECTED_FAILURE

    def _finished(self, job: Job, trials: tuple[Trial, ...]) -> None:
        self.ran += 1
        self._tell(job, trials, is_reused=False)

    def _reuse(self, job: Job, key: str) -> bool:
        """Take over an earlier answer to the same question, if it is one that stands."""
        known = self.store.latest(key)
        if not known:
            return False
        trials = tuple(item.trial for item in known)
        if not self._observed(job, trials).state.is_reusable:
            return False
        for item in known:
            self.store.reuse(self.run_id, item.id, job.cell)
        self.reused += 1
        self._tell(job, trials, is_reused=True)
        return True

    def _observed(self, job: Job, trials: tuple[Trial, ...]) -> Observation:
        asked = self.asked(job.cell)
        if job.runner is Runner.DJANGO:
            return observe(trials[-1], asked) if trials else Observation(state=State.NOT_RUN)
        return observe_record(Record(cell=job.cell, trials=trials), asked)

    def _tell(self, job: Job, trials: tuple[Trial, ...], *, is_reused: bool) -> None:
        self.watcher.finished(
            Finished(
                cell=job.cell,
                purpose=job.purpose,
                judgement=self.judged(job.cell, self._observed(job, trials)),
                duration_s=sum(trial.attempt.timings.total_s for trial in trials),
                provider=job.server.provider.value,
                is_reused=is_reused,
            )
        )

    def _keep_unlocked(self, cell: Cell, error: Infrastructure, purpose: Purpose) -> None:
        """Record that the index kept a cell's packages from us: an error, not a failure."""
        attempt = Attempt(
            run_key="",
            cell_id=cell.id,
            exact=tuple(sorted(exact_versions(cell, self.prepared.axes).items())),
            runner=Runner.PYTEST,
            purpose=purpose,
            started_at=self.place.now(),
            ended=Ended.INFRASTRUCTURE,
            message=str(error),
        )
        self.store.add(self.run_id, attempt, ())

    def _key(self, job: Job) -> str:
        inherited = self.services.inherited
        return run_key(
            job,
            commands(job.mode, job.runner, job.canary, self.services.probe.name),
            probe_hash=self.services.probe_hash,
            inherited=tuple(sorted((name, inherited[name]) for name in ANSWER_CHANGING if name in inherited)),
        )
