"""Waits for an answer that may never come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def bounded(ask: Callable[[], T], *, timeout_s: float) -> T | None:
    """Return what *ask* returns, None where it raises or does not return in time: then it is left alone."""
    answers: list[T] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception:  # noqa: BLE001  (of a library's network: whatever it is, there is no answer)
            return

    thread = threading.Thread(target=run, name="bounded", daemon=True)
    thread.start()
    thread.join(timeout_s)
    return answers[0] if answers else None
