"""What a search may be told about one point of a history."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol, assert_never

from harness.model.verdict import Observation, Signature, State


class Answer(Enum):
    """One point: good, bad, or nothing that helps the search."""

    GOOD = "good"
    BAD = "bad"
    OTHER = "other"  # it fails, but not with the failure that is followed: that one may lie behind it
    UNKNOWN = "unknown"  # it could not be tried, or trying it said nothing

    @property
    def is_known(self) -> bool:
        """Tell whether the search can go by it."""
        return self in (Answer.GOOD, Answer.BAD)


class Asker(Protocol):
    """Finds out about points of a history; the one thing that a search needs from the world."""

    def ask(self, points: tuple[int, ...]) -> tuple[Answer, ...]:
        """Return the answers for *points*, in their order. They may be looked into side by side."""
        ...


BAD_STATES = (State.FAIL, State.TIMEOUT, State.CRASH, State.UNSUPPORTED, State.UNRESOLVABLE)
"""What ``--bad-state`` may name."""


def followed(observations: Sequence[Observation], bad_state: State) -> Signature | None:
    """Return the signature to follow: that of the first observation in the bad state, None if there is none."""
    found = (one.signature for one in observations if _is_in(one, bad_state))
    return next((signature for signature in found if signature is not None), None)


def classify(observation: Observation, bad_state: State, signature: Signature | None) -> Answer:
    """Return the answer that an observation gives; *signature* is followed, None where none was met yet.

    A failure that passed on its retry is bad: a release without the fault does not fail with it. Where bad means that
    something was refused before the tests began, a failing test is good: it was not refused.
    """
    if _is_in(observation, bad_state):
        is_same = signature is None or observation.signature == signature
        return Answer.BAD if is_same else Answer.OTHER
    match observation.state:
        case State.PASS:
            return Answer.GOOD
        case State.FAIL | State.TIMEOUT | State.CRASH | State.FLAKY:
            return Answer.GOOD if bad_state in (State.UNSUPPORTED, State.UNRESOLVABLE) else Answer.OTHER
        case State.UNSUPPORTED | State.UNRESOLVABLE | State.ERROR | State.NOT_RUN:
            return Answer.UNKNOWN
        case _:
            assert_never(observation.state)


def _is_in(observation: Observation, bad_state: State) -> bool:
    return observation.state is bad_state or (bad_state is State.FAIL and observation.state is State.FLAKY)
