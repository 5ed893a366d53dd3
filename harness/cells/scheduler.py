"""Tries many cells side by side, each as often as its state asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass

from harness.cells.execute import Made, Phase, attempt
from harness.cells.job import Job
from harness.cells.services import Services
from harness.model.record import Ended, Trial
from harness.model.verdict import State
from harness.process import Cancel

INFRASTRUCTURE_RETRIES = 2
FAILURE_RETRIES = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How the scheduler asks what an attempt means, and whom it tells."""

    observe: Callable[[Job, Trial], State]
    is_worth_retrying: Callable[[Job, Trial], bool]  # a failure that may be flaky
    keep: Callable[[Job, Made], None]  # called at once after each attempt, from several threads
    phase: Callable[[Job, Phase], None]


def try_cell(job: Job, key: str, services: Services, policy: Policy) -> tuple[Trial, ...]:
    """Try one cell: once, after an unexpected failure once more, after an infrastructure error up to twice more."""
    trials: list[Trial] = []
    failures = errors = 0
    while not services.cancel.is_set():
        made = attempt(job, services, key=key, number=len(trials) + 1, phase=lambda phase: policy.phase(job, phase))
        trials.append(made.trial)
        policy.keep(job, made)
        state = policy.observe(job, made.trial)
        if made.trial.attempt.ended is Ended.INFRASTRUCTURE and errors < INFRASTRUCTURE_RETRIES:
            errors += 1
            services.cancel.wait(0.5 * errors)
        elif (
            state in (State.FAIL, State.CRASH)
            and failures < FAILURE_RETRIES
            and policy.is_worth_retrying(job, made.trial)
        ):
            failures += 1
        else:
            break
    return tuple(trials)


def run_all(
    jobs: Iterable[tuple[Job, str]],
    executor: Executor,
    services: Services,
    policy: Policy,
    *,
    finished: Callable[[Job, tuple[Trial, ...]], None],
) -> None:
    """Try every job; *finished* is called in this thread. Bugs raised in a worker are raised here.

    Raises:
        KeyboardInterrupt: passed on after what runs was told to stop.
    """
    pending: dict[Future[tuple[Trial, ...]], Job] = {}
    try:
        for job, key in jobs:
            pending[executor.submit(try_cell, job, key, services, policy)] = job
        while pending:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                job = pending.pop(future)
                finished(job, future.result())
    except BaseException:
        stop(services.cancel, pending)
        raise


def stop(cancel: Cancel, pending: Iterable[Future[tuple[Trial, ...]]]) -> None:
    """Tell everything to stop, and wait for what was already running."""
    cancel.set()
    futures = list(pending)
    for future in futures:
        future.cancel()
    wait([future for future in futures if not future.cancelled()], timeout=5)
