"""Names of the roles and databases of a lease, short enough for every server."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

PREFIX = "harness_"
LABEL_LIMIT = 15  # MySQL's user names have 32 characters: "harness_", 8 of the owner, "_", the label
ALIAS_LIMIT = 20  # PostgreSQL's names have 63: a role's 32, "_", the alias, "_t", xdist's "_gw99" and a clone's "_9"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseNames:
    """What one lease calls its things."""

    role: str
    databases: tuple[tuple[str, str], ...]  # alias → name; its test database is called `name_of_test(name)`

    def owns(self, database: str) -> bool:
        """Tell whether a database on the server is this lease's, a worker's or a clone included."""
        return database.startswith(f"{self.role}_")


def lease_names(owner: str, label: str, aliases: tuple[str, ...]) -> LeaseNames:
    """Return the names for one cell. Different labels never share a prefix: a slug holds no underscore."""
    role = f"{PREFIX}{owner}_{slug(label, LABEL_LIMIT)}"
    return LeaseNames(role=role, databases=tuple((alias, f"{role}_{slug(alias, ALIAS_LIMIT)}") for alias in aliases))


def name_of_test(database: str) -> str:
    """Return what Django is to call the test database of *database*."""
    return f"{database}_t"


def owner_of(name: str) -> str:
    """Return the run's token in the name of a role or database; "" for a name that is not ours."""
    found = re.fullmatch(rf"{PREFIX}([0-9a-z]{{8}})_[0-9a-z_]+", name)
    return found[1] if found else ""


def slug(text: str, limit: int) -> str:
    """Return *text* as ``[0-9a-z]+``, at most *limit* long; what had to be changed is told apart by a hash."""
    plain = re.sub(r"[^0-9a-z]", "", text.lower())
    if plain == text and 0 < len(plain) <= limit:
        return plain
    return plain[: limit - 6] + hashlib.sha256(text.encode()).hexdigest()[:6]
