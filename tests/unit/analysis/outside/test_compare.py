"""What came back outside, and whether it is what the record says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.asked import Asked
from harness.analysis.outside.compare import Answer, Leavings, Left, compare, observe_outside
from harness.analysis.outside.tracebacks import Whereabouts
from harness.model.command_line import Watch
from harness.model.evidence import JUNIT, Failure, Outcome, ProcessEvidence, TestResult
from harness.model.record import Attempt, Ended, Purpose, Runner
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, Mode
from harness.model.verdict import Observation, Signature, State

ASKED = Asked(
    mode=Mode.MIGRATIONS,
    canary=CanarySpec(name="shop", path=Path("shop"), settings="settings"),
    database=DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE, version="memory"),
)
WHERE = Whereabouts(scratch="/s", name="shop")
DRAFT = Attempt(
    run_key="",
    cell_id="canary=shop",
    exact=(),
    runner=Runner.PYTEST,
    purpose=Purpose.MATRIX,
    started_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    ended=Ended.EXITED,
)
GOOD = b'<testsuites><testsuite><testcase classname="t" name="a" file="t.py"/></testsuite></testsuites>'
TRACE = """Traceback (most recent call last):
  File "/s/x/shop/app/models.py", line 3, in save
    boom()
{said}
"""


def bad(said: str) -> bytes:
    """Return the results of a run in which one of two tests failed with *said* as its last line."""
    failure = f'<failure message="x">{TRACE.format(said=said)}</failure>'
    case = f'<testcase classname="t" name="b" file="t.py">{failure}</testcase>'
    return GOOD.replace(b"</testsuite>", case.encode() + b"</testsuite>", 1)


def seen(*runs: Left, log: str = "", **fields: Any) -> Observation:
    """Return what runs came to."""
    return observe_outside(Leavings(runs=runs, log=log, **fields), DRAFT, ASKED, WHERE)


def test_a_pass_is_a_pass() -> None:
    """Every run ended with 0 and its results are there."""
    assert seen(Left(code=0, xml=GOOD), Left(code=0, xml=GOOD)).state is State.PASS


def test_a_failing_test_gives_the_signature_that_the_probe_gives() -> None:
    """Type, frame in the project, message without its literals."""
    found = seen(Left(code=1, xml=bad("app.errors.Lost: no row 17")))
    assert found.state is State.FAIL
    assert found.reason.startswith("1 of 2 failed: ")
    assert found.signature == Signature(type="app.errors.Lost", frame="app/models.py:save", message="no row <n>")


def test_a_server_that_django_refuses_is_unsupported() -> None:
    """By Django's own words, as in a cell."""
    words = "PostgreSQL 14 or later is required (found 13.22)."
    found = seen(Left(code=1, xml=bad(f"django.db.utils.NotSupportedError: {words}")))
    assert (found.state, found.reason) == (State.UNSUPPORTED, words)


def test_what_ends_pytest_before_its_tests_is_in_the_log() -> None:
    """Settings that do not import: there are no results, but a traceback."""
    found = seen(Left(code=1), log="some words\n" + TRACE.format(said="KeyError: 'SECRET'"))
    assert found.signature == Signature(type="KeyError", frame="app/models.py:save", message="'SECRET'")


@pytest.mark.parametrize(
    ("left", "message"),
    [(Left(code=139), "signal 11"), (Left(code=0), "no end of the evidence"), (Left(code=7), "no end of the evidence")],
    ids=["signal", "vanished", "vanished with a code"],
)
def test_an_interpreter_that_dies_is_a_crash(left: Left, message: str) -> None:
    """By a signal as sh tells it, or without a word though pytest writes results at its end."""
    found = seen(left)
    assert found.signature is not None
    assert (found.state, found.signature.message) == (State.CRASH, message)


