"""What the state of a cell says about a release."""

from __future__ import annotations

from harness.analysis.bisect.answer import Answer
from harness.model.verdict import State
from harness.workflow.bounds_asking import answer_of


def test_only_what_was_reached_and_failed_is_bad() -> None:
    """What cannot be resolved, installed or told is unknown, and so is what fails at times."""
    told = {answer: {state for state in State if answer_of(state) is answer} for answer in Answer}
    assert told[Answer.GOOD] == {State.PASS}
    assert told[Answer.BAD] == {state for state in State if state.is_failure}
    assert told[Answer.OTHER] == set()
