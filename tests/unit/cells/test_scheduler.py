"""How often a cell is tried, side by side with others, and what becomes of the rest when one breaks.

Nothing is patched: what attempts share comes in through `Services`, so that a real attempt meets a maker of
environments whose "interpreters" are shell scripts, each of which ends in a way of its own.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.cells.crew import Threads
from harness.cells.execute import Made, Phase, attempt
from harness.cells.job import Job
from harness.cells.key import key_of
from harness.cells.project import digest
from harness.cells.scheduler import FAILURE_RETRIES, INFRASTRUCTURE_RETRIES, Policy, run_all
from harness.cells.servers import ServerPool
from harness.cells.services import Services
from harness.errors import Infrastructure
from harness.ledger import Ledger
from harness.model.package import Environment, Interpreter, Lock, Pin
from harness.model.record import Ended, Trial
from harness.model.spec import CanarySpec, RunSpec, Timeouts
from harness.model.verdict import State
from harness.process import Cancel

WAYS = {
    "pass": "exit 0",
    "fail": "exit 1",
    "tell": 'echo "$HARNESS_DATABASES"; echo "$HARNESS_DATABASES" > "$HARNESS_EVIDENCE/1-main-1.jsonl"',
    "crash": "kill -SEGV $$",
    "hang": "exec sleep 60",
    "flood": "head -c 300000 /dev/zero > flood; exec sleep 60",
}
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@dataclass
class Environments:
    """Makes an environment for each attempt, which ends in the next of *ways*; see `EnvironmentMaker`.

    "index" and "bug" end in the making itself.
    """

    folder: Path
    ways: list[str]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, name: str) -> None:
        """Nothing is collected here."""

    def ensure(self, lock: Lock, interpreter: Interpreter, *, is_apart: bool = False, cancel: Cancel) -> Environment:
        """Take the next."""
        with self.lock:
            way = self.ways.pop(0)
        if way == "index":
            raise Infrastructure("the index is mute")
        if way == "bug":
            raise ZeroDivisionError
        python = self.folder / f"{way}.sh"
        return Environment(path=str(self.folder), python=str(python), lock=lock, interpreter=interpreter)


@dataclass(kw_only=True)
class Bench:
    """What one test runs with, and what was told meanwhile."""

    services: Services
    environments: Environments
    offer: Any
    told: list[Any] = field(default_factory=list)
    on_phase: Callable[[Job, Phase], None] = lambda job, phase: None
    on_keep: Callable[[Job, Made], None] = lambda job, made: None
    is_worth_retrying: bool = True
    ends: list[Ended] = field(default_factory=list)  # of what was kept

    def policy(self) -> Policy:
        """Judge by how an attempt ended, and write down what is told."""
        return Policy(
            observe=lambda job, trial: state_of(trial),
            is_worth_retrying=lambda job, trial: self.is_worth_retrying,
            keep=self._keep,
        )

    def run(
        self,
        jobs: Iterable[Job],
        executor: Executor,
        finished: Callable[[Job, tuple[Trial, ...]], None] = lambda job, trials: None,
    ) -> None:
        """Try jobs."""
        crew = Threads(executor=executor, services=self.services, width=2, phase=self._phase)
        run_all(jobs, crew, self.services.cancel, self.policy(), finished=finished)

    def try_cell(self, job: Job) -> tuple[Trial, ...]:
        """Try one cell, until nothing more is to be done."""
        found: list[tuple[Trial, ...]] = []
        with ThreadPoolExecutor(max_workers=1) as executor:
            self.run([job], executor, lambda _, trials: found.append(trials))
        return found[0] if found else ()

    def _keep(self, job: Job, made: Made) -> None:
        self.ends.append(made.trial.attempt.ended)
        self.told.append(("kept", made.trial.attempt.number))
        self.on_keep(job, made)

    def _phase(self, job: Job, phase: Phase) -> None:
        self.told.append(phase)
        self.on_phase(job, phase)

    def kept(self) -> list[int]:
        """The numbers of the attempts kept, in order."""
        return [entry[1] for entry in self.told if isinstance(entry, tuple)]


def state_of(trial: Trial) -> State:
    """Read a state off the way an attempt ended."""
    match trial.attempt.ended:
        case Ended.INFRASTRUCTURE | Ended.DISK_LIMIT:
            return State.ERROR
        case Ended.TIMED_OUT:
            return State.TIMEOUT
        case Ended.SIGNALLED:
            return State.CRASH
        case Ended.CANCELLED:
            return State.NOT_RUN
        case Ended.EXITED:
            return State.FAIL if trial.attempt.exit_code else State.PASS


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A list of what runs, without the companion that a real run has."""
    path = tmp_path / "ledger.jsonl"
    path.touch()
    yield Ledger(folder=tmp_path, owner="test", path=path, swept=())
    path.unlink()