def test_other_ends() -> None:
    """Late, unprepared, no tests, usage."""
    assert seen(Left(code=None), is_late=True).state is State.TIMEOUT
    unprepared = seen(unprepared="`python manage.py x`, before the tests, ended with code 1")
    assert unprepared.signature is not None
    assert unprepared.signature.type == "unprepared"
    for code in (4, 5):
        found = seen(Left(code=code))
        assert found.signature is not None
        assert (found.state, found.signature.type) == (State.FAIL, "exit-code")


def of(state: State, kind: str = "", frame: str = "f", message: str = "m") -> Observation:
    """Return an observation."""
    signature = Signature(type=kind, frame=frame, message=message) if kind else None
    return Observation(state=state, signature=signature)


@pytest.mark.parametrize(
    ("expected", "came", "answer"),
    [
        (of(State.PASS), of(State.PASS), Answer.SAME),
        (of(State.PASS), of(State.FAIL, "A"), Answer.DIFFERENT),
        (of(State.FAIL, "A"), of(State.FAIL, "A"), Answer.SAME),
        (of(State.FAIL, "A"), of(State.FAIL, "B"), Answer.DIFFERENT),
        (of(State.FAIL, "A"), of(State.FAIL, "A", message="other"), Answer.DIFFERENT),
        (of(State.FAIL, "A"), of(State.FAIL, "A", frame="other"), Answer.DIFFERENT),
        (of(State.FAIL, "A"), of(State.PASS), Answer.DIFFERENT),
        (of(State.FAIL, "A"), of(State.UNSUPPORTED), Answer.DIFFERENT),
        (of(State.UNSUPPORTED), of(State.UNSUPPORTED), Answer.SAME),
        (of(State.FLAKY, "A"), of(State.PASS), Answer.SAME),
        (of(State.FLAKY, "A"), of(State.FAIL, "A"), Answer.SAME),
        (of(State.FLAKY, "A"), of(State.FAIL, "B"), Answer.DIFFERENT),
        (of(State.FAIL, "reuse-db"), of(State.PASS), Answer.UNCOMPARED),
        (of(State.FAIL, "reuse-db"), of(State.FAIL, "A"), Answer.UNCOMPARED),
        (of(State.TIMEOUT, "timeout"), of(State.TIMEOUT, "timeout", frame=""), Answer.SAME),
        (of(State.TIMEOUT, "timeout"), of(State.PASS), Answer.DIFFERENT),
        (of(State.CRASH, "crash", message="signal 11"), of(State.CRASH, "crash", "", "signal 11"), Answer.SAME),
        (of(State.CRASH, "crash", message="signal 11"), of(State.CRASH, "crash", "", "signal 6"), Answer.DIFFERENT),
        (of(State.ERROR, "infrastructure"), of(State.PASS), Answer.UNCOMPARED),
    ],
)
def test_same_or_different(expected: Observation, came: Observation, answer: Answer) -> None:
    """The same state with the same signature; where only the probe could tell, nobody claims to know."""
    found, why = compare(expected, came)
    assert found is answer
    assert why or answer is Answer.SAME


def test_a_run_by_djangos_runner_gives_the_signature_that_the_probe_gives() -> None:
    """Of the failures that it prints; where it did not come to its tests, of the traceback that ended it."""
    line = "-" * 70
    block = f"{'=' * 70}\nERROR: test_b (t.T.test_b)\n{line}\n{TRACE.format(said='app.errors.Lost: no row 17')}"
    log = f"Found 2 test(s).\n.E\n{block}\n{line}\nRan 2 tests in 0.1s\n\nFAILED (errors=1)\n"
    for watch in (Watch.DJANGO, Watch.SCRIPT):
        found = seen(Left(code=1, watch=watch), log=log)
        assert found.reason.startswith("1 of 2 failed: ")
        assert found.signature == Signature(type="app.errors.Lost", frame="app/models.py:save", message="no row <n>")
        ended = seen(Left(code=1, watch=watch), log=TRACE.format(said="KeyError: 'SECRET'"))
        assert ended.signature == Signature(type="KeyError", frame="app/models.py:save", message="'SECRET'")


