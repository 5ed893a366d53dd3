"""How a project's tests are run, and with which settings."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.doctor.tree import Tree
from harness.interop.project.how_tested import Runner
from harness.interop.project.question import Question, take_default
from harness.workflow import init_read

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
SETTINGS = "INSTALLED_APPS = []\n"
Make = Callable[[Mapping[str, str]], Tree]


@pytest.fixture
def tree(tmp_path: Path) -> Make:
    """Returns a function from names and texts to the files of a project."""

    def make(files: Mapping[str, str]) -> Tree:
        root = Path(tempfile.mkdtemp(dir=tmp_path))
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(textwrap.dedent(text), encoding="utf-8")
        return Tree(root=root, paths=tuple(sorted(files)))

    return make


def test_pytests_configuration_names_the_settings(tree: Make) -> None:
    """Before manage.py does."""
    files = {"manage.py": MANAGE, "shop/settings.py": SETTINGS, "config/test.py": SETTINGS}
    found = init_read.read(
        tree(files | {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = config.test\n"}), take_default
    )
    assert (found.basis.how_tested.runner, found.told.settings) == (Runner.PYTEST, "config.test")
    assert (found.told.settings_because, found.told.is_pytest_django) == ("named by pytest.ini:2", True)


def test_a_configuration_further_down_is_where_the_command_is_run(tree: Make) -> None:
    """As the project's people do."""
    files = {
        "README": "",
        "backend/pytest.ini": "[pytest]\naddopts = --ds=shop.settings -q\n",
        "backend/manage.py": MANAGE,
        "backend/shop/settings.py": SETTINGS,
    }
    found = init_read.read(tree(files), take_default)
    assert (found.told.cwd, found.told.settings, found.told.addopts) == (
        "backend",
        "shop.settings",
        ("--ds=shop.settings", "-q"),
    )


def test_manage_py_names_the_settings(tree: Make) -> None:
    """The command is run where it lies."""
    found = init_read.read(tree({"site/manage.py": MANAGE, "site/shop/settings.py": SETTINGS}), take_default)
    assert found.basis.how_tested.runner is Runner.MANAGE
    assert (found.told.settings, found.told.cwd, found.told.left) == ("shop.settings", "site", ())


def test_a_script_names_the_settings_or_has_them_itself(tree: Make) -> None:
    """Settings that it configures are in no module."""
    script = 'os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"\n'
    found = init_read.read(tree({"runtests.py": script, "tests/settings.py": SETTINGS}), take_default)
    assert (found.basis.how_tested.runner, found.told.settings) == (Runner.SCRIPT, "tests.settings")
    found = init_read.read(tree({"runtests.py": "settings.configure(INSTALLED_APPS=[])\n"}), take_default)
    assert found.told.settings == ""


def test_which_of_several_is_asked(tree: Make) -> None:
    """The one for tests is offered, else a developer's; others are said to be there."""
    asked: list[Question] = []

    def ask(question: Question) -> str:
        asked.append(question)
        return "shop.settings.production"

    files = {f"shop/settings/{name}.py": SETTINGS for name in ("base", "dev", "production")}
    found = init_read.read(tree(files), ask)
    assert (asked[0].default, found.told.settings) == ("shop.settings.dev", "shop.settings.production")
    assert "shop.settings.base" in found.told.left[0]
    assert (
        init_read.read(tree(files | {"shop/settings/test.py": SETTINGS}), take_default).told.settings
        == "shop.settings.test"
    )


def test_a_manage_py_that_chooses_is_asked_about(tree: Make) -> None:
    """Tests have settings of their own there, often."""
    text = """
    import os, sys
    if "test" in sys.argv:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.test")
    else:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.live")
    """
    files = {"manage.py": text, "shop/settings/test.py": SETTINGS, "shop/settings/live.py": SETTINGS}
    assert init_read.read(tree(files), take_default).told.settings == "shop.settings.test"


def test_settings_that_are_not_there_or_broken_are_said(tree: Make) -> None:
    """The run will say so, too, but later."""
    files = {"manage.py": MANAGE}
    assert "no such module" in init_read.read(tree(files), take_default).told.left[0]
    assert "no Python" in init_read.read(tree(files | {"shop/settings.py": "def ("}), take_default).told.left[0]


def test_a_project_may_lie_further_down(tree: Make) -> None:
    """Where the top is none itself; examples are not meant."""
    assert init_read.projects(tree({"backend/manage.py": "", "frontend/package.json": ""})) == ("backend",)
    assert init_read.projects(tree({"a/pyproject.toml": '[project]\nname="a"', "b/setup.py": ""})) == ("a", "b")
    assert init_read.projects(tree({"setup.cfg": "[metadata]\nname = x", "example/manage.py": ""})) == ("",)
    assert init_read.projects(tree({"pyproject.toml": "[tool.ruff]", "examples/manage.py": "", "x.py": ""})) == ()


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "djangorestframework\n"},
        {"setup.cfg": "[metadata]\nname = x\nclassifiers =\n    Framework :: Django\n"},
        {"x/settings.py": SETTINGS},
        {"a/b.py": "from django.db import models\n"},
    ],
)
def test_django_is_seen(tree: Make, files: dict[str, str]) -> None:
    """In any of the places where it shows."""
    known = tree(files)
    assert init_read.speaks_of_django(known, init_read.read(known, take_default).basis)


def test_no_django_is_seen(tree: Make) -> None:
    """In a project of another kind."""
    known = tree({"setup.py": "from setuptools import setup\nsetup(name='x')", "x.py": "import flask\n"})
    assert not init_read.speaks_of_django(known, init_read.read(known, take_default).basis)
