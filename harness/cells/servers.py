"""The servers of one run: one per database, started when first wanted, shared by its cells, restarted once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from types import TracebackType

from harness.errors import Infrastructure
from harness.model.server import Offer, Server

RESTARTS = 1


class ServerPool:
    """Starts each offer's server at most once (and once more after its death) and removes all on exit."""

    def __init__(self, offers: Mapping[str, Offer], *, timeout_s: float) -> None:
        self._offers = dict(offers)
        self._timeout_s = timeout_s
        self._locks = {name: threading.Lock() for name in offers}
        self._running: dict[str, tuple[Server, ExitStack]] = {}
        self._starts: dict[str, int] = dict.fromkeys(offers, 0)
        self._failed: dict[str, Infrastructure] = {}
        self._warmers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="server")

    def __enter__(self) -> ServerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._warmers.shutdown(wait=True, cancel_futures=True)
        with ThreadPoolExecutor(max_workers=8) as closers:
            list(closers.map(lambda entry: entry[1].close(), self._running.values()))
        self._running.clear()

    def warm(self, names: Iterable[str]) -> None:
        """Start servers in the background, side by side."""
        for name in names:
            self._warmers.submit(self._try, name)

    def get(self, name: str) -> Server:
        """Return the running server of a database, starting it if need be.

        Raises:
            Infrastructure: it does not start, or died more often than it is restarted.
        """
        with self._locks[name]:
            if name in self._failed:
                raise self._failed[name]
            if name in self._running:
                return self._running[name][0]
            return self._start(name)

    def replace(self, name: str, dead: Server) -> None:
        """Forget a server that no longer answers, so that the next `get` starts another; once per database."""
        with self._locks[name]:
            entry = self._running.get(name)
            if entry is None or entry[0] is not dead:
                return  # somebody else saw it first
            del self._running[name]
            if self._starts[name] > RESTARTS:
                self._failed[name] = Infrastructure(
                    f"the server of {name} died again after it was restarted; its last words:\n{dead.log_tail()}"
                )
            entry[1].close()  # after its last words were read: the log goes with it

    def _try(self, name: str) -> None:
        with suppress(Infrastructure):  # kept in _failed: the cells that need it say so
            self.get(name)

    def _start(self, name: str) -> Server:
        self._starts[name] += 1
        stack = ExitStack()
        try:
            server = stack.enter_context(self._offers[name].start(timeout_s=self._timeout_s))
        except Infrastructure as error:
            stack.close()
            self._failed[name] = error
            raise
        self._running[name] = (server, stack)
        return server
