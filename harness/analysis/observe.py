"""From trials to a state: what was observed of an attempt, then of a cell.

For one attempt the first of these that applies decides; each is a function below, in this order.

1.  The harness stopped it: `not-run`. Its infrastructure failed, or it wrote past its byte limit: `error`.
2.  What ran is not what was asked for (a package, Python, the server): `error`, naming both.
3.  It ran out of time: `timeout`.
4.  The interpreter died (a signal, or a process that said hello and never bye): `crash`.
5.  Django refused the server for its age: `unsupported`, with Django's words.
6.  A command that prepares the tests failed, a test failed, an expected table is missing, no test ran, or it ended
    with another code than 0: `fail`.
7.  A test was skipped that the canary does not declare, or all were: `fail`.
8.  The mode's promise was not kept (`modes`): `fail`.
9.  Something that a pass needs to be shown was not shown (`shown`): `error`.
10. `pass`.

Without a word from the probe, steps 3, 4 and 6 go by how the process ended; a pass cannot come of it (step 9).
"""

from __future__ import annotations

from typing import assert_never

from harness.analysis import modes, shown
from harness.analysis.asked import Asked
from harness.analysis.failures import unsupported_server, what_failed
from harness.analysis.signature import normalise
from harness.model.plan import Nogood, Why
from harness.model.record import Ended, Record, Runner, Trial
from harness.model.verdict import Observation, Signature, State


def observe(trial: Trial, asked: Asked) -> Observation:
    """Return what one attempt came to. For a control, promises of the mode and skips are not looked at."""
    is_pytest = trial.attempt.runner is Runner.PYTEST
    return (
        _harness_failed(trial)
        or _refuse(State.ERROR, "mismatch", shown.mismatch(trial, asked))
        or _time_ran_out(trial)
        or _died(trial)
        or _unsupported(trial)
        or what_failed(trial, asked)
        or (modes.broken_promise(trial, asked) if is_pytest else None)
        or _refuse(State.ERROR, "evidence", shown.unshown(trial, asked))
        or Observation(state=State.PASS)
    )


def observe_record(record: Record, asked: Asked) -> Observation:
    """Return what a cell came to: the last of its attempts under pytest, or why it was not tried.

    `flaky`: it failed and, on the same lock, then passed. An attempt that ended in `error` is superseded by
    the next, whatever that comes to.
    """
    trials = record.deciding()
    if trials:
        return observe_trials(trials, asked)
    if record.untestable is not None:
        return observe_untestable(record.untestable)
    return Observation(state=State.NOT_RUN, reason="no attempt was recorded")


def observe_trials(trials: tuple[Trial, ...], asked: Asked) -> Observation:
    """Return what one or more attempts of a cell under pytest, in order, come to."""
    seen = [observe(trial, asked) for trial in trials]
    last = seen[-1]
    for trial, earlier in zip(trials[:-1], seen, strict=False):
        if not earlier.state.is_failure:
            continue
        if last.state is State.PASS and trial.attempt.lock_hash == trials[-1].attempt.lock_hash:
            reason = f"failed, then passed on the same lock: {earlier.reason}"
            return Observation(state=State.FLAKY, reason=reason, signature=earlier.signature, failing=earlier.failing)
        if last.state in (State.ERROR, State.NOT_RUN):
            return Observation(
                state=last.state,
                reason=f"{last.reason} (an earlier attempt ended in {earlier.state.value}: {earlier.reason})",
                signature=last.signature,
            )
    return last


def _harness_failed(trial: Trial) -> Observation | None:
    attempt = trial.attempt
    match attempt.ended:
        case Ended.CANCELLED:
            return Observation(state=State.NOT_RUN, reason=attempt.message or "stopped before its end")
        case Ended.INFRASTRUCTURE | Ended.DISK_LIMIT:
            return _refuse(State.ERROR, attempt.ended.value, attempt.message or attempt.ended.value)
        case Ended.EXITED | Ended.SIGNALLED | Ended.TIMED_OUT | Ended.UNPREPARED:
            return None
        case _:
            assert_never(attempt.ended)


def _time_ran_out(trial: Trial) -> Observation | None:
    if trial.attempt.ended is not Ended.TIMED_OUT:
        return None
    reason = (trial.attempt.message or "did not end in time") + _while(trial)
    return _ended_in(State.TIMEOUT, trial, reason, "")


def _died(trial: Trial) -> Observation | None:
    attempt = trial.attempt
    if attempt.ended is Ended.SIGNALLED:
        signal = f"signal {-(attempt.exit_code or 0)}"
        return _ended_in(State.CRASH, trial, f"ended by {signal}{_while(trial)}", signal)
    # A file that was cut at its limit ends without a bye as well; see `shown`.
    silent = [process for process in trial.evidence.processes if not process.is_complete and not process.is_cut]
    if not silent:
        return None
    who = f"worker {silent[0].worker}" if silent[0].worker else "its process"
    reason = f"{who} fell silent in run {silent[0].run} with exit code {attempt.exit_code}{_while(trial)}"
    return _ended_in(State.CRASH, trial, reason, "no end of the evidence")


def _ended_in(state: State, trial: Trial, reason: str, message: str) -> Observation:
    """Return an end before its time, placed in the test that was under way where there was just one."""
    running = _running(trial)
    place = running[0] if len(running) == 1 else ""
    return Observation(state=state, reason=reason, signature=Signature(type=state.value, frame=place, message=message))


def _running(trial: Trial) -> list[str]:
    return [name for process in trial.evidence.processes for name in process.running]


def _while(trial: Trial) -> str:
    """Say which tests had begun and not ended, where the probe knows."""
    running = _running(trial)
    return f", in {', '.join(running)}" if running else ""


def _unsupported(trial: Trial) -> Observation | None:
    words = unsupported_server(trial.evidence)
    return Observation(state=State.UNSUPPORTED, reason=words) if words else None


def _refuse(state: State, kind: str, reason: str) -> Observation | None:
    """Return an observation with a signature of its own, so that equal ones are grouped; None without a reason."""
    if not reason:
        return None
    return Observation(state=state, reason=reason, signature=Signature(type=kind, frame="", message=normalise(reason)))


def observe_untestable(nogood: Nogood) -> Observation:
    """Return what a cell comes to that was never tried, by the reason for it."""
    match nogood.why:
        case Why.UNRESOLVABLE:
            return Observation(state=State.UNRESOLVABLE, reason=nogood.detail)
        case Why.REQUIRES_PYTHON | Why.NO_WHEEL | Why.SERVER_UNSUPPORTED | Why.NO_INTERPRETER:
            return Observation(state=State.UNSUPPORTED, reason=nogood.detail)
        case Why.EXCLUDED | Why.CANARY_DATABASE | Why.MODE_DATABASE | Why.NO_PROVIDER | Why.NOT_BUILT:
            # Such cells are left out of plans, with their reason; a record of one would be of a cell that did not run.
            return Observation(state=State.NOT_RUN, reason=nogood.detail)
        case _:
            assert_never(nogood.why)
