"""From an observation to an answer: every state under every bad state."""

from __future__ import annotations

import pytest

from harness.analysis.bisect.answer import BAD_STATES, Answer, classify, followed
from harness.model.verdict import Observation, Signature, State

OURS = Signature(type="AttributeError", frame="a.py:f", message="no attribute 'x'")
THEIRS = Signature(type="TypeError", frame="b.py:g", message="argument")

G, B, O, U = Answer.GOOD, Answer.BAD, Answer.OTHER, Answer.UNKNOWN  # noqa: E741
TABLE = {
    State.FAIL: {"pass": G, "fail": B, "flaky": B, "timeout": O, "crash": O},
    State.TIMEOUT: {"pass": G, "fail": O, "flaky": O, "timeout": B, "crash": O},
    State.CRASH: {"pass": G, "fail": O, "flaky": O, "timeout": O, "crash": B},
    State.UNSUPPORTED: {"pass": G, "fail": G, "flaky": G, "timeout": G, "crash": G, "unsupported": B},
    State.UNRESOLVABLE: {"pass": G, "fail": G, "flaky": G, "timeout": G, "crash": G, "unresolvable": B},
}


@pytest.mark.parametrize("bad_state", BAD_STATES)
@pytest.mark.parametrize("state", State)
def test_every_state(bad_state, state) -> None:
    """An error or a cell that was not run is never good or bad."""
    expected = TABLE[bad_state].get(state.value, U)
    assert classify(Observation(state=state, signature=OURS), bad_state, None) is expected
    assert classify(Observation(state=state, signature=OURS), bad_state, OURS) is expected


@pytest.mark.parametrize("state", [State.FAIL, State.FLAKY])
def test_another_failure_is_other(state) -> None:
    """It is not the one that is followed, which may lie behind it."""
    assert classify(Observation(state=state, signature=THEIRS), State.FAIL, OURS) is Answer.OTHER


def test_the_first_bad_one_is_followed() -> None:
    """Not the signature of another state, nor a refusal, which has none."""
    seen = [
        Observation(state=State.PASS),
        Observation(state=State.CRASH, signature=THEIRS),
        Observation(state=State.FAIL, signature=OURS),
        Observation(state=State.FAIL, signature=THEIRS),
    ]
    assert followed(seen, State.FAIL) == OURS
    assert followed(seen, State.CRASH) == THEIRS
    assert followed(seen, State.TIMEOUT) is None
    assert followed([Observation(state=State.UNSUPPORTED)], State.UNSUPPORTED) is None
