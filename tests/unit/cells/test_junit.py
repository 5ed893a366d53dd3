"""JUnit files of commands that cannot be observed, as evidence."""

from __future__ import annotations

from harness.cells.junit import evidence
from harness.model.evidence import Level, Outcome
from harness.model.protocol import parse

XML = b"""<testsuites><testsuite name="a"><testsuite name="nested">
<testcase classname="tests.T" name="test_good" time="0.5"/>
<testcase classname="tests.T" name="test_bad"><failure type="AssertionError" message="1 != 2">trace</failure></testcase>
<testcase classname="tests.T" name="test_broken"><error type="OSError" message="gone"/></testcase>
<testcase classname="tests.T" name="test_not"><skipped message="no reason"/></testcase>
</testsuite></testsuite></testsuites>"""
BLIND = [
    '{"e":"hello","protocol":1,"probe":"x","pid":1,"worker":"","run":1,"runner":"django","python":"3","sqlite":""}',
    '{"e":"bye","exit_status":0}',
]


def lines(data: bytes) -> list[str]:
    """A file of evidence as the reader takes it."""
    return data.decode().splitlines()


def test_tests_of_a_junit_file_are_evidence_of_its_own_level() -> None:
    """Outcomes, failures and reasons are carried over; the level says that nobody observed them."""
    seen = parse([lines(evidence(XML, python="3.12.1"))])
    assert (seen.level, seen.problems) == (Level.JUNIT, ())
    assert [(test.id, test.outcome) for test in seen.tests()] == [
        ("tests.T::test_good", Outcome.PASSED),
        ("tests.T::test_bad", Outcome.FAILED),
        ("tests.T::test_broken", Outcome.FAILED),
        ("tests.T::test_not", Outcome.SKIPPED),
    ]
    failure = seen.tests()[1].failure
    assert failure is not None
    assert (failure.type, failure.message) == ("AssertionError", "1 != 2")


def test_what_is_no_junit_file_is_no_evidence() -> None:
    """A file that was cut, or is something else, tells nothing."""
    assert evidence(XML[:100], python="3.12.1") == b""
    assert evidence(b"<html/>", python="3.12.1") == b""


def test_observed_tests_come_before_those_of_a_file() -> None:
    """Where the probe saw the tests, the file adds nothing and lowers nothing."""
    observed = [BLIND[0].replace('"django"', '"pytest-django"'), '{"e":"test","id":"a","outcome":"passed"}', BLIND[1]]
    seen = parse([observed, lines(evidence(XML, python="3.12.1"))])
    assert (seen.level, [test.id for test in seen.tests()]) == (Level.OBSERVED, ["a"])


def test_a_wrapper_that_saw_no_runner_is_no_evidence() -> None:
    """A script that never used Django's runner is known by its exit code, or by its JUnit file."""
    assert parse([BLIND]).level is Level.EXIT_CODE
    assert parse([BLIND, lines(evidence(XML, python="3.12.1"))]).level is Level.JUNIT
