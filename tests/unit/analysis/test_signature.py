"""Which failures are the same."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis.signature import LIMIT_CHARACTERS, is_test_frame, normalise, representative, signature
from harness.model.evidence import Failure, Frame, Outcome, TestResult

TEST = Frame(file="tests/test_users.py", line=3, function="test_create", origin="project")
MACHINERY = Frame(file="_pytest/python.py", line=159, function="pytest_pyfunc_call", origin="_pytest")
UNITTEST = Frame(file="unittest/case.py", line=7, function="assertTrue", origin="python")
DJANGO = Frame(file="django/db/backends/utils.py", line=89, function="_execute", origin="django")
MODEL = Frame(file="billing/models.py", line=12, function="save", origin="project")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("no such table: users", "no such table: users"),
        ("type object 'X' has no attribute 'y'", "type object 'X' has no attribute 'y'"),
        ('relation "users" does not exist', "relation 'users' does not exist"),
        (
            'relation "users" does not exist\nLINE 1: SELECT "users"."id" FROM "users"\n                 ^',
            "relation 'users' does not exist",
        ),
        ("(1146, \"Table 'test_harness_ab_c12.users' doesn't exist\")", "Table '<database>.users' doesn't exist"),
        ('database "harness_ab_c12" does not exist', "database '<database>' does not exist"),
        ("Field 'id' expected a number but got 'abc'.", "Field 'id' expected a number but got <text>."),
        ("invalid literal for int() with base 10: 'abc'", "invalid literal for int() with base <n>: <text>"),
        ("unable to open '/tmp/harness-1/db.sqlite3'", "unable to open <text>"),
        ("unable to open /tmp/harness-1/db.sqlite3", "unable to open <path>"),
        ("<Lock at 0x7f12ab> was not released", "<Lock at <address>> was not released"),
        ("no row 550e8400-e29b-41d4-a716-446655440000", "no row <uuid>"),
        ("took 1.5e-3 s, not 12 s", "took <n> s, not <n> s"),
        ("bad: [1, 2, 3]", "bad: [<n>, …]"),
        ("worker 'gw1' crashed", "worker <text> crashed"),
        ("got b'abc'", "got <text>"),
        ("gw1: not properly terminated", "<worker>: not properly terminated"),
        ("parent node ('users', '0001_initial')", "parent node ('users', '0001_initial')"),
        ("connection to postgres://localhost:5432/x failed", "connection to <url> failed"),
        ("\x1b[31mred\x1b[0m  and\n  spaced", "red and spaced"),
    ],
)
def test_a_message_loses_its_literals_and_keeps_its_names(message: str, expected: str) -> None:
    """Numbers, paths and values go; tables, attributes and migrations stay."""
    assert normalise(message) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no such table: users", "no such table: items"),
        ("'A' object has no attribute 'x'", "'A' object has no attribute 'y'"),
        ('relation "users" does not exist', 'relation "items" does not exist'),
    ],
)
def test_different_names_are_different_failures(one: str, other: str) -> None:
    """What a person would call two problems are two."""
    assert normalise(one) != normalise(other)


def test_everything_quoted_in_an_assertion_is_a_value() -> None:
    """Two values that differ make one failure, and pytest's illustration below them makes none."""
    first = "assert 'abc' == 'def'\n  - def\n  + abc"
    second = "assert 'uvw' == 'xyz'\n  - xyz\n  + uvw"
    assert normalise(first, "AssertionError") == normalise(second, "builtins.AssertionError")


def test_the_place_is_the_innermost_frame_of_a_package() -> None:
    """What runs the tests, and the tests themselves, are passed over; lines don't matter."""
    failure = Failure(type="django.db.utils.OperationalError", message="", frames=(MACHINERY, TEST, DJANGO, UNITTEST))
    moved = Failure(
        type=failure.type, message="", frames=tuple(dataclasses.replace(frame, line=999) for frame in failure.frames)
    )
    assert signature(failure).frame == "django/db/backends/utils.py:_execute"
    assert signature(failure) == signature(moved)


def test_the_projects_own_code_is_a_place() -> None:
    """A model that raises is where it went wrong."""
    failure = Failure(type="builtins.ValueError", message="", frames=(TEST, DJANGO, MODEL))
    assert signature(failure).frame == "billing/models.py:save"
    assert signature(failure).type == "ValueError"


def test_a_failure_of_test_code_alone_lies_in_the_test() -> None:
    """Assertions in two tests are two failures."""
    failure = Failure(type="builtins.AssertionError", message="False is not true", frames=(MACHINERY, TEST, UNITTEST))
    assert signature(failure).frame == "tests/test_users.py:test_create"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("tests/helpers.py", True),
        ("app/tests.py", True),
        ("app/test_models.py", True),
        ("app/models_test.py", True),
        ("conftest.py", True),
        ("app\\tests\\x.py", True),
        ("app/models.py", False),
        ("config/settings/test.py", False),
        ("contest/models.py", False),
    ],
)
def test_what_a_test_file_is(file: str, *, expected: bool) -> None:
    """By the names that pytest and Django look for; a settings module called test is none."""
    assert is_test_frame(Frame(file=file, line=1, function="f", origin="project")) is expected


def test_the_commonest_signature_stands_for_a_cell() -> None:
    """The first of several equally common ones; tests that did not fail don't count."""

    def failing(message: str) -> TestResult:
        return TestResult(id="t", outcome=Outcome.FAILED, failure=Failure(type="E", message=message))

    found = representative([failing("a"), failing("b"), failing("b"), TestResult(id="t", outcome=Outcome.PASSED)])
    assert found is not None
    assert (found[0].message, found[1]) == ("b", 2)
    tie = representative([failing("a"), failing("b")])
    assert tie is not None
    assert tie[0].message == "a"
    assert representative([TestResult(id="t", outcome=Outcome.SKIPPED)]) is None


@settings(deadline=None)
@given(st.text(max_size=600))
def test_any_message_can_be_normalised(message: str) -> None:
    """What comes out of a cell may be anything; the result is bounded and one line."""
    text = normalise(message)
    assert len(text) <= LIMIT_CHARACTERS
    assert "\n" not in text


@settings(deadline=None)
@given(st.integers(), st.integers())
def test_numbers_never_tell_failures_apart(one: int, other: int) -> None:
    """Whatever the numbers are."""
    assert normalise(f"expected {one} rows") == normalise(f"expected {other} rows")
