"""One connection to the store's file, shared by the threads of a process."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from harness.errors import Infrastructure, UsageError
from harness.store import schema

BUSY_S = 30.0
"""How long a statement waits for another process's transaction, unless told otherwise."""


class Connection:
    """Rows out, transactions in; one thread at a time."""

    def __init__(self, raw: sqlite3.Connection, path: Path) -> None:
        self._raw = raw
        self._path = path
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path, busy_s: float = BUSY_S) -> Connection:
        """Open the file; make or migrate it where needed.

        Raises:
            UsageError: the file is no store, is one of a newer harness, or cannot be opened.
        """
        if sqlite3.sqlite_version_info < (3, 37):
            raise UsageError(
                f"this Python's SQLite is {sqlite3.sqlite_version}; the store needs 3.37",
                remedy="use a Python built with a newer SQLite",
            )
        with contextlib.ExitStack() as on_error:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                raw = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
                on_error.callback(raw.close)
                raw.row_factory = sqlite3.Row
                raw.execute("PRAGMA foreign_keys = ON")
                schema.migrate(raw, path)
                _use_wal(raw, busy_s)
            except (OSError, sqlite3.OperationalError) as error:
                raise UsageError(
                    f"cannot open the store {path}: {error}", remedy="check the path, its rights and the disk"
                ) from error
            except sqlite3.DatabaseError as error:
                raise UsageError(
                    f"{path} is not a store of harness: {error}", remedy="name another file, or remove this one"
                ) from error
            on_error.pop_all()
        return cls(raw, path)

    def close(self) -> None:
        """Close the file; what is committed stays."""
        with self._lock:
            self._raw.close()

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query.

        Raises:
            Infrastructure: the file cannot be read.
        """
        with self._lock:
            try:
                return self._raw.execute(query, values).fetchall()
            except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
                raise Infrastructure(f"cannot read the store {self._path}: {error}") from error

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let every query in the block see the file as it is at the first one, whatever others write meanwhile."""
        with self._lock:
            self._raw.execute("BEGIN")
            try:
                yield
            finally:
                self._raw.execute("ROLLBACK")

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of the file to *path*, one file without a write-ahead log beside it.

        Raises:
            Infrastructure: it cannot be read or written.
        """
        with self._lock:
            try:
                with contextlib.closing(sqlite3.connect(path)) as copy:
                    self._raw.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.Error as error:
                raise Infrastructure(f"cannot copy the store {self._path} to {path}: {error}") from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what the block does, or nothing of it.

        Raises:
            Infrastructure: the disk is full, or another process held the file for too long.
        """
        with self._lock:
            try:
                self._raw.execute("BEGIN IMMEDIATE")
                yield self._raw
                self._raw.execute("COMMIT")
            except BaseException as error:
                with contextlib.suppress(sqlite3.Error):
                    if self._raw.in_transaction:
                        self._raw.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise Infrastructure(f"cannot write to the store {self._path}: {error}") from error
                raise


def _use_wal(raw: sqlite3.Connection, busy_s: float) -> None:
    """Write ahead: a commit outlives the process, kill -9 included; only a power cut may take the last ones.

    The change of mode does not wait for other processes by itself, hence the loop.
    """
    deadline = time.monotonic() + busy_s
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    raw.execute("PRAGMA synchronous = NORMAL")
