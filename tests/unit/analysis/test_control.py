"""What a control says, and when it says nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.analysis.control import Control, control_says, dotted
from harness.analysis.observe import observe
from harness.model.evidence import Outcome, TestResult
from harness.model.record import Ended, Purpose, Runner, Trial

Make = Callable[..., Any]
CREATE = "tests/test_users.py::UserTests::test_create"


@pytest.fixture
def says(make_trial: Make, make_asked: Make, make_process: Make) -> Callable[..., Control]:
    """Returns a function from the tests of both runners to what the control says."""

    def compare(ours: tuple[TestResult, ...], theirs: tuple[TestResult, ...], **control: Any) -> Control:
        asked = make_asked()
        failing = make_trial(processes=[make_process(tests=ours, collected=len(ours))], exit_code=1)
        code = int(any(test.outcome in (Outcome.FAILED, Outcome.ERROR) for test in theirs))
        fields = {"runner": Runner.DJANGO, "purpose": Purpose.CONTROL, "exit_code": code} | control
        other: Trial = make_trial(processes=[make_process(tests=theirs)], **fields)
        return control_says(failing, observe(failing, asked), other, asked)

    return compare


def passed(test_id: str) -> TestResult:
    """Return a test that passed."""
    return TestResult(id=test_id, outcome=Outcome.PASSED)


def test_the_same_test_passing_is_a_pass(says: Callable[..., Control], make_failing_test: Make) -> None:
    """It narrows the cause to what the control does without."""
    assert says((make_failing_test(CREATE),), (passed(CREATE),)) is Control.PASSED


def test_either_spelling_of_an_id_will_do(says: Callable[..., Control], make_failing_test: Make) -> None:
    """unittest's names and pytest's; and the folder that they start at may differ."""
    assert says((make_failing_test(CREATE),), (passed("tests.test_users.UserTests.test_create"),)) is Control.PASSED
    assert says((make_failing_test(CREATE),), (passed("test_users.UserTests.test_create"),)) is Control.PASSED


def test_the_same_failure_is_told_from_another(says: Callable[..., Control], make_failing_test: Make) -> None:
    """By its signature."""
    failing = make_failing_test(CREATE)
    assert says((failing,), (failing,)) is Control.FAILED_SAME
    other = make_failing_test(CREATE, message="something else entirely")
    assert says((failing,), (other,)) is Control.FAILED_OTHER


def test_a_control_that_ran_no_or_other_tests_is_inconclusive(
    says: Callable[..., Control], make_failing_test: Make
) -> None:
    """A function of pytest's, a passing class: nothing is learnt of the function."""
    function = make_failing_test("tests/test_users.py::test_function")
    other = passed("tests/test_users.py::OtherTests::test_other")
    assert says((function,), ()) is Control.INCONCLUSIVE
    assert says((function,), (other,)) is Control.INCONCLUSIVE
    assert says((function, other), (other,)) is Control.INCONCLUSIVE
    assert says((make_failing_test(CREATE),), (passed(CREATE), passed("more.tests.T.test_x"))) is Control.INCONCLUSIVE


def test_a_skipped_test_was_not_run(says: Callable[..., Control], make_failing_test: Make) -> None:
    """Neither is a failure of the session a test."""
    other = passed("tests/test_users.py::OtherTests::test_other")
    skipped = TestResult(id=CREATE, outcome=Outcome.SKIPPED)
    assert says((make_failing_test(CREATE), other), (skipped, other)) is Control.INCONCLUSIVE
    assert says((make_failing_test(CREATE),), (make_failing_test("(load)"),)) is Control.INCONCLUSIVE


def test_a_control_says_nothing_of_a_skip_that_was_not_declared(
    make_trial: Make, make_asked: Make, make_process: Make
) -> None:
    """It may have run every other test, but not the one that decides."""
    asked = make_asked()
    skipped = TestResult(id="tests/check_style.py::test_skips", outcome=Outcome.SKIPPED, reason="no reason")
    failing = make_trial(processes=[make_process(tests=(passed(CREATE), skipped), collected=2)])
    control = make_trial(
        processes=[make_process(tests=(passed(CREATE),))], runner=Runner.DJANGO, purpose=Purpose.CONTROL
    )
    observation = observe(failing, asked)
    assert observation.signature is not None
    assert observation.signature.type == "undeclared-skip"
    assert control_says(failing, observation, control, asked) is Control.INCONCLUSIVE


def test_a_control_that_did_not_end_well_is_inconclusive(says: Callable[..., Control], make_failing_test: Make) -> None:
    """An error of ours says nothing."""
    failing = make_failing_test(CREATE)
    assert says((failing,), (passed(CREATE),), ended=Ended.INFRASTRUCTURE) is Control.INCONCLUSIVE
    assert says((failing,), (passed(CREATE),), ended=Ended.CANCELLED) is Control.INCONCLUSIVE


def test_a_module_that_pytest_could_not_collect_is_matched_by_its_tests(
    says: Callable[..., Control], make_failing_test: Make
) -> None:
    """They are what failed."""
    module = make_failing_test("tests/test_users.py")
    assert says((module,), (passed(CREATE),)) is Control.PASSED


def test_a_test_under_way_when_the_interpreter_died_counts_as_failed(
    make_trial: Make, make_asked: Make, make_process: Make
) -> None:
    """A control that passes it says something."""
    asked = make_asked()
    crashed = make_trial(
        processes=[make_process(tests=(), running=(CREATE,), is_complete=False)], ended=Ended.SIGNALLED, exit_code=-11
    )
    control = make_trial(
        processes=[make_process(tests=(passed(CREATE),))], runner=Runner.DJANGO, purpose=Purpose.CONTROL
    )
    assert control_says(crashed, observe(crashed, asked), control, asked) is Control.PASSED


@pytest.mark.parametrize(
    ("test_id", "expected"),
    [
        ("tests/test_a.py::T::test_x[a/b-1]", "tests.test_a.T.test_x"),
        ("tests\\test_a.py::T::test_x", "tests.test_a.T.test_x"),
        ("./tests/test_a.py", "tests.test_a"),
        ("tests.test_a.T.test_x", "tests.test_a.T.test_x"),
        ("setUpClass (tests.test_a.T)", "tests.test_a.T"),
        ("unittest.loader._FailedTest.tests.test_a", "tests.test_a"),
    ],
)
def test_ids_have_one_spelling(test_id: str, expected: str) -> None:
    """unittest's."""
    assert dotted(test_id) == expected