@pytest.fixture
def make_bench(tmp_path: Path, ledger: Ledger, make_offer: Callable[..., Any]) -> Iterator[Callable[..., Bench]]:
    """Returns a builder of benches: words say how attempts end, one after the other."""
    for name in ("bin", "probe", "scratch", "logs", "cache", "seed"):
        (tmp_path / name).mkdir()
    (tmp_path / "probe" / "harness_probe.py").touch()
    (tmp_path / "seed" / "manage.py").touch()
    for way, command in WAYS.items():
        script = tmp_path / "bin" / f"{way}.sh"
        script.write_text(f"#!/bin/sh\n{command}\n")
        script.chmod(0o755)
    pools = []

    def build(*ways: str, **more: Any) -> Bench:
        offer = make_offer()
        pools.append(ServerPool({"sqlite-memory": offer}, timeout_s=5))
        environments = Environments(tmp_path / "bin", list(ways))
        services = Services(
            environments=environments,
            servers=pools[-1],
            ledger=ledger,
            cancel=Cancel(),
            run=RunSpec(timeouts=Timeouts(test_s=1), disk_limit_bytes=100_000),
            run_id=1,
            probe=tmp_path / "probe" / "harness_probe.py",
            probe_hash=digest(tmp_path / "probe"),
            scratch=tmp_path / "scratch",
            logs=tmp_path / "logs",
            cache=tmp_path / "cache",
            inherited={"PATH": "/usr/bin:/bin"},
            now=lambda: NOON,
        )
        return Bench(services=services, environments=environments, offer=offer, **more)

    yield build
    for pool in pools:
        pool.__exit__(None, None, None)
    assert not list((tmp_path / "scratch").iterdir()), "a working copy was left behind"


@pytest.fixture
def job(make_job: Callable[..., Job], tmp_path: Path) -> Job:
    """The usual one."""
    path = tmp_path / "seed"
    path.mkdir(exist_ok=True)
    (path / "manage.py").touch()
    return make_job(canary=CanarySpec(name="seed", path=path, settings="settings"), canary_hash=digest(path))


def ends(trials: tuple[Trial, ...]) -> list[str]:
    """How they ended, in words."""
    return [state_of(trial).value for trial in trials]


# ---------------------------------------------------------------- one cell


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        (["pass"], ["pass"]),
        (["fail", "pass"], ["fail", "pass"]),
        (["fail", "fail"], ["fail", "fail"]),
        (["fail", "crash"], ["fail", "crash"]),
        (["crash", "pass"], ["crash", "pass"]),
        (["hang"], ["timeout"]),
        (["fail", "hang"], ["fail", "timeout"]),
        (["flood"], ["error"]),
        (["index", "pass"], ["error", "pass"]),
        (["index", "index", "pass"], ["error", "error", "pass"]),
        (["index", "index", "index"], ["error", "error", "error"]),
        (["index", "fail", "pass"], ["error", "fail", "pass"]),
        (["fail", "index", "pass"], ["fail", "error", "pass"]),
        (["index", "fail", "index", "fail"], ["error", "fail", "error", "fail"]),
    ],
    ids=" ".join,
)
def test_a_cell_is_tried_as_often_as_its_ends_ask_for(
    ways: list[str], expected: list[str], make_bench: Callable[..., Bench], job: Job
) -> None:
    """A failure or crash once more, the infrastructure up to twice more, each apart; nothing else again.

    Each attempt is kept, in order, before the next begins.
    """
    bench = make_bench(*ways, "pass", "pass")
    trials = bench.try_cell(job)
    assert ends(trials) == expected
    assert [trial.attempt.number for trial in trials] == bench.kept() == list(range(1, len(ways) + 1))
    assert bench.environments.ways == ["pass", "pass"]
    after_first = bench.told.index(("kept", 1)) + 1
    assert Phase.ENVIRONMENT not in bench.told[1:after_first]


def test_the_table_above_is_of_these_numbers() -> None:
    """Once more, and twice more."""
    assert (FAILURE_RETRIES, INFRASTRUCTURE_RETRIES) == (1, 2)


@pytest.mark.parametrize(("way", "count"), [("fail", 1), ("crash", 1), ("index", 3)])
def test_a_failure_that_is_expected_is_not_tried_again(
    way: str, count: int, make_bench: Callable[..., Bench], job: Job
) -> None:
    """Whoever judges says that it is not worth it; infrastructure is tried again whatever they say."""
    bench = make_bench(*[way] * 5, is_worth_retrying=False)
    assert len(bench.try_cell(job)) == count


def test_phases_are_told_in_order(make_bench: Callable[..., Bench], job: Job) -> None:
    """Then the attempt is kept."""
    bench = make_bench("pass")
    bench.try_cell(job)
    assert bench.told == [Phase.ENVIRONMENT, Phase.SERVER, Phase.COPY, Phase.TESTS, ("kept", 1)]


