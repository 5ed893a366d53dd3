"""How a cell's database gets into a project."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from harness.interop.project import reach
from harness.interop.project.databases import Entry, How
from harness.interop.project.question import Question, take_default
from harness.interop.project.reach import Context, Reach
from harness.model.spec import Engine, Injection

PARTS = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
WRITTEN = Entry(
    alias="default",
    how=How.WRITTEN,
    engines=(Engine.POSTGRESQL,),
    backend="django.db.backends.postgresql",
    variables=(),
    is_certain=True,
    is_mirror=False,
    path="settings.py",
    line=9,
)
URL = dataclasses.replace(WRITTEN, how=How.URL, engines=(), variables=(("URL", "DATABASE_URL"),))
VARIABLES = dataclasses.replace(WRITTEN, how=How.VARIABLES, variables=tuple((part, f"DB_{part}") for part in PARTS))
SQLITE = dataclasses.replace(WRITTEN, engines=(Engine.SQLITE,))
Decide = Callable[..., Reach]


@pytest.fixture
def decide(tree) -> Decide:
    """Returns a function from entries, and what else is known, to the decision."""

    def decided(*entries: Entry, packages: str = "", settings: str = "s", files: Any = None, **more: Any) -> Reach:
        context = Context(
            files=tree(files or {}),
            packages=frozenset(packages.split()),
            settings=settings,
            needs_postgresql=more.get("needs_postgresql", ""),
        )
        return reach.decide(entries, context, more.get("ask", take_default))

    return decided


def names(found: Reach) -> list[str]:
    """Return the database axis."""
    return [item.name for item in found.databases]


def change(entry: Entry, **fields: Any) -> Entry:
    """Return another entry."""
    return dataclasses.replace(entry, **fields)


def test_what_is_written_out_is_replaced(decide: Decide) -> None:
    """Nothing else can: the address stands in the file. SQLite stays as it is."""
    found = decide(WRITTEN)
    assert (names(found), found.inject, found.env) == (["postgres-17"], Injection.SETTINGS, ())
    assert "settings.py:9" in found.inject_because
    assert (names(decide(SQLITE)), decide(SQLITE).inject) == (["sqlite-memory"], Injection.NONE)


def test_nothing_can_be_replaced_without_settings(decide: Decide) -> None:
    """It is said, and the databases stay those that are meant."""
    found = decide(WRITTEN, settings="")
    assert (names(found), found.inject) == (["postgres-17"], Injection.NONE)
    assert "cannot be replaced" in found.left[0]


def test_an_address_reaches_the_settings_by_itself(decide: Decide) -> None:
    """DATABASE_URL is in every cell; another name is given it. What drivers there are decides what it may say."""
    assert (names(decide(URL)), decide(URL).env) == (["sqlite-memory"], ())
    found = decide(change(URL, variables=(("URL", "SHOP_URL"),)), packages="psycopg")
    assert names(found) == ["sqlite-memory", "postgres-17"]
    assert found.env == (("SHOP_URL", "${HARNESS_DB_URL}"),)
    both = decide(URL, change(URL, alias="log-db", variables=(("URL", "LOG_URL"),)), packages="psycopg2-binary")
    assert both.env == (("LOG_URL", "${HARNESS_DB_LOG_DB_URL}"),)
    assert both.aliases == ("default", "log-db")
    assert both.databases[1].driver == ("psycopg2-binary",)
    assert both.inject is Injection.NONE


def test_an_address_under_a_condition_is_not_relied_on(decide: Decide) -> None:
    """What is certain is to replace DATABASES."""
    found = decide(SQLITE, change(URL, is_certain=False, engines=(Engine.POSTGRESQL,)))
    assert (names(found), found.inject) == (["sqlite-memory", "postgres-17"], Injection.SETTINGS)


def test_parts_in_variables_are_given(decide: Decide) -> None:
    """All that a server decides has to be among them: else DATABASES is replaced."""
    found = decide(VARIABLES, change(VARIABLES, alias="log", variables=tuple((p, f"L_{p}") for p in PARTS)))
    assert (names(found), found.inject) == (["postgres-17"], Injection.NONE)
    assert dict(found.env)["DB_HOST"] == "${HARNESS_DB_HOST}"
    assert dict(found.env)["L_PORT"] == "${HARNESS_DB_LOG_PORT}"
    lacking = decide(change(VARIABLES, variables=VARIABLES.variables[:-1]))
    assert (lacking.inject, lacking.env) == (Injection.SETTINGS, ())
    engine = change(VARIABLES, engines=(), variables=(("ENGINE", "DB_ENGINE"), *VARIABLES.variables))
    assert names(decide(engine, packages="psycopg")) == ["sqlite-memory", "postgres-17"]
    assert names(decide(engine)) == ["sqlite-memory"]


def test_several_engines_are_all_run(decide: Decide) -> None:
    """Settings that choose by a variable: each is put in place, whatever the variable."""
    found = decide(SQLITE, change(WRITTEN, is_certain=False))
    assert (names(found), found.inject) == (["sqlite-memory", "postgres-17"], Injection.SETTINGS)


def test_what_needs_postgresql_gets_no_other(decide: Decide) -> None:
    """Unless SQLite stands in the settings, so that somebody means it."""
    found = decide(URL, packages="psycopg", needs_postgresql="shop/models.py")
    assert names(found) == ["postgres-17"]
    assert "shop/models.py needs PostgreSQL" in found.because
    assert names(decide(SQLITE, WRITTEN, needs_postgresql="x")) == ["sqlite-memory", "postgres-17"]


def test_versions_are_those_of_other_files(decide: Decide) -> None:
    """The highest that an image of CI or of a compose file names; MariaDB is told from MySQL by it."""
    files = {
        ".github/workflows/test.yml": "services:\n  db:\n    image: postgres:15-alpine\n  old: {image: postgres:9.6}\n",
        "compose.yaml": "services:\n  a:\n    image: 'docker.io/library/mariadb:10.11.4'\n",
    }
    found = decide(WRITTEN, files=files)
    assert names(found) == ["postgres-15"]
    assert ".github/workflows/test.yml names version 15" in found.because
    maria = decide(change(WRITTEN, engines=(Engine.MYSQL,)), packages="mysqlclient", files=files)
    assert names(maria) == ["mariadb-10.11"]
    assert (maria.databases[0].driver, maria.allow_build) == (("mysqlclient",), ("mysqlclient",))
    assert "Docker" in maria.left[0]


def test_an_unknown_engine_is_asked_for(decide: Decide) -> None:
    """With the driver's as what is offered."""
    asked: list[Question] = []

    def ask(question: Question) -> str:
        asked.append(question)
        return "mariadb"

    oracle = change(WRITTEN, engines=(), backend="django.db.backends.oracle")
    assert names(decide(oracle, packages="psycopg", ask=ask)) == ["mariadb-11.4"]
    assert (asked[0].default, "oracle" in asked[0].text) == ("postgresql", True)
    assert names(decide(oracle)) == ["sqlite-memory"]


def test_what_nobody_knows_is_said_to_be_assumed(decide: Decide) -> None:
    """It was not read; an answer that was given is none of the settings' either."""
    unknown = change(WRITTEN, engines=(), backend="oracle")
    words = "settings.py:9 does not tell the kind of database: sqlite was assumed"
    assert (decide(unknown).because, decide(unknown).left[0]) == (words, f"{words} (oracle)")
    assert f"{words} (oracle)" in decide(unknown, settings="").left
    told = decide(unknown, ask=lambda question: "postgresql")
    assert (told.because, told.left) == ("settings.py:9 does not tell the kind of database: as you said", ())
    assert decide(WRITTEN).left == ()


def test_mirrors_have_no_database_of_their_own(decide: Decide) -> None:
    """The alias that they show is the one that gets one."""
    assert decide(WRITTEN, change(WRITTEN, alias="replica", is_mirror=True)).aliases == ("default",)
