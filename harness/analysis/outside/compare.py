"""Holds what came back outside the harness against what the record says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from harness.analysis.asked import Asked
from harness.analysis.failures import EXIT_CODE, failed, unsupported_server, what_failed
from harness.analysis.outside import junit, unittest_log
from harness.analysis.outside.tracebacks import Whereabouts, last_failure
from harness.model.command_line import Watch
from harness.model.evidence import Evidence, Failure, Level, Outcome, ProcessEvidence, TestResult
from harness.model.record import Attempt, Ended, Trial
from harness.model.verdict import Observation, Signature, State

SEEN_BY_THE_PROBE = frozenset(
    {"tables-missing", "not-set-up", "nomigrations", "reuse-db", "create-db", "xdist", "mismatch", "evidence"}
)
"""Types of signatures that only the probe can tell: outside, the tests pass."""

_TOLD = frozenset({2, 3, 4, 5})
"""What pytest ends with where it need not write results: interrupted, its own error, usage, no tests."""

_NO_END = "no end of the evidence"
"""The message of `observe` for a process that fell silent."""


class Answer(Enum):
    """Whether the record's answer came back."""

    SAME = "same"
    DIFFERENT = "different"
    UNCOMPARED = "uncompared"  # there is nothing to compare, or it cannot be seen without the probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What one command left: its exit code as `sh` tells it, None if it never ended, and pytest's JUnit XML."""

    code: int | None
    xml: bytes = b""
    run: int = 1  # of the mode
    watch: Watch = Watch.PYTEST  # how its tests could be known


@dataclass(frozen=True, slots=True, kw_only=True)
class Leavings:
    """What the script of a cell left behind."""

    runs: tuple[Left, ...]
    log: str
    unprepared: str = ""  # the preparing command that failed, as `Attempt.message` has it
    is_late: bool = False
    reported: ProcessEvidence | None = None  # by a JUnit file of the project's own

    @property
    def code(self) -> int:
        """Return what the first command that failed ended with, 0 where none did."""
        return next((one.code for one in self.runs if one.code), 0)

    @property
    def is_seen(self) -> bool:
        """Tell whether the tests themselves can be known, of the command that came last."""
        return self.reported is not None or not self.runs or self.runs[-1].watch is Watch.PYTEST


def observe_outside(left: Leavings, draft: Attempt, asked: Asked, where: Whereabouts) -> Observation:
    """Return what the runs came to, as far as it shows without the probe. *draft* is the attempt that it repeats."""
    if left.is_late:
        return Observation(
            state=State.TIMEOUT,
            reason="did not end in time",
            signature=Signature(type=State.TIMEOUT.value, frame="", message=""),
        )
    if left.unprepared:
        return failed("unprepared", f"{left.unprepared}; see its log", left.unprepared)
    evidence = Evidence(level=Level.OBSERVED, processes=_processes(left, where))
    attempt = Attempt(
        run_key="",
        cell_id=draft.cell_id,
        exact=draft.exact,
        runner=draft.runner,
        purpose=draft.purpose,
        started_at=draft.started_at,
        ended=Ended.EXITED,
        exit_code=left.code,
    )
    trial = Trial(attempt=attempt, evidence=evidence)
    if words := unsupported_server(evidence):
        return Observation(state=State.UNSUPPORTED, reason=words)
    return _crash(left, evidence) or what_failed(trial, asked) or Observation(state=State.PASS)


def compare(expected: Observation, came: Observation, *, by_code: bool | None = None) -> tuple[Answer, str]:
    """Return whether *came* is what the record says, and in what they differ or why that cannot be told.

    *by_code* tells whether the exit code is the record's, where that may be all there is to know; None where it is not.
    """
    if expected.state in (State.ERROR, State.NOT_RUN):
        return Answer.UNCOMPARED, "the record holds no answer to compare with"
    if expected.state is State.FLAKY:
        is_known = came.state is State.PASS or came.signature == expected.signature
        return (Answer.SAME if is_known else Answer.DIFFERENT), "the record has both: a failure and a pass"
    if by_code is not None and (told := _compare_codes(expected, came, is_same=by_code)):
        return told
    if came.state is not expected.state:
        hidden = expected.signature is not None and expected.signature.type in SEEN_BY_THE_PROBE
        if hidden and came.state is State.PASS:
            return Answer.UNCOMPARED, "the tests pass, as they did; what was wrong is seen by the probe alone"
        return Answer.DIFFERENT, f"the record says {expected.state.value}, it came to {came.state.value}"
    if expected.signature is None or came.signature == expected.signature:
        return Answer.SAME, ""
    if expected.state is State.TIMEOUT:
        return Answer.SAME, "where it hung is seen by the probe alone"
    if expected.state is State.CRASH and came.signature is not None:
        if came.signature.message == expected.signature.message:
            return Answer.SAME, "where it struck is seen by the probe alone"
    elif expected.signature.type in SEEN_BY_THE_PROBE:
        return Answer.UNCOMPARED, "what was wrong is seen by the probe alone"
    return Answer.DIFFERENT, "the same state with another signature"


def _compare_codes(expected: Observation, came: Observation, *, is_same: bool) -> tuple[Answer, str] | None:
    """Hold exit codes against each other; None where both sides have more to say, or one failed and one did not."""
    if expected.state is came.state is State.PASS:
        return Answer.SAME, "by its exit code alone: what its tests say was not compared"
    is_blind = any(one.signature is not None and one.signature.type == EXIT_CODE for one in (expected, came))
    if not is_blind or not (expected.state.is_failure and came.state.is_failure):
        return None
    if is_same:
        return Answer.SAME, "by its exit code alone: what its tests say was not compared"
    return Answer.DIFFERENT, "it ended with another exit code"


def _processes(left: Leavings, where: Whereabouts) -> tuple[ProcessEvidence, ...]:
    """Return what is known of each command's tests, else of what the project's own file tells."""
    found = tuple(one for one in (_process(one, left.log, where) for one in left.runs) if one is not None)
    if left.reported is not None and not any(process.tests for process in found):
        return (left.reported,)
    return found


def _process(one: Left, log: str, where: Whereabouts) -> ProcessEvidence | None:
    results = junit.tests(one.xml, where.place) if one.xml else None
    if results is None and one.code and one.watch in (Watch.DJANGO, Watch.SCRIPT):
        results = unittest_log.tests(log, where.place) or None
    if results is None:
        # below a command of another kind, nobody saw what was raised
        failure = last_failure(log, where.place) if one.code and one.watch is not Watch.ASIDE else None
        if failure is None or not failure.frames:
            return None
        results = (_before_tests(failure),)
    return ProcessEvidence(
        probe="", pid=0, worker="", run=one.run, runner="", python="", sqlite="", tests=results, is_complete=True
    )


def _before_tests(failure: Failure) -> TestResult:
    return TestResult(id="(load)", outcome=Outcome.ERROR, phase="load", failure=failure)


def _crash(left: Leavings, evidence: Evidence) -> Observation | None:
    if left.code > 128:
        signal = f"signal {left.code - 128}"
        signature = Signature(type=State.CRASH.value, frame="", message=signal)
        return Observation(state=State.CRASH, reason=f"ended by {signal}", signature=signature)
    silent = any(not one.xml for one in left.runs if one.watch is Watch.PYTEST) and not evidence.processes
    if silent and left.code not in _TOLD:
        signature = Signature(type=State.CRASH.value, frame="", message=_NO_END)
        return Observation(
            state=State.CRASH, reason=f"pytest did not come to its end (code {left.code})", signature=signature
        )
    return None
