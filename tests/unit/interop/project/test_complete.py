"""A draft of another tool's, completed with what the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.interop.draft import Draft, DraftAxis
from harness.interop.project.complete import completed
from harness.interop.project.reach import Reach
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, Injection, ProjectSpec

SQLITE = DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE)
POSTGRES = DatabaseSpec(name="postgres-17", engine=Engine.POSTGRESQL, version="17")


def canary(settings: str = "", databases: tuple[str, ...] = ("*",), **project: object) -> CanarySpec:
    """Return a project's."""
    spec = ProjectSpec(commands=(("pytest",),), **project)  # type: ignore[arg-type]
    return CanarySpec(name="shop", path=Path(), settings=settings, databases=databases, project=spec)


def draft(*canaries: CanarySpec, names: tuple[str, ...] = ("sqlite-memory",)) -> Draft:
    """Return what tox told."""
    known = tuple(item for item in (POSTGRES,) if item.name in names)
    return Draft(axes=(DraftAxis(name="database", values=names),), databases=known, canaries=canaries, left=("more",))


INJECT = Reach(databases=(POSTGRES,), because="why", inject=Injection.SETTINGS, inject_because="written out")
VARIABLES = Reach(databases=(SQLITE, POSTGRES), because="why", env=(("DB_HOST", "${HARNESS_DB_HOST}"),))


def test_a_server_is_put_in_the_place_of_what_is_written_out() -> None:
    """With the settings' name, which the file did not tell."""
    made = completed(draft(canary(), names=("sqlite-memory", "postgres-17")), INJECT, "shop.settings", ())
    (found,) = made.canaries
    assert (found.settings, found.project and found.project.inject) == ("shop.settings", Injection.SETTINGS)
    assert made.left == ("more",)
    assert made.because == (("canary.shop.inject", "written out"),)


def test_variables_are_given() -> None:
    """Those that the file sets itself stay."""
    made = completed(draft(canary(env=(("DB_HOST", "x"),)), names=("postgres-17",)), VARIABLES, "s", ())
    assert made.canaries[0].project is not None
    assert dict(made.canaries[0].project.env) == {"DB_HOST": "x"}
    made = completed(draft(canary(), names=("postgres-17",)), VARIABLES, "s", ())
    assert made.canaries[0].project is not None
    assert dict(made.canaries[0].project.env) == {"DB_HOST": "${HARNESS_DB_HOST}"}


@pytest.mark.parametrize("reached", [VARIABLES, Reach(databases=(SQLITE,), because="")])
def test_what_runs_on_sqlite_is_left_alone(reached: Reach) -> None:
    """So is a canary that is not for the server, or has been told of it."""
    before = draft(canary())
    assert completed(before, reached, "s", ()).canaries == before.canaries
    aside = draft(canary(databases=("sqlite-memory",)), names=("sqlite-memory", "postgres-17"))
    assert completed(aside, INJECT, "s", ()).canaries == aside.canaries
    told = draft(canary(env=(("URL", "${HARNESS_DB_URL}"),)), names=("postgres-17",))
    assert completed(told, INJECT, "s", ()).canaries == told.canaries


def test_settings_that_have_no_sqlite_bring_their_server() -> None:
    """The file names no database, and the settings cannot do without one."""
    made = completed(draft(canary()), INJECT, "s", ())
    assert (made.axes[0].values, made.databases) == (("postgres-17",), (POSTGRES,))
    assert made.canaries[0].project is not None
    assert made.canaries[0].project.inject is Injection.SETTINGS


def test_a_canary_that_chooses_by_a_variable_is_believed() -> None:
    """The file says SQLite by it."""
    before = draft(canary(env=(("SQLITE", "1"),)))
    assert completed(before, INJECT, "s", ("SQLITE", "OTHER")).canaries == before.canaries
