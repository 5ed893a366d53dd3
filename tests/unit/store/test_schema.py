"""Migrations of the store: whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.model.cell import Cell
from harness.model.record import Attempt
from harness.store import Store, schema

ADDED = ("ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''", "CREATE INDEX runs_by_note ON runs (note)")


@pytest.fixture
def raw(
    path: Path, store: Store, cells: tuple[Cell, ...], begin: Callable[..., int], make_attempt: Callable[..., Attempt]
) -> Iterator[sqlite3.Connection]:
    """A connection to a store of today's schema with one attempt in it."""
    store.add(begin(), make_attempt(cells[0]), [b"evidence"])
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def version(raw: sqlite3.Connection) -> int:
    """Return the schema version."""
    return int(raw.execute("PRAGMA user_version").fetchone()[0])


def test_an_older_store_is_brought_up_to_date(raw: sqlite3.Connection, path: Path) -> None:
    """Its contents stay."""
    schema.migrate(raw, path, (*schema.MIGRATIONS, ADDED))
    assert version(raw) == len(schema.MIGRATIONS) + 1
    assert raw.execute("SELECT note FROM runs").fetchall() == [("",)]
    assert raw.execute("SELECT count(*) FROM attempts").fetchone() == (1,)


def test_a_migration_that_fails_changes_nothing(raw: sqlite3.Connection, path: Path) -> None:
    """Not even its first statement is kept."""
    before = raw.execute("SELECT sql FROM sqlite_schema ORDER BY name").fetchall()
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(raw, path, (*schema.MIGRATIONS, (*ADDED, "CREATE RUBBISH")))
    assert version(raw) == len(schema.MIGRATIONS)
    assert raw.execute("SELECT sql FROM sqlite_schema ORDER BY name").fetchall() == before


def test_a_newer_store_is_refused(raw: sqlite3.Connection, path: Path) -> None:
    """Naming both versions; nothing is changed."""
    raw.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(UsageError, match=rf"version {len(schema.MIGRATIONS) + 1}.*newer harness"):
        Store.open(path)
    assert version(raw) == len(schema.MIGRATIONS) + 1


def test_tables_are_strict(raw: sqlite3.Connection) -> None:
    """Every one of them."""
    tables = raw.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'")
    assert {strict for _, strict in tables} == {1}


def test_what_belongs_to_a_run_goes_with_it(raw: sqlite3.Connection) -> None:
    """No orphans."""
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("DELETE FROM runs")
    for table in ("run_cells", "attempts", "evidence", "run_attempts"):
        assert raw.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
