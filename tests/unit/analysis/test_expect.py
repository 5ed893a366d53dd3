"""The table of DESIGN §2: state by expectation → verdict → exit code."""

from __future__ import annotations

import datetime as dt
from itertools import product

import pytest

from harness.analysis.expect import EXPECTABLE, code_of, exit_code, expected_state, judge, verdict
from harness.errors import ExitCode, UsageError
from harness.model.cell import Cell
from harness.model.condition import Condition
from harness.model.spec import Expectation
from harness.model.verdict import Judgement, Observation, State, Verdict

TODAY = dt.date(2026, 8, 10)
CELL = Cell.of({"django": "5.1", "pytest-django": "4.13", "mode": "xdist"})
EXACT = {"django": "5.1.4", "pytest-django": "4.13.0"}
FAILURES = (State.FAIL, State.TIMEOUT, State.CRASH)


def expectation(
    state: State = State.FAIL, *, django: str = "<5.2", until: dt.date | None = None, runner: str = ""
) -> Expectation:
    """Return an entry for the cell's Django."""
    when = Condition(terms=(("django", (django,)),))
    return Expectation(when=when, state=state.value, reason="known", issue="#1303", until=until, runner=runner)


def judged(state: State, *entries: Expectation) -> Judgement:
    """Hold the cell in *state* against the entries."""
    return judge(Observation(state=state), CELL, EXACT, entries, TODAY)


@pytest.mark.parametrize(
    ("state", "verdict_without", "code", "strict_code"),
    [
        (State.PASS, Verdict.AS_EXPECTED, 0, 0),
        (State.FAIL, Verdict.UNEXPECTED_FAILURE, 1, 1),
        (State.TIMEOUT, Verdict.UNEXPECTED_FAILURE, 1, 1),
        (State.CRASH, Verdict.UNEXPECTED_FAILURE, 1, 1),
        (State.FLAKY, Verdict.AS_EXPECTED, 0, 1),
        (State.UNRESOLVABLE, Verdict.AS_EXPECTED, 0, 0),
        (State.UNSUPPORTED, Verdict.AS_EXPECTED, 0, 0),
        (State.ERROR, Verdict.INDETERMINATE, 10, 10),
        (State.NOT_RUN, Verdict.INDETERMINATE, 10, 10),
    ],
)
def test_without_an_expectation(state: State, verdict_without: Verdict, code: int, strict_code: int) -> None:
    """Every state has its row."""
    found = judged(state)
    assert found.verdict is verdict_without
    assert found.expectation is None
    assert code_of(found) == code
    assert code_of(found, strict=True) == strict_code


@pytest.mark.parametrize(("state", "expected"), list(product(State, EXPECTABLE)))
def test_with_an_expectation(state: State, expected: State) -> None:
    """Every pair has exactly one verdict, as a second reading of the table says."""
    found = judged(state, expectation(expected)).verdict
    if state in (State.ERROR, State.NOT_RUN):
        wanted = Verdict.INDETERMINATE
    elif state is State.FLAKY:
        wanted = Verdict.AS_EXPECTED
    elif state is State.PASS:
        wanted = Verdict.AS_EXPECTED if expected in (State.PASS, State.FLAKY) else Verdict.UNEXPECTED_PASS
    elif state is expected:
        wanted = Verdict.EXPECTED_FAILURE if state in FAILURES else Verdict.AS_EXPECTED
    else:
        wanted = Verdict.UNEXPECTED_FAILURE
    assert found is wanted
    assert found is verdict(state, expected)


def test_a_pass_where_a_failure_is_declared_is_told_and_fails_strict_runs() -> None:
    """The entry has had its day."""
    found = judged(State.PASS, expectation())
    assert (code_of(found), code_of(found, strict=True)) == (ExitCode.OK, ExitCode.UNEXPECTED_PASS)


def test_declared_flakiness_does_not_fail_strict_runs() -> None:
    """It is what was said."""
    assert code_of(judged(State.FLAKY, expectation(State.FLAKY)), strict=True) is ExitCode.OK


def test_an_entry_counts_to_the_end_of_its_day() -> None:
    """On the day itself, not on the next; without a date of today, always."""
    assert judged(State.FAIL, expectation(until=TODAY)).verdict is Verdict.EXPECTED_FAILURE
    past = expectation(until=TODAY - dt.timedelta(days=1))
    assert judged(State.FAIL, past).verdict is Verdict.UNEXPECTED_FAILURE
    assert judge(Observation(state=State.FAIL), CELL, EXACT, [past]).verdict is Verdict.EXPECTED_FAILURE


def test_an_entry_for_other_cells_or_runners_does_not_count() -> None:
    """`when` holds on exact versions; a runner may be named."""
    assert judged(State.FAIL, expectation(django=">=5.2")).expectation is None
    assert judged(State.FAIL, expectation(runner="django")).expectation is None
    assert judged(State.FAIL, expectation(runner="pytest-django")).expectation is not None


def test_of_several_entries_the_one_that_is_met_counts() -> None:
    """Else the first."""
    crash, fail = expectation(State.CRASH), expectation(State.FAIL)
    assert judged(State.FAIL, crash, fail).expectation == fail
    assert judged(State.TIMEOUT, crash, fail).expectation == crash


def test_the_worst_code_wins() -> None:
    """1, 12, 10, 5, 0, in this order."""
    failure, passed, error = judged(State.FAIL), judged(State.PASS, expectation()), judged(State.ERROR)
    assert exit_code([passed, error, failure], strict=True) is ExitCode.UNEXPECTED_FAILURE
    assert exit_code([error, passed], strict=True) is ExitCode.UNEXPECTED_PASS
    assert exit_code([error, judged(State.PASS)]) is ExitCode.INDETERMINATE
    assert exit_code([judged(State.PASS)]) is ExitCode.OK


def test_nothing_is_not_success() -> None:
    """No cell: 5; a provider that is required and absent: 10."""
    assert exit_code([]) is ExitCode.NOTHING
    assert exit_code([], is_required_provider_absent=True) is ExitCode.INDETERMINATE
    assert exit_code([judged(State.PASS)], is_required_provider_absent=True) is ExitCode.INDETERMINATE


def test_a_project_that_does_not_build_fails_the_run() -> None:
    """No version is at fault, so what else passes does not make up for it."""
    assert exit_code([judged(State.PASS)], is_not_built=True) is ExitCode.UNEXPECTED_FAILURE


@pytest.mark.parametrize("text", ["failed", "error", "not-run", "", "PASS"])
def test_a_state_that_cannot_be_expected_is_refused(text: str) -> None:
    """With those that can."""
    with pytest.raises(UsageError, match="unresolvable"):
        expected_state(text)


def test_every_other_state_can_be_expected() -> None:
    """By its name."""
    assert [expected_state(state.value) for state in EXPECTABLE] == list(EXPECTABLE)
