"""The schema of the store, as a list of migrations."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError

APPLICATION_ID = 0x68726E73  # "hrns", in the header of the file

Migration = Sequence[str]

_FIRST: Migration = (
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        started TEXT NOT NULL,
        finished TEXT,                 -- NULL: still going on, or interrupted
        exit_code INTEGER,
        matrix_digest TEXT NOT NULL,
        selection TEXT NOT NULL,
        as_of TEXT,
        harness_version TEXT NOT NULL,
        platform TEXT NOT NULL,
        plan_summary TEXT NOT NULL     -- JSON
    ) STRICT""",
    """CREATE TABLE run_cells (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        cell_id TEXT NOT NULL,
        exact TEXT NOT NULL,           -- JSON: pairs of axis and exact version
        untestable TEXT,               -- JSON of a Nogood
        purpose TEXT NOT NULL,
        PRIMARY KEY (run, cell_id)
    ) STRICT""",
    """CREATE TABLE attempts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        made_in INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        run_key TEXT NOT NULL,
        cell_id TEXT NOT NULL,
        runner TEXT NOT NULL,
        lock_hash TEXT NOT NULL,
        ended TEXT NOT NULL,
        total_s REAL NOT NULL,
        attempt TEXT NOT NULL          -- JSON of the Attempt, which has all of the above and more
    ) STRICT""",
    "CREATE INDEX attempts_by_key ON attempts (run_key)",
    "CREATE INDEX attempts_by_cell ON attempts (cell_id, runner)",
    "CREATE INDEX attempts_by_run ON attempts (made_in)",
    """CREATE TABLE evidence (
        attempt INTEGER PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
        files BLOB NOT NULL            -- see evidence_blob.py
    ) STRICT""",
    """CREATE TABLE run_attempts (
        run INTEGER NOT NULL,
        cell_id TEXT NOT NULL,
        attempt INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
        is_reused INTEGER NOT NULL CHECK (is_reused IN (0, 1)),
        PRIMARY KEY (run, cell_id, attempt),
        FOREIGN KEY (run, cell_id) REFERENCES run_cells (run, cell_id) ON DELETE CASCADE
    ) STRICT""",
    "CREATE INDEX run_attempts_by_attempt ON run_attempts (attempt)",
)

MIGRATIONS: Sequence[Migration] = (_FIRST,)
"""Append only: a store of schema version n has had the first n."""


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the file up to the newest schema, whole or not at all. *connection* is in autocommit mode.

    Raises:
        UsageError: the file belongs to something else, or to a newer harness.
        sqlite3.DatabaseError: it is no database, or a statement failed; nothing has changed.
    """
    if _checked_version(connection, path, len(migrations)) == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _checked_version(connection, path, len(migrations))  # another process may have been quicker
        for migration in migrations[version:]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _checked_version(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if (application or version or tables) and application != APPLICATION_ID:
        raise UsageError(
            f"{path} is a database of something else, not a store of harness",
            remedy="name another file for the store",
        )
    if version > newest:
        raise UsageError(
            f"{path} has schema version {version}, written by a newer harness; this one knows up to {newest}",
            remedy="use the newer harness, or name another file for the store",
        )
    return int(version)
