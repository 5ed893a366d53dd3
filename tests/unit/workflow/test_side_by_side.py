"""Many questions at once."""

from __future__ import annotations

import threading
import time

import pytest

from harness.errors import Interrupted
from harness.workflow.side_by_side import LOOKUPS, PATIENCE_S, side_by_side


def test_answers_come_in_order_of_the_questions() -> None:
    """Whoever is done first, and however many there are."""
    items = list(range(LOOKUPS * 5))
    assert side_by_side(lambda number: (time.sleep(0.001 * (number % 3)), number * 2)[1], items) == [
        number * 2 for number in items
    ]
    assert side_by_side(str, []) == []


def test_they_are_asked_side_by_side() -> None:
    """Each of as many questions as there are threads waits for all the others."""
    barrier = threading.Barrier(LOOKUPS, timeout=10)
    assert side_by_side(lambda _: barrier.wait() >= 0, range(LOOKUPS)) == [True] * LOOKUPS


def test_the_first_error_is_raised_once_those_under_way_have_answered() -> None:
    """Nothing goes on behind the back of whoever handles the error."""
    answered = []

    def ask(number: int) -> None:
        if number == 0:
            raise ValueError("the first")
        time.sleep(0.1)
        answered.append(number)

    with pytest.raises(ValueError, match="the first"):
        side_by_side(ask, range(3))
    assert answered == [1, 2] or answered == [2, 1]


def test_an_interrupt_does_not_wait_for_the_silent() -> None:
    """Somebody who never answers is left behind after a moment."""
    for_ever = threading.Event()

    def ask(number: int) -> None:
        if number == 0:
            raise Interrupted("interrupted")
        for_ever.wait(60)

    begun = time.monotonic()
    with pytest.raises(Interrupted):
        side_by_side(ask, range(3))
    assert time.monotonic() - begun < PATIENCE_S + 5
    for_ever.set()
