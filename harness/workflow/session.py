"""One run under way: turns cells into jobs, reuses what is known, tries the rest, keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

from harness.analysis import expect
from harness.analysis.asked import Asked
from harness.analysis.learned import refused
from harness.analysis.observe import observe, observe_record
from harness.cells import project
from harness.cells.crew import Crew
from harness.cells.execute import Made
from harness.cells.job import Job
from harness.cells.scheduler import Policy, run_all
from harness.cells.services import Services
from harness.errors import Infrastructure
from harness.model.cell import CANARY, DATABASE, PYTHON, Cell
from harness.model.plan import Nogood, Shard, exact_versions
from harness.model.record import Attempt, Ended, Purpose, Record, Runner, Trial
from harness.model.spec import Change
from harness.model.verdict import Judgement, Observation, State, Verdict
from harness.plan.estimate import estimate_s
from harness.store.store import Store
from harness.workflow.events import Finished, Watcher
from harness.workflow.place import Place
from harness.workflow.prepare import Prepared
from harness.workflow.projects import installed


@dataclass(slots=True, kw_only=True)
class Session:
    """What one run knows and has done. Cells are given to `do`; the rest follows from the store."""

    place: Place
    prepared: Prepared
    services: Services
    store: Store
    run_id: int
    watcher: Watcher
    executor: Executor  # for what this machine does beside the cells
    crew: Crew  # who tries the cells
    rerun: bool = False
    shard: Shard | None = None  # of a run that is one part of a plan
    ran: int = 0
    reused: int = 0
    _hashes: dict[tuple[Path, tuple[Change, ...]], str] = field(default_factory=dict)

    @property
    def jobs(self) -> int:
        """The number of cells tried side by side."""
        return self.crew.width

    def job(self, cell: Cell, runner: Runner, purpose: Purpose) -> Job:
        """Return what *cell* stands for here and now. KeyError if it has no lock."""
        spec = self.prepared.spec
        canary = spec.canary(cell[CANARY])
        interpreter = self.prepared.interpreters[cell[PYTHON]]
        tree = (canary.path, canary.changes)
        if tree not in self._hashes:
            self._hashes[tree] = project.digest(*tree)
        return Job(
            cell=cell,
            exact=tuple(sorted(exact_versions(cell, self.prepared.axes).items())),
            lock=installed(self.prepared.locks[cell], canary, interpreter),
            interpreter=interpreter,
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
        todo: list[Job] = []
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
                self._keep_untried(cell, self.prepared.unlocked[cell], runner, purpose)
                continue
            job = self.job(cell, runner, purpose)
            if not self.rerun and self._reuse(job):
                continue
            if refusal := self.crew.refusal(job):
                self._keep_untried(cell, Infrastructure(refusal), runner, purpose)
            else:
                todo.append(job)
        if purpose is Purpose.MATRIX:
            about_s = estimate_s([job.cell.id for job in todo], self.store.durations(), jobs=self.jobs)
            self.watcher.planned(len(todo), len(cells) - len(todo), about_s)
        self._try(todo)

    def touched(self) -> Iterator[Path]:
        """Yield the folders of projects whose files are not what they were when their cells began."""
        projects = {canary.path for canary in self.prepared.spec.canaries if canary.project is not None}
        for (path, changes), was in self._hashes.items():
            if path in projects and project.digest(path, changes) != was:
                yield path

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
        return refused(cell, self.observe(cell))

    def elsewhere(self) -> frozenset[Cell]:
        """Return the cells of the plan that other shards run."""
        cells = self.shard.cells if self.shard is not None else ()
        return frozenset(Cell.parse(cell_id) for cell_id, _ in cells) - frozenset(self.prepared.plan.cells)

    def _try(self, todo: list[Job]) -> None:
        self.crew.warm(todo)
        policy = Policy(
            observe=lambda job, trial: observe(trial, self.asked(job.cell)).state,
            is_worth_retrying=self._is_unexpected,
            keep=lambda _, made: self._keep(made),
        )
        run_all(todo, self.crew, self.services.cancel, policy, finished=self._finished)

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

    def _reuse(self, job: Job) -> bool:
        """Take over an earlier answer to the same question, if it is one that stands."""
        for key in self.crew.keys(job):
            known = self.store.latest(key)
            trials = tuple(item.trial for item in known)
            if not known or not self._observed(job, trials).state.is_reusable:
                continue
            for item in known:
                self.store.reuse(self.run_id, item.id, job.cell)
            self.reused += 1
            self._tell(job, trials, is_reused=True)
            return True
        return False

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

    def _keep_untried(self, cell: Cell, error: Infrastructure, runner: Runner, purpose: Purpose) -> None:
        """Record that the index kept a cell's packages from us, or that nobody can try it: an error, not a failure."""
        attempt = Attempt(
            run_key="",
            cell_id=cell.id,
            exact=tuple(sorted(exact_versions(cell, self.prepared.axes).items())),
            runner=runner,
            purpose=purpose,
            started_at=self.place.now(),
            ended=Ended.INFRASTRUCTURE,
            message=str(error),
        )
        self.store.add(self.run_id, attempt, ())
