"""SQLite: nothing to start, and a folder per lease where databases are files."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.databases.context import Context
from harness.databases.names import ALIAS_LIMIT, slug
from harness.ledger import Ledger
from harness.model.server import Absent, DjangoDatabases, ServerIdentity
from harness.model.spec import DatabaseSpec, ProviderName

VERSIONS = ("memory", "file", "name")
"""Everything in memory; a file for the database and one for its test database; a file for the database, as most
projects have it, where Django makes the test database in memory.
"""


def offer(spec: DatabaseSpec, context: Context) -> SqliteOffer | Absent:
    """Offer databases in memory or in files; always possible."""
    version = spec.version or "memory"
    if version not in VERSIONS:
        return Absent(detail=f"version {version!r} of SQLite", remedy='write version = "memory", "file" or "name"')
    identity = ServerIdentity(provider=ProviderName.SQLITE, source="interpreter", version=version)
    return SqliteOffer(identity=identity, scratch=context.scratch, ledger=context.ledger)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteOffer:
    """See `harness.model.server.Offer`."""

    identity: ServerIdentity
    scratch: Path
    ledger: Ledger

    @contextlib.contextmanager
    def start(self, *, timeout_s: float) -> Iterator[SqliteServer]:  # noqa: ARG002  (the Protocol's)
        """Return at once."""
        yield SqliteServer(identity=self.identity, scratch=self.scratch, ledger=self.ledger)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteServer:
    """See `harness.model.server.Server`. The library is the cell's own: there is no version to ask for here."""

    identity: ServerIdentity
    scratch: Path
    ledger: Ledger
    version: str = ""

    def is_alive(self) -> bool:
        """SQLite is always there."""
        return True

    def log_tail(self) -> str:
        """SQLite keeps no log."""
        return ""

    @contextlib.contextmanager
    def lease(self, label: str, aliases: tuple[str, ...]) -> Iterator[DjangoDatabases]:
        """Give a database per alias: in memory, each its own, or files in a folder that goes with the lease."""
        version = self.identity.version
        if version == "memory":
            yield {alias: entry(version, "") for alias in aliases}
            return
        self.scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"harness-{slug(label, 15)}-", dir=self.scratch.absolute()))
        with self.ledger.folder(folder):
            try:
                yield {alias: entry(version, str(folder / slug(alias, ALIAS_LIMIT))) for alias in aliases}
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def entry(version: str, stem: str) -> dict[str, Any]:
    """Return Django's entry for a database of one of `VERSIONS`; files are called *stem* and more."""
    engine = "django.db.backends.sqlite3"
    if version == "memory":
        return {"ENGINE": engine, "NAME": ":memory:", "OPTIONS": {}, "TEST": {}}
    test = {"NAME": f"{stem}-t.sqlite3"} if version == "file" else {}
    return {"ENGINE": engine, "NAME": f"{stem}.sqlite3", "OPTIONS": {}, "TEST": test}
