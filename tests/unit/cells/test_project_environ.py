"""How a cell's databases, and what a project is told besides, reach it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from harness.cells.project_environ import settings_of, url, variables
from harness.errors import UsageError
from harness.model.spec import CanarySpec, Injection, ProjectSpec

POSTGRES = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "harness_a",
    "USER": "u@x",
    "PASSWORD": "p/w:1",
    "HOST": "127.0.0.1",
    "PORT": "5433",
    "OPTIONS": {},
}
MEMORY = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {}}
CANARY = CanarySpec(name="shop", path=Path("shop"), settings="shop.settings", project=ProjectSpec())


def told(project: ProjectSpec, **inherited: str) -> dict[str, str]:
    """The variables of a project with two databases."""
    return variables(
        CANARY,
        project,
        {"default": POSTGRES, "old-data": MEMORY},
        inherited=inherited,
        base={"PYTHONPATH": "/probe", "HOME": "/home/me"},
        injection=Path("/injection"),
    )


def test_an_address_reads_back_as_what_it_was_made_of() -> None:
    """Whatever is in a password does not break the address."""
    parts = urlsplit(url(POSTGRES))
    assert (parts.scheme, parts.hostname, parts.port, parts.path) == ("postgres", "127.0.0.1", 5433, "/harness_a")
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == ("u@x", "p/w:1")


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        (MEMORY, "sqlite://:memory:"),
        ({**MEMORY, "NAME": "/tmp/a b.sqlite3"}, "sqlite:////tmp/a%20b.sqlite3"),
        (
            {**POSTGRES, "ENGINE": "django.db.backends.mysql", "OPTIONS": {"charset": "utf8mb4"}},
            "mysql://u%40x:p%2Fw%3A1@127.0.0.1:5433/harness_a?charset=utf8mb4",
        ),
    ],
)
def test_each_engine_has_an_address(entry: dict[str, object], address: str) -> None:
    """As dj-database-url and django-environ read them."""
    assert url(entry) == address


def test_the_parts_of_each_database_have_variables() -> None:
    """`default` has the plain names, others have theirs in it."""
    found = told(ProjectSpec())
    assert (found["HARNESS_DB_HOST"], found["HARNESS_DB_PORT"]) == ("127.0.0.1", "5433")
    assert found["HARNESS_DB_OLD_DATA_NAME"] == ":memory:"
    assert found["DATABASE_URL"] == found["HARNESS_DB_URL"] == url(POSTGRES)


def test_a_projects_own_variables_may_name_others() -> None:
    """``${NAME}`` is a variable of the cell, or one that is passed; a doubled dollar sign is one."""
    project = ProjectSpec(
        env=(("PGHOST", "${HARNESS_DB_HOST}"), ("PRICE", "5$$"), ("T", "x${TOKEN}")), pass_env=("TOKEN",)
    )
    found = told(project, TOKEN="secret", OTHER="stays out")
    assert (found["PGHOST"], found["PRICE"], found["T"], found["TOKEN"]) == ("127.0.0.1", "5$", "xsecret", "secret")
    assert "OTHER" not in found


def test_a_variable_that_the_cell_does_not_have_is_an_error() -> None:
    """The message names the canary, the variable and what may be meant."""
    with pytest.raises(UsageError, match=r"canary\.shop\.env\.A: '\$\{NOPE\}'"):
        told(ProjectSpec(env=(("A", "${NOPE}"),)))


def test_a_projects_own_path_comes_after_the_cells() -> None:
    """Setting PYTHONPATH takes nothing away from what observes the cell."""
    assert told(ProjectSpec(env=(("PYTHONPATH", "src"),)))["PYTHONPATH"] == "/probe:src"
    assert told(ProjectSpec())["PYTHONPATH"] == "/probe"


def test_injected_settings_wrap_the_projects_own() -> None:
    """Only where it is asked for is another module in force."""
    project = ProjectSpec(inject=Injection.SETTINGS)
    assert settings_of(replace(CANARY, project=project)) == "harness_settings"
    assert settings_of(CANARY) == "shop.settings"
    found = told(project)
    assert (found["HARNESS_SETTINGS"], found["PYTHONPATH"]) == ("shop.settings", "/probe:/injection")
    assert "HARNESS_SETTINGS" not in told(ProjectSpec())
