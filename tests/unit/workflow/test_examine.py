"""The doctor is asked about failures that it was not asked about, and about nothing else."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.analysis.conclude import Conclusion
from harness.model.cell import Cell
from harness.model.finding import Examination
from harness.model.record import Purpose
from harness.model.spec import Engine
from harness.model.verdict import Judgement, Observation, Signature, State, Verdict
from harness.workflow.examine import digest, examine
from harness.workflow.session import Session

NOBODY = cast("Session", SimpleNamespace())
"""A session that can do nothing: whoever asks anything of it fails."""


def conclusion(state: State, **fields: Any) -> Conclusion:
    """Return a cell in a state."""
    signature = Signature(type="OperationalError", frame="f", message="no such table: users")
    return Conclusion(
        cell=Cell.of({"canary": "seed", "django": "5.1"}),
        exact=(),
        engine=Engine.SQLITE,
        provider="sqlite",
        judgement=Judgement(
            observation=Observation(state=state, signature=None if state is State.PASS else signature),
            verdict=Verdict.AS_EXPECTED,
        ),
        **fields,
    )


@pytest.mark.parametrize("state", [state for state in State if state is not State.FAIL])
def test_where_nothing_fails_nothing_is_done(state: State) -> None:
    """No copy, no inspector, not even the digest of the rules; a crash or an error is not the doctor's."""
    assert examine(NOBODY, [conclusion(state)]) == frozenset()


def test_a_neighbours_failure_is_not_looked_at() -> None:
    """It is there to be compared with."""
    assert examine(NOBODY, [conclusion(State.FAIL, purpose=Purpose.DIAGNOSTIC)]) == frozenset()


def test_what_todays_rules_were_asked_is_not_asked_again() -> None:
    """The examination is kept with the attempt; other rules may find more, so they are asked."""
    known = conclusion(State.FAIL, examination=Examination(doctor=digest()))
    assert examine(NOBODY, [known]) == frozenset()
    with pytest.raises(AttributeError):
        examine(NOBODY, [known, replace(known, examination=Examination(doctor="yesterday's"))])


def test_a_doctor_that_trips_takes_nothing_away() -> None:
    """Whatever goes wrong in it is told, and the run goes on."""
    told: list[str] = []
    watcher = SimpleNamespace(stage=lambda text: None, note=told.append)
    session = cast("Session", SimpleNamespace(watcher=watcher, executor=SimpleNamespace(map=map)))
    examine(session, [conclusion(State.FAIL)])
    (words,) = told
    assert words.startswith("the doctor failed on canary=seed,django=5.1, a bug of the harness")
    assert "AttributeError" in words
