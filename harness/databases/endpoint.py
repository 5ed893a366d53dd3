"""Where a server listens, and as whom to administer it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Imitated:
    """A role of somebody's own server, to be had on a throw-away one under the same name, with its databases."""

    role: str
    password: str = field(repr=False)
    may_create_databases: bool
    is_superuser: bool
    databases: tuple[str, ...]  # empty ones of these names belong to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An administrator's access to a server. The password does not show in its ``repr``."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str = ""
    options: tuple[tuple[str, str], ...] = ()  # the driver's, e.g. sslmode

    def mask(self, text: str) -> str:
        """Return *text* without the password."""
        return text.replace(self.password, "***") if self.password else text


class Administration(Protocol):
    """What is done to a server as its administrator. Each call opens and closes a connection of its own.

    Raises:
        Infrastructure: the server does not answer, or refuses; the password is masked.
    """

    def version(self) -> str:
        """Return the server's own answer when asked for its version."""
        ...

    def create(self, role: str, password: str, databases: Iterable[str]) -> None:
        """Create a role that may create databases of its own, and databases that belong to it; all or nothing.

        A role of that name that is there already is somebody's: it is left as it is.
        """
        ...

    def imitate(self, imitated: Imitated) -> None:
        """Make a role and databases of given names, with the attributes that they have elsewhere."""
        ...

    def drop(self, role: str) -> None:
        """Drop a role and every database whose name is the role's and more, ending connections to them."""
        ...

    def roles(self) -> tuple[str, ...]:
        """Return the names of the roles on the server that look like ours, without and with databases."""
        ...

    def entry(self, database: str, role: str, password: str) -> dict[str, object]:
        """Return Django's entry for a database, without TEST."""
        ...
