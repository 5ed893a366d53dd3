"""Tries many cells side by side, each as often as its state asks for."""

from __future__ import annotations

import heapq
import itertools
import queue
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

from harness.cells.crew import Crew
from harness.cells.execute import Made
from harness.cells.job import Job
from harness.errors import HarnessError
from harness.model.record import Ended, Trial
from harness.model.verdict import State
from harness.process import Cancel

INFRASTRUCTURE_RETRIES = 2
FAILURE_RETRIES = 1
STOP_S = 5.0
ROOM_POLL_S = 1.0
"""How often a crew without room is asked again: others may join it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How the scheduler asks what an attempt means, and whom it tells."""

    observe: Callable[[Job, Trial], State]
    is_worth_retrying: Callable[[Job, Trial], bool]  # a failure that may be flaky
    keep: Callable[[Job, Made], None]  # called at once after each attempt, one at a time


def run_all(
    jobs: Iterable[Job],
    crew: Crew,
    cancel: Cancel,
    policy: Policy,
    *,
    finished: Callable[[Job, tuple[Trial, ...]], None],
) -> None:
    """Try every job: once, after an unexpected failure once more, after an infrastructure error up to twice more.

    *finished* is called in this thread. Bugs raised by an attempt are raised here.

    Raises:
        KeyboardInterrupt: passed on after what runs was told to stop, and kept.
        Infrastructure: the crew is lost; what is finished is kept.
    """
    # An interrupt is raised in this thread: what keeps an attempt in another is not torn by it.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="keep") as keeper:
        loop = _Loop(crew=crew, cancel=cancel, policy=policy, finished=finished, keeper=keeper)
        try:
            for job in jobs:
                loop.put(_Task(job=job))
                loop.begin()
            while loop.is_busy():
                loop.begin()
                loop.take()
        except BaseException:
            loop.stop()
            raise


@dataclass(slots=True, kw_only=True, eq=False)
class _Task:
    """A cell to be tried, and what became of it so far."""

    job: Job
    trials: list[Trial] = field(default_factory=list)
    failures: int = 0
    errors: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class _Running:
    """An attempt under way."""

    task: _Task
    future: Future[Made]
    is_kept: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class _Loop:
    crew: Crew
    cancel: Cancel
    policy: Policy
    finished: Callable[[Job, tuple[Trial, ...]], None]
    keeper: ThreadPoolExecutor
    _waiting: dict[Hashable, deque[_Task]] = field(default_factory=dict)
    _later: list[tuple[float, int, _Task]] = field(default_factory=list)  # a heap: when, and a number for a tie
    _running: dict[Future[Made], _Running] = field(default_factory=dict)
    # what `concurrent.futures.wait` does costs as much as there are futures, for each of them
    _ended: queue.SimpleQueue[Future[Made]] = field(default_factory=queue.SimpleQueue)
    _count: itertools.count[int] = field(default_factory=itertools.count)

    def put(self, task: _Task, *, is_first: bool = False) -> None:
        """Let a task wait for its next attempt."""
        waiting = self._waiting.setdefault(self.crew.kind(task.job), deque())
        (waiting.appendleft if is_first else waiting.append)(task)

    def is_busy(self) -> bool:
        """Tell whether anything is left to be done."""
        is_open = not self.cancel.is_set() and (bool(self._later) or any(self._waiting.values()))
        return bool(self._running) or is_open

    def begin(self) -> None:
        """Begin as many attempts as there is room for."""
        while self._later and self._later[0][0] <= time.monotonic():
            self.put(heapq.heappop(self._later)[2], is_first=True)
        for waiting in self._waiting.values():
            while waiting and not self.cancel.is_set() and self.crew.has_room(waiting[0].job, len(self._running)):
                task = waiting.popleft()
                future = self.crew.begin(task.job, len(task.trials) + 1)
                self._running[future] = _Running(task=task, future=future)
                future.add_done_callback(self._ended.put)

    def take(self) -> None:
        """Wait for the end of an attempt, or until another can be begun; keep it, and see what follows."""
        pauses = [max(0.0, self._later[0][0] - time.monotonic())] if self._later else []
        if any(self._waiting.values()):
            pauses.append(ROOM_POLL_S)
        try:
            future = self._ended.get(timeout=min(pauses, default=None))
        except queue.Empty:
            return
        running = self._running[future]
        made = self.keeper.submit(self._keep, running).result()
        del self._running[future]
        running.task.trials.append(made.trial)
        self._follow(running.task, made)

    def _keep(self, running: _Running) -> Made:
        made = running.future.result()
        if not running.is_kept:
            self.policy.keep(running.task.job, made)
            running.is_kept = True
        return made

    def _follow(self, task: _Task, made: Made) -> None:
        state = self.policy.observe(task.job, made.trial)
        if self.cancel.is_set():
            pass
        elif made.trial.attempt.ended is Ended.INFRASTRUCTURE and task.errors < INFRASTRUCTURE_RETRIES:
            task.errors += 1
            heapq.heappush(self._later, (time.monotonic() + 0.5 * task.errors, next(self._count), task))
            return
        elif (
            state in (State.FAIL, State.CRASH)
            and task.failures < FAILURE_RETRIES
            and self.policy.is_worth_retrying(task.job, made.trial)
        ):
            task.failures += 1
            self.put(task, is_first=True)
            return
        self.finished(task.job, tuple(task.trials))

    def stop(self) -> None:
        """Tell everything to stop, wait for what was already running, and keep what it came to."""
        self.cancel.set()
        self.crew.stop()
        for future in self._running:
            future.cancel()
        wait([future for future in self._running if not future.cancelled()], timeout=STOP_S)
        for running in self._running.values():
            future = running.future
            if future.done() and not future.cancelled() and future.exception() is None:
                with suppress(HarnessError, OSError):  # why we stop is what matters
                    self.keeper.submit(self._keep, running).result()