def test_of_any_other_command_the_exit_code_is_known() -> None:
    """Whatever it prints, unless pytest ran below it, or it wrote a file of its own."""
    trace = TRACE.format(said="KeyError: 'SECRET'")
    found = seen(Left(code=3, watch=Watch.ASIDE), log=trace)
    assert found.signature == Signature(type="exit-code", frame="", message="code 3")
    assert seen(Left(code=0, watch=Watch.ASIDE)).state is State.PASS
    below = seen(Left(code=1, watch=Watch.ASIDE, xml=bad("app.errors.Lost: no row 17")))
    assert below.signature is not None
    assert below.signature.type == "app.errors.Lost"
    assert seen(Left(code=139, watch=Watch.ASIDE)).state is State.CRASH
    told = seen(Left(code=3, watch=Watch.ASIDE), reported=reported("KeyError"))
    assert told.signature == Signature(type="KeyError", frame="", message="odd")
    both = seen(Left(code=1, xml=bad("app.errors.Lost: no row 17")), reported=reported("KeyError"))
    assert both.signature == below.signature


def reported(kind: str) -> ProcessEvidence:
    """Return what a JUnit file of a project's own tells: one test that failed."""
    test = TestResult(id="a", outcome=Outcome.FAILED, failure=Failure(type=kind, message="odd"))
    return ProcessEvidence(
        probe="", pid=0, worker="", run=1, runner=JUNIT, python="", sqlite="", tests=(test,), is_complete=True
    )


def test_two_commands_of_one_run_are_one() -> None:
    """Where one of them has no tests, the other's count; a run of the mode without any is a failure."""
    empty = b"<testsuites><testsuite/></testsuites>"
    assert seen(Left(code=0, xml=GOOD), Left(code=0, xml=empty)).state is State.PASS
    found = seen(Left(code=0, xml=GOOD), Left(code=0, xml=empty, run=2))
    assert found.signature is not None
    assert found.signature.type == "no-tests"


CODE_3 = of(State.FAIL, "exit-code", "", "code 3")


@pytest.mark.parametrize(
    ("expected", "came", "is_same", "answer"),
    [
        (of(State.PASS), of(State.PASS), True, Answer.SAME),
        (of(State.PASS), CODE_3, False, Answer.DIFFERENT),
        (CODE_3, of(State.PASS), False, Answer.DIFFERENT),
        (of(State.FAIL, "A"), CODE_3, True, Answer.SAME),
        (CODE_3, of(State.FAIL, "A"), True, Answer.SAME),
        (CODE_3, of(State.CRASH, "crash", "", "signal 9"), False, Answer.DIFFERENT),
        (of(State.FAIL, "A"), CODE_3, False, Answer.DIFFERENT),
        (of(State.FAIL, "A"), of(State.FAIL, "A"), True, Answer.SAME),
        (of(State.FAIL, "A"), of(State.FAIL, "B"), True, Answer.DIFFERENT),
        (of(State.ERROR, "mismatch"), of(State.PASS), True, Answer.UNCOMPARED),
    ],
)
def test_exit_codes_are_compared_where_there_is_no_more(
    expected: Observation, came: Observation, is_same: bool, answer: Answer
) -> None:
    """And it is said; where both sides know an exception, those are."""
    found, why = compare(expected, came, by_code=is_same)
    assert found is answer
    is_blind = came == expected == of(State.PASS) or (CODE_3 in (expected, came) and answer is Answer.SAME)
    assert ("by its exit code alone" in why) == is_blind


def test_what_the_tests_say_is_known_of_pytest_and_of_files() -> None:
    """The command that came last tells."""
    aside = Left(code=1, watch=Watch.ASIDE)
    assert Leavings(runs=(aside, Left(code=0)), log="").is_seen
    assert not Leavings(runs=(Left(code=0), aside), log="").is_seen
    assert Leavings(runs=(aside,), log="", reported=reported("A")).is_seen
    assert Leavings(runs=(Left(code=0), aside), log="").code == 1
