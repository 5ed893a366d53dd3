"""Reads the tests of Django's own runner back from what it printed."""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.analysis.outside.tracebacks import exception, last_failure
from harness.model.evidence import Failure, Outcome, TestResult

_UNNAMED = "(not named)"
# how unittest prints them: a double line, what failed, a line, why
_BLOCK = re.compile(
    r"^={70}\n(?P<kind>FAIL|ERROR): (?P<name>[^\n]+)\n.*?^-{70}\n(?P<said>.*?)(?=^(?:={70}|-{70})$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_PROGRESS = re.compile(r"^([.EFsxu]+)$|\.\.\. ([EF])(?:RROR|AIL)$", re.MULTILINE)
_RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)


def tests(log: str, place: Callable[[str], tuple[str, str]]) -> tuple[TestResult, ...]:
    """Return the results of the tests, those that failed by name; none where the log tells of no failure."""
    failed = _in_order(log, tuple(_test(found, place) for found in _BLOCK.finditer(log)))
    ran = _RAN.findall(log)
    others = max(0, int(ran[-1]) - len(failed)) if ran and failed else 0
    return failed + others * (TestResult(id=_UNNAMED, outcome=Outcome.PASSED),)


def _in_order(log: str, failed: tuple[TestResult, ...]) -> tuple[TestResult, ...]:
    """Return the tests as they were run, if the log shows it: unittest tells of all errors, then of all failures."""
    marks = "".join(dots or letter for dots, letter in _PROGRESS.findall(log.partition(f"\n{'=' * 70}\n")[0]))
    queues = {
        "E": [test for test in failed if test.outcome is Outcome.ERROR],
        "F": [test for test in failed if test.outcome is Outcome.FAILED],
    }
    if any(marks.count(mark) != len(queue) for mark, queue in queues.items()):
        return failed
    return tuple(queues[mark].pop(0) for mark in marks if mark in queues)


def _test(found: re.Match[str], place: Callable[[str], tuple[str, str]]) -> TestResult:
    said, (name, _, where) = found["said"].strip(), found["name"].partition(" (")
    # a module that cannot be imported is told of by unittest's own error, whose words are the traceback
    is_wrapped = not said.startswith(("Traceback", "+ Exception Group Traceback"))
    failure = exception(said.splitlines()) if is_wrapped else last_failure(said, place)
    return TestResult(
        id=where.partition(")")[0] or name,
        outcome=Outcome.FAILED if found["kind"] == "FAIL" else Outcome.ERROR,
        phase="call",
        failure=failure or Failure(type="", message=said),
    )
