"""Reads the tests that failed under Django's own runner back from what it printed."""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.analysis.outside.tracebacks import last_failure
from harness.model.evidence import Failure, Outcome, TestResult

# unittest's way to print them since Python 2.1: a double line, what it is, a line, its traceback
_BLOCK = re.compile(
    r"^={70}\n(?P<kind>FAIL|ERROR): (?P<name>[^\n]+)\n.*?^-{70}\n(?P<said>.*?)(?=^(?:={70}|-{70})$|\Z)",
    re.MULTILINE | re.DOTALL,
)


def failures(log: str, place: Callable[[str], tuple[str, str]]) -> tuple[TestResult, ...]:
    """Return the results of the tests that failed; those that passed are not named."""
    return tuple(_test(found, place) for found in _BLOCK.finditer(log))


def _test(found: re.Match[str], place: Callable[[str], tuple[str, str]]) -> TestResult:
    name, _, where = found["name"].partition(" (")
    failure = last_failure(found["said"].rstrip(), place) or Failure(type="", message=found["said"].strip())
    outcome = Outcome.FAILED if found["kind"] == "FAIL" else Outcome.ERROR
    return TestResult(id=where.partition(")")[0] or name, outcome=outcome, phase="call", failure=failure)
