"""A run as test cases: each cell is one, and so is each test in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from harness.analysis.conclude import Conclusion
from harness.analysis.reported import RunReport
from harness.model.evidence import Outcome, ProcessEvidence, TestResult
from harness.model.record import Purpose, Record
from harness.model.verdict import State, Verdict


class Result(Enum):
    """How a case ended, as test reports know it."""

    PASSED = "passed"
    FAILED = "failed"
    EXPECTED = "expected-failure"  # an [[expect]] entry declares it: nobody is to be alarmed
    ERROR = "error"
    SKIPPED = "skipped"
    NOT_RUN = "not-run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case."""

    name: str
    file: str  # empty for a cell
    result: Result
    raw: str  # the state or outcome itself
    duration_s: float
    type: str = ""  # of the exception
    message: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCases:
    """A cell of the matrix with the cases made of it."""

    conclusion: Conclusion
    record: Record
    own: Case  # the cell itself
    tests: tuple[Case, ...]

    @property
    def all(self) -> tuple[Case, ...]:
        """Return the cell's case, then its tests'."""
        return (self.own, *self.tests)


def cell_cases(report: RunReport) -> Iterator[CellCases]:
    """Yield each cell of the matrix; diagnostic neighbours have no part in a run's verdict, nor here."""
    for one, record in zip(report.summary.conclusions, report.archive.records(), strict=True):
        if one.purpose is not Purpose.DIAGNOSTIC:
            is_declared = one.judgement.verdict is Verdict.EXPECTED_FAILURE
            tests = tuple(_tests(record, is_declared=is_declared))
            yield CellCases(conclusion=one, record=record, own=_own(one), tests=tests)


def result_of(one: Conclusion) -> Result:
    """Return how a cell's case ended. Red is what nobody declared; `error` is never a failure."""
    match one.judgement.verdict:
        case Verdict.UNEXPECTED_FAILURE:
            return Result.FAILED
        case Verdict.EXPECTED_FAILURE:
            return Result.EXPECTED
        case Verdict.INDETERMINATE:
            return Result.NOT_RUN if one.state is State.NOT_RUN else Result.ERROR
        case Verdict.AS_EXPECTED | Verdict.UNEXPECTED_PASS:
            is_untestable = one.state in (State.UNRESOLVABLE, State.UNSUPPORTED)
            return Result.SKIPPED if is_untestable else Result.PASSED
        case _:
            assert_never(one.judgement.verdict)


def said(one: Conclusion) -> str:
    """Return why a cell ended so, with what was declared and who is blamed: a line each."""
    lines = [one.observation.reason]
    entry = one.judgement.expectation
    if entry is not None:
        lines.append(f"declared: {entry.state}: {entry.reason} {entry.issue}".strip())
    if one.blame is not None:
        lines.append(f"blame: {one.blame.blame.value}: {one.blame.why}")
    return "\n".join(line for line in lines if line)


def _own(one: Conclusion) -> Case:
    return Case(
        name="cell",
        file="",
        result=result_of(one),
        raw=one.state.value,
        duration_s=one.seconds,
        type=one.signature.type if one.signature else one.state.value,
        message=said(one),
    )


def _tests(record: Record, *, is_declared: bool) -> Iterator[Case]:
    deciding = record.deciding()
    for process in deciding[-1].evidence.processes if deciding else ():
        for test in process.tests:
            yield _case(test, process, is_declared=is_declared)


def _case(test: TestResult, process: ProcessEvidence, *, is_declared: bool) -> Case:
    file, _, name = test.id.partition("::")
    failure = test.failure
    again = f" (run {process.run})" if process.run > 1 else ""
    return Case(
        name=(name or file) + again,
        file=file,
        result=_result(test.outcome, is_declared=is_declared),
        raw=test.outcome.value,
        duration_s=test.duration_s,
        type=failure.type.removeprefix("builtins.") if failure else "",
        message=failure.message if failure else test.reason,
        trace=failure.trace if failure else "",
    )


def _result(outcome: Outcome, *, is_declared: bool) -> Result:
    match outcome:
        case Outcome.PASSED | Outcome.XPASSED:
            return Result.PASSED
        case Outcome.FAILED:
            return Result.EXPECTED if is_declared else Result.FAILED
        case Outcome.ERROR:
            return Result.EXPECTED if is_declared else Result.ERROR
        case Outcome.SKIPPED | Outcome.XFAILED:
            return Result.SKIPPED
        case _:
            assert_never(outcome)
