"""How a server's address reaches settings."""

from __future__ import annotations

import pytest

from harness.interop.tox.environment import ToxEnvironment
from harness.interop.tox.reaches import Known, reach
from harness.model.spec import Engine, Injection

HOST, PORT = "${HARNESS_DB_HOST}", "${HARNESS_DB_PORT}"
COMMANDS = (("pytest",),)
NOBODY = Known(in_force=lambda commands, given, cwd: "")


def environment(*pass_env: str, settings: str = "shop.settings") -> ToxEnvironment:
    """Return an environment with these variables."""
    return ToxEnvironment(name="py312", set_env=(("DJANGO_SETTINGS_MODULE", settings),), pass_env=pass_env)


@pytest.mark.parametrize(
    ("engine", "names", "source", "env"),
    [
        (Engine.POSTGRESQL, ("DB_HOST", "DB_PORT"), "", {"DB_HOST": HOST, "DB_PORT": PORT}),
        (Engine.POSTGRESQL, ("DB_HOST",), "HOST = environ['DB_HOST']", {"DB_HOST": HOST, "PGPORT": PORT}),
        (Engine.POSTGRESQL, ("DB_HOST",), "PORT = environ['DB_PORT']", {"DB_HOST": HOST, "DB_PORT": PORT}),
        (Engine.MYSQL, ("DB_HOST",), "PORT = environ['DB_PORT']", {"DB_HOST": HOST, "DB_PORT": PORT}),
        (Engine.POSTGRESQL, ("TEST_DATABASE_URL",), "", {"TEST_DATABASE_URL": "${HARNESS_DB_URL}"}),
        (Engine.POSTGRESQL, ("DATABASE_URL",), "", {}),
    ],
)
def test_a_whole_address_needs_nothing_else(files, engine, names, source, env):
    """A host gets its port: by the variable that the settings read, else by libpq's own."""
    tree = files(**{"shop/settings.py": f"from os import environ\n{source}\n"})
    found = reach(environment(*names), engine, COMMANDS, ".", tree, NOBODY)
    assert dict(found.env) == env
    assert (found.inject, found.is_lost) == (Injection.NONE, False)


@pytest.mark.parametrize(
    ("engine", "names", "source"),
    [
        (Engine.POSTGRESQL, ("DB_HOST",), "DATABASES = {'default': {'PORT': 5432}}"),
        (Engine.MYSQL, ("DB_HOST",), ""),
        (Engine.POSTGRESQL, ("DB_PORT", "DB_NAME"), ""),
        (Engine.POSTGRESQL, ("*",), ""),
    ],
)
def test_half_an_address_is_none(files, engine, names, source):
    """The settings get the cell's databases put in, or, where no variable decides them, nothing is run."""
    tree = files(**{"shop/settings.py": source})
    known = Known(aliases=("default", "second"))
    found = reach(environment(*names), engine, COMMANDS, ".", tree, known)
    assert (found.inject, found.settings, found.is_lost) == (Injection.SETTINGS, "shop.settings", False)
    assert found.aliases == ("default", "second")
    assert reach(environment(*names), engine, COMMANDS, ".", tree, NOBODY).is_lost


def test_what_settings_surely_read_is_set(files):
    """Those that were looked into, and no others."""
    known = Known(
        in_force=NOBODY.in_force, module="shop.settings", is_told=True, env=(("SHOP_H", HOST), ("SHOP_P", PORT))
    )
    found = reach(environment(), Engine.MYSQL, COMMANDS, ".", files(), known)
    assert dict(found.env) == {"SHOP_H": HOST, "SHOP_P": PORT}
    assert reach(environment(settings="shop.others"), Engine.MYSQL, COMMANDS, ".", files(), known).is_lost


def test_sqlite_has_no_address(files):
    """Nothing is to be reached."""
    found = reach(environment("DB_HOST"), Engine.SQLITE, COMMANDS, ".", files(), NOBODY)
    assert (found.env, found.is_lost, found.settings) == ((), False, "shop.settings")
