"""Waiting has an end."""

from __future__ import annotations

import threading
import time

from harness.workflow.bounded import bounded


def test_an_answer_is_returned() -> None:
    """As it is."""
    assert bounded(lambda: 7, timeout_s=5) == 7


def test_no_answer_is_none() -> None:
    """Whether it is an error, or does not come in time."""
    gate = threading.Event()
    begun = time.monotonic()
    assert bounded(lambda: gate.wait(20), timeout_s=0.1) is None
    assert bounded(lambda: 1 / 0, timeout_s=5) is None
    assert bounded(lambda: gate.wait(20), timeout_s=20, is_hopeful=lambda: False) is None
    assert time.monotonic() - begun < 5
    gate.set()