def test_an_attempt_says_what_it_was(make_bench: Callable[..., Bench], job: Job, tmp_path: Path) -> None:
    """Key, cell, time and provider, how long it took, and where its log lies."""
    bench = make_bench("fail", "pass")
    first, second = (trial.attempt for trial in bench.try_cell(job))
    assert (first.cell, first.exact, first.started_at) == (job.cell, job.exact, NOON)
    assert first.run_key == second.run_key == key_of(job, bench.services)
    assert (first.lock_hash, first.provider, first.server_version) == (job.lock.hash, "sqlite", "17.5")
    assert (first.ended, first.exit_code, second.exit_code) == (Ended.EXITED, 1, 0)
    assert first.timings.total_s > 0
    for one in (first, second):
        text = (tmp_path / "logs" / one.log).read_text()
        assert text.startswith(f"# {job.cell.id}\n# runner: pytest-django, attempt {one.number}\n")
    assert first.log != second.log


def test_a_cells_password_is_in_neither_log_nor_evidence(
    make_bench: Callable[..., Bench], job: Job, tmp_path: Path
) -> None:
    """Whatever the cell prints: it is masked before anything is kept (DESIGN rule 9)."""
    bench = make_bench("tell")
    made = attempt(job, bench.services, key="k" * 32, number=1, phase=lambda phase: None)
    log = (tmp_path / "logs" / made.trial.attempt.log).read_bytes()
    for kept in (log, *made.evidence_files):
        assert b"PASSWORD" in kept
        assert b"***" in kept
        assert b"only-this-cell-knows" not in kept
    assert made.evidence_files


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("index", "the index is mute"),
        ("hang", "still running after 1 s"),
        ("crash", "ended by signal 11"),
        ("flood", "more than the 100000 allowed"),
        ("missing", "cannot start"),
    ],
)
def test_an_attempt_says_why_it_did_not_simply_exit(
    way: str, message: str, make_bench: Callable[..., Bench], job: Job
) -> None:
    """For a person."""
    bench = make_bench(*[way] * 3)
    assert message in bench.try_cell(job)[0].attempt.message


def test_a_cell_that_writes_too_much_is_ended_at_once(make_bench: Callable[..., Bench], job: Job) -> None:
    """Not only when its time is up."""
    bench = make_bench("flood")
    bench.services = replace(bench.services, run=replace(bench.services.run, timeouts=Timeouts(test_s=60)))
    (trial,) = bench.try_cell(job)
    assert trial.attempt.ended is Ended.DISK_LIMIT
    assert trial.attempt.timings.test_s < 20


def test_a_server_that_died_under_a_cell_is_no_failure_of_the_cell(make_bench: Callable[..., Bench], job: Job) -> None:
    """The attempt counts as the infrastructure's, with the server's last words; the next has another server."""

    def keep(_job: Job, made: Made) -> None:
        lost.append(made.lost_server)

    lost: list[bool] = []
    bench = make_bench("fail", "pass", on_keep=keep)
    bench.services.servers.get("sqlite-memory")
    bench.offer.started[0].is_up = False
    first, second = bench.try_cell(job)
    assert first.attempt.ended is Ended.INFRASTRUCTURE
    assert "the server of sqlite-memory died; its last words:\nlast words of server 1" in first.attempt.message
    assert (second.attempt.ended, second.attempt.exit_code) == (Ended.EXITED, 0)
    assert lost == [True, False]
    assert (bench.offer.starts, len(bench.offer.stopped)) == (2, 1)


def test_nothing_is_tried_once_a_stop_was_asked_for(make_bench: Callable[..., Bench], job: Job) -> None:
    """Neither at all, nor again."""
    bench = make_bench("fail", "fail")
    bench.services.cancel.set()
    assert bench.try_cell(job) == ()
    assert bench.told == []

    def stop(_job: Job, _made: Made) -> None:
        stopping.services.cancel.set()

    stopping = make_bench("fail", "fail", on_keep=stop)
    assert ends(stopping.try_cell(job)) == ["fail"]


@pytest.mark.parametrize("phase", Phase)
def test_a_stop_in_any_phase_ends_the_attempt(phase: Phase, make_bench: Callable[..., Bench], job: Job) -> None:
    """It is kept as cancelled, and not tried again."""

    def stop(_job: Job, now: Phase) -> None:
        if now is phase:
            bench.services.cancel.set()

    bench = make_bench("hang", "hang", on_phase=stop)
    (trial,) = bench.try_cell(job)
    assert (trial.attempt.ended, trial.attempt.message) == (Ended.CANCELLED, "interrupted")
    assert bench.kept() == [1]


