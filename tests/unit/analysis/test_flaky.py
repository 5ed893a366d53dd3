"""Cells that answer differently though nothing changed."""

from __future__ import annotations

from harness.analysis.flaky import Seen, Unsteady, unsteady
from harness.model.verdict import State


def seen(*states: State, lock: str = "a", is_reused: bool = False) -> tuple[Seen, ...]:
    """Answers in runs 1, 2, …"""
    return tuple(Seen(run=n, state=state, is_reused=is_reused, lock=lock) for n, state in enumerate(states, 1))


def test_pass_and_fail_on_one_lock() -> None:
    """Both on the same lock, or flaky within a run: listed, the worst first. Errors are no answers."""
    found = unsteady(
        {
            "both": seen(State.PASS, State.FAIL, State.PASS, State.ERROR),
            "within": seen(State.FLAKY, State.FLAKY, State.FLAKY),
            "steady": seen(State.PASS, State.PASS),
            "always": seen(State.FAIL, State.FAIL),
        }
    )

    assert found == (
        Unsteady(cell="within", runs=3, passing=0, failing=0, flaky=3, first=1, last=3),
        Unsteady(cell="both", runs=3, passing=2, failing=1, flaky=0, first=2, last=2),
    )


def test_other_locks_and_reused_answers_do_not_count() -> None:
    """A failure after an update is no noise, nor is an old answer told twice."""
    updated = (*seen(State.PASS), *seen(State.FAIL, lock="b"))
    reused = (*seen(State.PASS), *seen(State.FAIL, is_reused=True))

    assert unsteady({"updated": updated, "reused": reused}) == ()
