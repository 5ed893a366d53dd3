"""SQLite's leases."""

import sqlite3
from pathlib import Path

from harness.databases import Context, offer
from harness.model.server import Absent
from harness.model.spec import DatabaseSpec, Engine


def start(context: Context, version: str):
    answer = offer(DatabaseSpec(name="s", engine=Engine.SQLITE, version=version), context=context)
    assert not isinstance(answer, Absent)
    return answer.start(timeout_s=1)


def test_memory_leaves_the_test_name_to_django(context: Context) -> None:
    """Django gives each alias without a TEST NAME a memory database of its own."""
    with start(context, "memory") as server, server.lease("a", ("default", "other")) as databases:
        assert [entry["NAME"] for entry in databases.values()] == [":memory:", ":memory:"]
        assert all("NAME" not in entry["TEST"] for entry in databases.values())


def test_files_of_two_leases_lie_apart_and_go_with_them(context: Context) -> None:
    """The folder holds what xdist or a clone adds beside, too."""
    with start(context, "file") as server:
        with server.lease("same", ("default",)) as one, server.lease("same", ("default", "other")) as two:
            names = {str(e["NAME"]) for d in (one, two) for e in d.values()}
            names |= {str(e["TEST"]["NAME"]) for d in (one, two) for e in d.values()}
            assert len(names) == 6
            for name in names:
                with sqlite3.connect(f"{name}_gw0") as connection:
                    connection.execute("CREATE TABLE t (x)")
                connection.close()
            assert all(Path(name).is_absolute() for name in names)
        assert list(context.scratch.iterdir()) == []


def test_a_name_is_a_file_whose_test_database_is_left_to_django(context: Context) -> None:
    """As most projects have it: Django makes the test database in memory, and the file is the project's own."""
    with start(context, "name") as server:
        with server.lease("a", ("default", "other")) as databases:
            names = [Path(entry["NAME"]) for entry in databases.values()]
            assert len({name for name in names if name.is_absolute()}) == 2
            assert [entry["TEST"] for entry in databases.values()] == [{}, {}]
        assert list(context.scratch.iterdir()) == []


def test_an_unknown_kind_is_absent(context: Context) -> None:
    """SQLite's library is the interpreter's: no version can be asked for."""
    answer = offer(DatabaseSpec(name="s", engine=Engine.SQLITE, version="3.45"), context=context)
    assert isinstance(answer, Absent)
    assert "memory" in answer.remedy
