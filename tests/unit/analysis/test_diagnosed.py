"""What the doctor found counts where it explains the failure, lies in the project, and the control allows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.analysis.blame import blame
from harness.analysis.conclude import Conclusion
from harness.analysis.control import Control
from harness.analysis.diagnosed import cause_in_project
from harness.model.finding import Examination, Finding, Reach
from harness.model.verdict import Blame, State

Make = Callable[..., Conclusion]
EMPTY = Finding(
    cause="empty-migrations-package",
    title="a migrations package without a migration",
    evidence="shop/migrations/ holds __init__.py and\n no migration: table shop_item is created by nothing.",
    todo="make the migrations of shop",
    path="shop/migrations/__init__.py",
    reach=Reach.PROJECT,
    is_explaining=True,
)


@pytest.fixture
def failing(make_conclusion: Make) -> Callable[..., Conclusion]:
    """Returns a builder of a failing cell for which the doctor found what is given; a keyword is its control."""

    def build(*findings: Finding, control: Control | None = None, state: State = State.FAIL) -> Conclusion:
        examination = Examination(doctor="0", findings=findings)
        return replace(make_conclusion(state), examination=examination, control=control)

    return build


def test_a_finding_that_explains_the_failure_blames_the_project(failing: Make) -> None:
    """The finding's sentence is the reason, on one line."""
    found = blame(failing(EMPTY, control=Control.FAILED_SAME), [])
    assert found.blame is Blame.PROJECT
    assert found.why == "shop/migrations/ holds __init__.py and no migration: table shop_item is created by nothing"
    assert found.finding == EMPTY


def test_a_neighbour_that_passes_is_told(failing: Make, make_conclusion: Make) -> None:
    """A finding that explains comes before versions (DESIGN §2), and the comparison is not kept from the reader."""
    one = replace(failing(EMPTY), exact=(("django", "5.1.1"), ("pytest-django", "4.13.0")))
    other = replace(
        make_conclusion(State.PASS, pytest_django="4.12"), exact=(("django", "5.1.1"), ("pytest-django", "4.12.0"))
    )
    assert blame(replace(one, examination=None), [other]).blame is not Blame.PROJECT
    found = blame(one, [other])
    assert found.blame is Blame.PROJECT
    assert "with pytest-django 4.12.0 in place of 4.13.0 alone it passes" in found.why


@pytest.mark.parametrize(
    "finding",
    [
        pytest.param(replace(EMPTY, is_explaining=False), id="explains nothing of it"),
        pytest.param(replace(EMPTY, path="", setting="--no-migrations"), id="an option that the matrix gives"),
    ],
)
def test_what_does_not_account_for_the_failure_blames_nobody(failing: Make, finding: Finding) -> None:
    """A regression of a package is not laid on a project for what else is wrong with it."""
    one = failing(finding)
    assert cause_in_project(one) is None
    assert blame(one, []).blame is Blame.UNDETERMINED


@pytest.mark.parametrize("reach", Reach)
@pytest.mark.parametrize("control", [*Control, None])
def test_the_control_may_speak_against_a_finding(failing: Make, reach: Reach, control: Control | None) -> None:
    """Empty migrations fail under Django's own runner, too; how pytest is configured means nothing to it."""
    against = {(Reach.PROJECT, Control.PASSED), (Reach.PYTEST, Control.FAILED_SAME)}
    found = cause_in_project(failing(replace(EMPTY, reach=reach), control=control))
    assert (found is None) == ((reach, control) in against)


def test_the_first_that_stands_is_the_cause(failing: Make) -> None:
    """They come with the deepest first."""
    shallow = replace(EMPTY, cause="other", reach=Reach.TESTS)
    assert cause_in_project(failing(EMPTY, shallow)) == EMPTY
    assert cause_in_project(failing(EMPTY, shallow, control=Control.PASSED)) == shallow


@pytest.mark.parametrize("state", [state for state in State if state is not State.FAIL])
def test_nothing_but_a_failure_is_explained(failing: Make, state: State) -> None:
    """A crash, a time-out or an error is no missing table."""
    assert cause_in_project(failing(EMPTY, state=state)) is None
