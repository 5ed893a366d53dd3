"""Where a command has to be run so that the settings can be imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.interop.project import import_path
from harness.interop.project.how_tested import Runner
from harness.interop.project.import_path import Place

BELOW = {"pytest.ini": "[pytest]\n", "site/manage.py": "", "site/shop/settings.py": ""}
Find = Callable[..., Place]


@pytest.fixture
def find(tree) -> Find:
    """Returns a function from files, and what else is known, to the place."""

    def found(files: dict[str, str], runner: Runner = Runner.PYTEST, cwd: str = "", **more: Any) -> Place:
        roots = more.get("roots", ("", "site", "backend"))
        pythonpath = more.get("pythonpath", ())
        return import_path.find(
            tree(files), runner, cwd=cwd, settings="shop.settings", roots=roots, pythonpath=pythonpath
        )

    return found


def test_what_can_be_imported_stays(find: Find) -> None:
    """In the folder of the command, by pytest's own option, in an installed package, beside a manage.py that
    pytest-django finds; a script has its own folder on the path; what is not there cannot be helped."""
    top = {"shop/settings.py": "", "tests/test_a.py": ""}
    assert find(top) == Place(cwd="")
    assert find(BELOW, pythonpath=("site",)) == Place(cwd="")
    inner = {"backend/pytest.ini": "", "backend/site/shop/settings.py": "", "test_a.py": ""}
    assert find(inner, cwd="backend", pythonpath=("site",), roots=("backend/site",)) == Place(cwd="backend")
    assert find({"src/shop/settings.py": ""}, roots=("src",)) == Place(cwd="")
    assert find({"manage.py": "", **top, "tests/pytest.ini": ""}, cwd="tests") == Place(cwd="tests")
    assert find(BELOW, Runner.SCRIPT) == Place(cwd="")
    assert find({"tests/test_a.py": ""}) == Place(cwd="")


def test_a_command_is_run_where_the_settings_and_all_tests_lie(find: Find) -> None:
    """As tox says, or as the tests lie; pytest-django looks for manage.py where it is run and above, not below."""
    found = find({**BELOW, "site/tests/test_a.py": ""})
    assert (found.cwd, found.path, found.because) == ("site", "", "site/shop/settings.py is imported from there")
    tox = {"tox.ini": "[testenv]\nchangedir = {toxinidir}/site\n"}
    assert find({**BELOW, **tox, "tests/test_a.py": ""}).cwd == "site"
    assert find({**BELOW, "site/tests/test_a.py": ""}, Runner.DJANGO).cwd == "site"


@pytest.mark.parametrize(
    "files",
    [
        {"tests/test_a.py": ""},
        {"site/test_a.py": "", "conftest.py": ""},
        {"site/test_a.py": "", "pytest.ini": "[pytest]\ntestpaths = site\n"},
        {"site/test_a.py": "", "site/pyproject.toml": ""},
        {"site/test_a.py": "", "tox.ini": "[testenv]\nchange_dir = other\n"},
        {},
    ],
)
def test_else_the_folder_is_put_on_the_path(find: Find, files: dict[str, str]) -> None:
    """Where tests, or what configures them, lie elsewhere."""
    found = find(BELOW | files)
    assert (found.cwd, found.path, found.because) == ("", "site", "site/shop/settings.py is imported from site")


def test_the_path_leads_from_where_the_command_is_run(find: Find) -> None:
    """Also upwards."""
    assert find({"shop/settings.py": "", "backend/pytest.ini": ""}, cwd="backend").path == ".."
