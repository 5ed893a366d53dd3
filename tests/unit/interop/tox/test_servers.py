"""Which database an environment is for."""

from __future__ import annotations

import pytest

from harness.interop.tox.environment import ToxEnvironment
from harness.interop.tox.servers import address, database, server_of
from harness.model.spec import Engine


@pytest.mark.parametrize(
    ("name", "env", "commands", "engine"),
    [
        ("py312-dj52", (), ("pytest",), Engine.SQLITE),
        ("py312-dj52-postgres", (), ("pytest",), Engine.POSTGRESQL),
        ("py312-psycopg3", (), ("pytest",), Engine.POSTGRESQL),
        ("py312-mysql", (), ("pytest",), Engine.MYSQL),
        ("py312-mariadb", (), ("pytest",), Engine.MARIADB),
        ("py312", (("DB_BACKEND", "postgresql"),), ("pytest",), Engine.POSTGRESQL),
        ("py312", (("DATABASE_URL", "mysql://root@localhost/x"),), ("pytest",), Engine.MYSQL),
        ("py312", (("DJANGO_SETTINGS_MODULE", "tests.settings_pg"),), ("pytest",), Engine.POSTGRESQL),
        ("py312", (), ("runtests.py --database=postgres",), Engine.POSTGRESQL),
        ("py312", (), ("pytest --ds tests.settings_mysql",), Engine.MYSQL),
        ("py312", (("REDIS_URL", "postgres"),), ("pytest",), Engine.SQLITE),
    ],
)
def test_a_database_is_named_by_factors_variables_or_options(name, env, commands, engine):
    """SQLite is what none names."""
    assert server_of(ToxEnvironment(name=name, set_env=env, commands=commands)).engine is engine


def test_a_database_that_is_not_to_be_had_is_told():
    """It cannot be taken for another."""
    assert server_of(ToxEnvironment(name="py312-dj52-mssql")).unknown == "mssql"


def test_variables_of_an_address_get_the_cells():
    """By what they are called; those of another engine, or of something else, are left alone."""
    names = ("DB_HOST", "DB_PASSWORD", "PGUSER", "POSTGRES_DB", "TEST_DATABASE_URL", "MYSQL_HOST", "REDIS_HOST", "USER")
    assert address(Engine.POSTGRESQL, (*names, "DATABASE_URL")) == {
        "DB_HOST": "${HARNESS_DB_HOST}",
        "DB_PASSWORD": "${HARNESS_DB_PASSWORD}",
        "PGUSER": "${HARNESS_DB_USER}",
        "POSTGRES_DB": "${HARNESS_DB_NAME}",
        "TEST_DATABASE_URL": "${HARNESS_DB_URL}",
    }
    assert address(Engine.SQLITE, names) == {}


def test_two_drivers_are_two_databases():
    """The same driver is the same one."""
    first = database(Engine.POSTGRESQL, ("psycopg2-binary",), [])
    second = database(Engine.POSTGRESQL, ("psycopg[binary]",), [first])
    assert (first.name, second.name) == ("postgres-17", "postgres-17-psycopg")
    assert database(Engine.POSTGRESQL, ("psycopg2-binary",), [first, second]) is first
