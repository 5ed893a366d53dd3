"""Waits for an answer that may never come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.1


def bounded(ask: Callable[[], T], *, timeout_s: float, is_hopeful: Callable[[], bool] = lambda: True) -> T | None:
    """Return what *ask* returns, None where it raises or does not return in time: then it is left alone.

    *is_hopeful* is asked now and then; once it says no, there is no sense in waiting.
    """
    answers: list[T] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception:  # noqa: BLE001  (of a library's network: whatever it is, there is no answer)
            return

    thread = threading.Thread(target=run, name="bounded", daemon=True)
    thread.start()
    deadline = time.monotonic() + timeout_s
    while thread.is_alive() and time.monotonic() < deadline and is_hopeful():
        thread.join(POLL_S)
    return answers[0] if answers else None
