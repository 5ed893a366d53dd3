"""Canaries that are projects as they came, on a real index: what is installed, what reaches them, what is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "stall"
version = "1.2"
requires-python = ">=3.8"
dependencies = ["django>=5.2,<6.0"]
[project.optional-dependencies]
test = ["pytest", "pytest-django"]
[tool.hatch.build.targets.wheel]
packages = ["src/stall"]
"""
SETTINGS = """
SECRET_KEY = "for tests"
INSTALLED_APPS = ["stall"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "HOST": "db.invalid"}}
"""
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Item", [("id", models.BigAutoField(primary_key=True))])]
"""
TESTS = """
import os, pathlib
import stall
from django.test import TestCase
from stall.models import Item


class ItemTests(TestCase):
    def test_table(self):
        Item.objects.create()
        assert Item.objects.count() == 1

    def test_where(self):
        is_copy = pathlib.Path(stall.__file__).is_relative_to(pathlib.Path.cwd().parent)
        assert is_copy is (os.environ["EXPECTED"] == "copy"), stall.__file__
        assert os.environ["PASSED"] == "on" and "NOT_PASSED" not in os.environ
        assert os.environ["NAMED"] == os.environ["DATABASE_URL"] == "sqlite://:memory:"
"""
JUNIT = """
import pathlib
pathlib.Path("report.xml").write_text('<testsuite><testcase classname="a" name="b"/></testsuite>')
"""
MATRIX = """
[matrix]
python = [{python}]
django = ["5.1", "5.2"]
database = ["sqlite-memory"]
canary = [{names}]
mode = ["plain"]

[profile.default]
strength = "full"

[run]
as_of = 2026-05-01T00:00:00Z
{canaries}
"""
COMMON = """
path = "stall"
install = [{install}]
settings = "checks.settings"
inject = "settings"
pass_env = ["PASSED"]
env = {{ EXPECTED = "{expected}", NAMED = "${{HARNESS_DB_URL}}" }}
command = {command}
"""


def stall(folder: Path) -> Path:
    """Make a package in the src layout, with hard-coded PostgreSQL settings that lead nowhere."""
    root = folder / "stall"
    files = {
        "pyproject.toml": PYPROJECT,
        "src/stall/__init__.py": "",
        "src/stall/models.py": "from django.db import models\n\n\nclass Item(models.Model):\n    pass\n",
        "src/stall/migrations/__init__.py": "",
        "src/stall/migrations/0001_initial.py": MIGRATION,
        "checks/__init__.py": "",
        "checks/settings.py": SETTINGS,
        "checks/test_stall.py": TESTS,
        "silent.py": "",
        "junit.py": JUNIT,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def matrix(python: str, canaries: dict[str, str]) -> str:
    """Return a matrix of these canaries."""
    tables = "".join(f"\n[canary.{name}]{text}" for name, text in canaries.items())
    return MATRIX.format(python=json.dumps(python), names=", ".join(map(json.dumps, canaries)), canaries=tables)


def canary(*command: str, install: str = ".[test]", expected: str = "wheel", more: str = "") -> str:
    """Return the table of a canary."""
    return COMMON.format(install=json.dumps(install), expected=expected, command=json.dumps(command)) + more


@pytest.fixture
def ran(checkout: Any, python_minor: str) -> Callable[..., Any]:
    """Returns a function that runs canaries of the project and gives what came of it."""
    root = stall(checkout.folder)

    def run(*arguments: str, **canaries: str) -> Any:
        checkout.matrix(matrix(python_minor, canaries))
        variables = {"PASSED": "on", "NOT_PASSED": "on", "ROOT": str(root)}
        return checkout.run("--json", "--control", "never", *arguments, env=variables)

    return run


def test_a_project_runs_without_a_change_to_it(ran: Any) -> None:
    """As a wheel, from its files and under Django's runner: the tables are there on a database it never heard of."""
    found = ran(
        wheel=canary("python -m pytest"),
        editable=canary("python -m pytest -q", install="-e .[test]", expected="copy"),
        django=canary("python -W error -m django test"),
    )
    assert found.code == 0, found.err
    assert found.states() == {"pass": 3}
    for name in ("wheel", "editable", "django"):
        assert found.cell(f"canary={name},database=sqlite-memory,django=5.2")["evidence"] == "observed"
    left = {entry["nogood"]["why"] for entry in found.document["left_out"]}
    assert left == {"unresolvable"}
    assert all("itself asks for django<6.0,>=5.2" in item["nogood"]["detail"] for item in found.document["left_out"])


def test_what_cannot_be_observed_is_counted_apart(ran: Any) -> None:
    """A JUnit file, then an exit code, is all that is known of some commands; the first failing command ends it."""
    found = ran(
        junit=canary("python junit.py", more='junit = "report.xml"'),
        silent=canary("python silent.py"),
        failing=canary("python -c 'import sys; sys.exit(3)'", "pytest"),
        missing=canary("no-such-program"),
    )
    assert found.code == 1, found.err
    at = {name: found.cell(f"canary={name},database=sqlite-memory,django=5.2") for name in ("junit", "silent")}
    assert {name: (cell["state"], cell["evidence"]) for name, cell in at.items()} == {
        "junit": ("pass", "junit"),
        "silent": ("pass", "exit-code"),
    }
    failing = found.cell("canary=failing,database=sqlite-memory,django=5.2")
    assert (failing["state"], "ended with code 3" in failing["reason"]) == ("fail", True)
    missing = found.cell("canary=missing,database=sqlite-memory,django=5.2")
    assert (missing["state"], "no program 'no-such-program'" in missing["reason"]) == ("fail", True)


def test_a_project_that_does_not_build_fails_the_run_and_no_other(checkout: Any, ran: Any) -> None:
    """The build's own words are shown, and what to do about a package without wheels; what can be tested is."""
    broken = checkout.folder / "broken"
    broken.mkdir()
    (broken / "pyproject.toml").write_text(PYPROJECT.replace("hatchling.build", "hatchling.nope"))
    found = ran(
        "--axis",
        "django=5.2",
        good=canary("python -m pytest"),
        broken='\npath = "broken"\ninstall = ["."]\n',
        wheelless=canary("python -m pytest", more='requires = ["docopt"]'),
    )
    assert (found.code, found.states()) == (1, {"pass": 1})
    left = {entry["nogood"]["why"]: entry["nogood"] for entry in found.document["left_out"]}
    assert "hatchling.nope" in left["not-built"]["detail"]
    assert left["unresolvable"]["remedy"].startswith('allow_build = ["docopt"]')


def test_tests_that_write_into_the_project_are_told(ran: Any) -> None:
    """They run in a copy; a path from elsewhere may lead out of it, which shows afterwards."""
    write = "import os, pathlib; pathlib.Path(os.environ['ROOT'], 'left-over').touch()"
    more = canary(f'python -c "{write}"', "python -m pytest").replace('"PASSED"]', '"PASSED", "ROOT"]')
    found = ran("--axis", "django=5.2", writes=more)
    assert found.code == 0, found.err
    assert "stall is not as it was when its cells began" in found.err


def test_coverage_measures_the_project_and_no_package(ran: Any) -> None:
    """It tells a project's files from installed ones by where they really lie, as in an ordinary environment."""
    covered = canary("coverage run -m pytest", "coverage report --fail-under=90", more='requires = ["coverage"]')
    found = ran("--axis", "django=5.2", covered=covered)
    assert found.code == 0, found.err