def test_a_bug_is_raised_and_not_recorded(make_bench: Callable[..., Bench], job: Job) -> None:
    """What is neither the cell's nor the infrastructure's fault is ours."""
    bench = make_bench("bug")
    with pytest.raises(ZeroDivisionError):
        bench.try_cell(job)
    assert bench.kept() == []


# ---------------------------------------------------------------- many


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    """Two workers."""
    with ThreadPoolExecutor(max_workers=2) as executor:
        yield executor


def many(job: Job, count: int) -> list[Job]:
    """Jobs with locks, and so with keys, of their own."""
    return [replace(job, lock=Lock(pins=(Pin(name="django", version=f"6.0.{n}", hashes=()),))) for n in range(count)]


def test_every_job_is_finished_once_in_the_caller_s_thread(
    make_bench: Callable[..., Bench], job: Job, executor: ThreadPoolExecutor
) -> None:
    """With all of its trials."""
    bench = make_bench(*["pass"] * 5)
    finished: list[tuple[str, str, int]] = []

    def done(job: Job, trials: tuple[Trial, ...]) -> None:
        finished.append((job.lock.hash, trials[0].attempt.run_key, threading.get_ident()))
        assert ends(trials) == ["pass"]

    bench.run(many(job, 5), executor, done)
    assert sorted(finished) == sorted(
        (job.lock.hash, key_of(job, bench.services), threading.get_ident()) for job in many(job, 5)
    )
    assert not bench.services.cancel.is_set()


def test_cells_are_tried_side_by_side(make_bench: Callable[..., Bench], job: Job, executor: ThreadPoolExecutor) -> None:
    """Each of two waits in its tests for the other."""
    barrier = threading.Barrier(2, timeout=20)

    def meet(_job: Job, phase: Phase) -> None:
        if phase is Phase.TESTS:
            barrier.wait()

    bench = make_bench("pass", "pass", on_phase=meet)
    bench.run(many(job, 2), executor)
    assert sorted(bench.kept()) == [1, 1]
    assert bench.offer.starts == 1


def test_a_bug_in_one_cell_stops_the_others(
    make_bench: Callable[..., Bench], job: Job, executor: ThreadPoolExecutor
) -> None:
    """It is raised here; what runs is ended, what waits is not begun."""
    bench = make_bench("bug", *["hang"] * 5)
    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        bench.run(many(job, 6), executor)
    assert bench.services.cancel.is_set()
    assert len(bench.environments.ways) >= 3
    assert time.monotonic() - begun < 20


def test_an_interrupt_stops_what_runs_and_is_passed_on(
    make_bench: Callable[..., Bench], job: Job, executor: ThreadPoolExecutor
) -> None:
    """Ctrl-C comes in the caller's thread; what is finished was kept, the rest ends as cancelled or not at all."""
    bench = make_bench("pass", *["hang"] * 5)

    def done(_job: Job, _trials: tuple[Trial, ...]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(many(job, 6), executor, done)
    assert bench.services.cancel.is_set()
    assert len(bench.environments.ways) >= 3
    # those that were under way are kept as what they are, beside the one that was finished
    assert 1 <= bench.kept().count(1) == len(bench.kept()) <= 3
    assert bench.ends.count(Ended.CANCELLED) == len(bench.ends) - 1


def test_a_retry_does_not_wait_for_the_cells_behind_it(make_bench: Callable[..., Bench], job: Job) -> None:
    """A cell is finished soon after its first failure, however many wait."""
    bench = make_bench("fail", *["pass"] * 9)
    finished: list[str] = []
    first, *others = many(job, 9)
    with ThreadPoolExecutor(max_workers=1) as executor:
        bench.run([first, *others], executor, lambda job, trials: finished.append(job.lock.hash))
    assert finished.index(first.lock.hash) <= 4
    assert len(finished) == 9


def test_a_keeping_that_fails_stops_the_others(
    make_bench: Callable[..., Bench], job: Job, executor: ThreadPoolExecutor
) -> None:
    """The store's disk is full: going on would lose what comes."""

    def full(_job: Job, _made: Made) -> None:
        raise Infrastructure("the disk is full")

    bench = make_bench("pass", *["hang"] * 5, on_keep=full)
    with pytest.raises(Infrastructure, match="the disk is full"):
        bench.run(many(job, 6), executor)
    assert bench.services.cancel.is_set()


def test_an_interrupt_while_jobs_are_handed_out_stops_them_too(
    make_bench: Callable[..., Bench], job: Job, executor: ThreadPoolExecutor
) -> None:
    """They may come one by one from somebody who is interrupted."""
    bench = make_bench(*["hang"] * 3)

    def jobs() -> Iterator[Job]:
        yield from many(job, 3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(jobs(), executor)
    assert bench.services.cancel.is_set()
    assert len(bench.environments.ways) >= 1
