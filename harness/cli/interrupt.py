"""Ctrl-C and SIGTERM: the first asks everything to stop, further ones wait for that."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from harness.process import Cancel


@contextmanager
def cancel_on_signal() -> Iterator[Cancel]:
    """Yield a switch that a signal sets; the signal also raises `KeyboardInterrupt`, once, even beyond the block."""
    cancel = Cancel()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not cancel.is_set():
            cancel.set()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if cancel.is_set() else handler)
