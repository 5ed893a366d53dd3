"""Failures that are the same are listed once."""

from __future__ import annotations

from collections.abc import Callable

from harness.analysis.conclude import Conclusion
from harness.analysis.group import common_blame, groups
from harness.model.finding import Finding, Reach
from harness.model.record import Purpose
from harness.model.verdict import Blame, BlameFinding, State

Make = Callable[..., Conclusion]
EARNED = BlameFinding(blame=Blame.PYTEST_DJANGO, why="4.12 passes")
OPEN = BlameFinding(blame=Blame.UNDETERMINED, why="?", suspects=(Blame.PYTEST, Blame.PROJECT))


def test_one_signature_is_one_group(make_conclusion: Make) -> None:
    """Blame that was earned in one cell holds for all of them."""
    cells = [
        make_conclusion(State.FAIL, django="5.1", blame=OPEN),
        make_conclusion(State.FAIL, django="4.2", blame=EARNED),
        make_conclusion(State.FAIL, django="4.2", pytest_django="4.12", message="other", blame=OPEN),
        make_conclusion(State.PASS),
        make_conclusion(State.FLAKY),
        make_conclusion(State.FAIL, pytest_django="4.11", purpose=Purpose.DIAGNOSTIC),
    ]
    found = groups(cells)
    assert [len(group.cells) for group in found] == [2, 1]
    assert found[0].blame == EARNED
    assert [one.cell["django"] for one in found[0].cells] == ["4.2", "5.1"]


def test_expected_failures_are_apart_and_name_their_issue(make_conclusion: Make) -> None:
    """Last, since nobody has to act."""
    found = groups([make_conclusion(State.FAIL, issue="#1303"), make_conclusion(State.FAIL, django="4.2")])
    assert [(group.is_expected, group.issue) for group in found] == [(False, ""), (True, "#1303")]


def test_one_failure_with_a_cause_in_one_project_alone_is_two_groups(make_conclusion: Make) -> None:
    """The same missing table: one project makes none, and in another a package is to blame."""
    finding = Finding(cause="c", title="t", evidence="e", todo="d", path="p", reach=Reach.PROJECT, is_explaining=True)
    found = groups(
        [
            make_conclusion(
                State.FAIL, canary="empty", blame=BlameFinding(blame=Blame.PROJECT, why="e", finding=finding)
            ),
            make_conclusion(State.FAIL, canary="seed", blame=EARNED),
        ]
    )
    assert {group.cells[0].cell["canary"]: group.blame.blame for group in found} == {
        "empty": Blame.PROJECT,
        "seed": Blame.PYTEST_DJANGO,
    }


def test_errors_are_grouped_by_what_they_say(make_conclusion: Make) -> None:
    """They are in no group with failures."""
    found = groups([make_conclusion(State.ERROR), make_conclusion(State.FAIL)])
    assert {group.state for group in found} == {State.ERROR, State.FAIL}


def test_disagreement_blames_nobody() -> None:
    """And names both."""
    other = BlameFinding(blame=Blame.DJANGO, why="5.2 passes")
    found = common_blame([EARNED, OPEN, other])
    assert found.blame is Blame.UNDETERMINED
    assert found.suspects == (Blame.DJANGO, Blame.PYTEST_DJANGO)
    assert common_blame([OPEN]) == OPEN
    assert common_blame([]).blame is Blame.UNDETERMINED
