"""Asks many things at once; an interrupt does not wait for those that never answer."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from harness.errors import Interrupted

LOOKUPS = 8  # side by side; they wait for the network, not for a core
PATIENCE_S = 2.0
"""What programs that were told to stop are given to do so; a silent index is not waited for any longer."""

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return the answers in order. The first error, in that order, is raised once all have answered."""
    futures = [Future[R]() for _ in items]
    todo = deque(zip(futures, items, strict=True))
    threads = [threading.Thread(target=_answer, args=(function, todo), daemon=True) for _ in items[:LOOKUPS]]
    for thread in threads:
        thread.start()
    deadline = math.inf
    try:
        return [future.result() for future in futures]
    except (KeyboardInterrupt, Interrupted):
        deadline = time.monotonic() + PATIENCE_S
        raise
    finally:
        todo.clear()
        for thread in threads:
            left_s = max(0.0, deadline - time.monotonic())
            thread.join(None if math.isinf(left_s) else left_s)


def in_background(function: Callable[[], R]) -> Future[R]:
    """Begin *function* beside what follows; its answer or error is had from the future."""
    future = Future[R]()
    todo = deque([(future, None)])
    threading.Thread(target=_answer, args=(lambda _: function(), todo), daemon=True).start()
    return future


def _answer(function: Callable[[T], R], todo: deque[tuple[Future[R], T]]) -> None:
    while True:
        try:
            future, item = todo.popleft()
        except IndexError:
            return
        try:
            future.set_result(function(item))
        except BaseException as error:  # noqa: BLE001  (raised where the answer is wanted)
            future.set_exception(error)
