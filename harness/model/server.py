"""What the rooms `databases` and `cells` agree on about servers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from harness.model.spec import ProviderName

DjangoDatabases = Mapping[str, Mapping[str, Any]]
"""What goes into Django's ``DATABASES``: alias → entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerIdentity:
    """All about a server that decides an answer; known before it is started. Part of the run key."""

    provider: ProviderName
    source: str  # "wheel", "npm", "system", an image name, "url", or "interpreter" for SQLite
    version: str  # as exact as is known before start ("17.10"), else as requested
    digest: str = ""  # image id or checksum of the binaries
    settings: str = ""  # throw-away settings, as one string


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """No provider can serve a database here."""

    detail: str  # what was tried, a clause a provider
    remedy: str


class Server(Protocol):
    """A running server. Its methods may be called from several threads."""

    @property
    def identity(self) -> ServerIdentity: ...

    @property
    def version(self) -> str:
        """The server's own answer when asked, as it says it."""
        ...

    def is_alive(self) -> bool:
        """Tell, by asking, whether it still answers."""
        ...

    def log_tail(self) -> str:
        """Return the last lines of its log, for messages."""
        ...

    def lease(self, label: str, aliases: tuple[str, ...]) -> AbstractContextManager[DjangoDatabases]:
        """Give a role and a database per alias to one cell, and drop them afterwards.

        Raises:
            Infrastructure: the server does not answer.
        """
        ...


class Offer(Protocol):
    """A provider's promise that it can start a server."""

    @property
    def identity(self) -> ServerIdentity: ...

    def start(self, *, timeout_s: float) -> AbstractContextManager[Server]:
        """Start the server, ready for its first query on entry, removed on exit.

        Raises:
            Infrastructure: it did not come up; the message carries its last log lines.
        """
        ...
