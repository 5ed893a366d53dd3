"""Cells as environments of tox's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cells.outside.recipe import Recipe
from harness.cells.outside.tox import environment
from harness.model.cell import Cell
from harness.model.spec import CanarySpec, Change, DatabaseSpec, Engine, Injection, ProjectSpec

POSTGRES = DatabaseSpec(name="postgres-17", engine=Engine.POSTGRESQL, version="17")


@pytest.fixture
def project(make_job, tmp_path: Path):
    """Return a builder of environments of a project on PostgreSQL; keywords are the project's."""

    def build(root: Path = tmp_path, **more):
        job = make_job(
            cell=Cell.parse("canary=shop,database=postgres-17,django=6.0,mode=plain,python=3.12"),
            database=POSTGRES,
            canary=CanarySpec(
                name="shop",
                path=tmp_path,
                settings="shop.settings",
                project=ProjectSpec(**{"commands": (("python3.12", "manage.py", "test"),), **more}),
            ),
        )
        return environment(job, "py312", root)

    return build


def test_a_canary_is_run_in_a_copy_with_its_changes(make_recipe: Callable[..., Recipe], tmp_path: Path):
    """Its databases beside it; what prepares the tests comes after what changes the copy."""
    change = Change(overlay=tmp_path / "scenario", remove=("*/0*.py",))
    made = make_recipe(changes=(change,), prepare=(("manage.py", "migrate"),))
    one = environment(made.job, "py312", tmp_path)
    variables = dict(one.set_env)
    assert json.loads(variables["HARNESS_DATABASES"])["default"]["NAME"] == "{env_tmp_dir}/default.sqlite3"
    assert variables["DJANGO_SETTINGS_MODULE"] == "config.settings"
    assert [words[3:] for words in one.commands_pre[:3]] == [
        ("{tox_root}/projects/shop", "{env_tmp_dir}/shop"),
        ("{tox_root}/scenario", "{env_tmp_dir}/shop"),
        ("{env_tmp_dir}/shop", "*/0*.py"),
    ]
    assert one.commands_pre[3] == ("python", "manage.py", "migrate")
    assert one.commands == (("python", "-m", "pytest", "--migrations"),)
    assert (one.change_dir, one.package, one.base_python) == ("{env_tmp_dir}/shop", "skip", "python3.12")


def test_a_project_is_run_where_it_lies(project):
    """With the address of a server that variables name, in each form that it may read; unset ones fail it before."""
    one = project(cwd="src", env=(("DB_HOST", "${HARNESS_DB_HOST}"), ("PYTHONPATH", "${PYTHONPATH}:lib")))
    variables = dict(one.set_env)
    assert one.change_dir == "{tox_root}/src"
    assert one.commands == (("python", "manage.py", "test"),)
    assert variables["DB_HOST"] == "{env:POSTGRES_17_HOST:}"
    assert variables["DATABASE_URL"].startswith(
        "postgres://{env:POSTGRES_17_USER:}:{env:POSTGRES_17_PASSWORD:}@{env:POSTGRES_17_HOST:}:{env:POSTGRES_17_PORT:5432}/"
    )
    assert variables["PYTHONPATH"] == "{tox_root}/src/lib"
    assert json.loads(variables["HARNESS_DATABASES"])["default"]["PORT"] == "{env:POSTGRES_17_PORT:5432}"
    assert "no server is named: set POSTGRES_17_HOST, POSTGRES_17_PORT" in one.commands_pre[0][2]
    assert not any("\ue000" in value for value in variables.values())


def test_injected_settings_go_with_the_file(project):
    """The module lies beside the file, and is found."""
    one = project(inject=Injection.SETTINGS)
    variables = dict(one.set_env)
    assert (variables["DJANGO_SETTINGS_MODULE"], variables["HARNESS_SETTINGS"]) == ("harness_settings", "shop.settings")
    assert variables["PYTHONPATH"] == "{tox_root}/tox-harness"
    assert [name for name, _ in one.files] == ["harness_settings.py"]
