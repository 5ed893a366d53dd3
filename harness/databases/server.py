"""A running server, however it came to be, that leases databases to cells."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.databases.endpoint import Administration
from harness.databases.names import lease_names, name_of_test
from harness.errors import Infrastructure
from harness.model.server import DjangoDatabases, ServerIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """See `harness.model.server.Server`. Calls share no state: each one opens its own connection."""

    identity: ServerIdentity
    version: str
    owner: str
    administration: Administration
    read_log: Callable[[], str]

    def is_alive(self) -> bool:
        """Tell, by asking for its version, whether it still answers."""
        try:
            return bool(self.administration.version())
        except Infrastructure:
            return False

    def log_tail(self) -> str:
        """Return the last lines of its log."""
        return self.read_log()

    @contextlib.contextmanager
    def lease(self, label: str, aliases: tuple[str, ...]) -> Iterator[DjangoDatabases]:
        """Give a role and a database per alias to one cell, and drop them afterwards.

        A lease of a server that has died meanwhile ends silently: there is nothing left to drop.

        Raises:
            Infrastructure: the server does not answer.
        """
        names = lease_names(self.owner, label, aliases)
        password = secrets.token_urlsafe(18)
        self.administration.create(names.role, password, [name for _, name in names.databases])
        try:
            yield {
                alias: {**self.administration.entry(name, names.role, password), "TEST": {"NAME": name_of_test(name)}}
                for alias, name in names.databases
            }
        finally:
            try:
                self.administration.drop(names.role)
            except Infrastructure:
                if self.is_alive():
                    raise
