"""Which configuration file pytest reads."""

from __future__ import annotations

import pytest

from harness.doctor import pytest_config

NAME = "DJANGO_SETTINGS_MODULE"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", f"[pytest]\n{NAME} = a.b\naddopts = -q --no-migrations\n"),
        ("pyproject.toml", f'[tool.pytest.ini_options]\n{NAME} = "a.b"\naddopts = ["-q", "--no-migrations"]\n'),
        ("tox.ini", f"[tox]\nenvlist = x\n\n[pytest]\n{NAME} = a.b\naddopts = -q\n    --no-migrations\n"),
        ("setup.cfg", f"[metadata]\nname = x\n\n[tool:pytest]\n{NAME} = a.b\naddopts = -q --no-migrations\n"),
    ],
)
def test_every_kind_of_file_is_read(project, name, text):
    """The settings and the options come out alike."""
    found = pytest_config.find(project({name: text}), (), {})
    assert found.ini is not None
    assert found.ini.path == name
    assert found.option(NAME) == "a.b"
    assert found.addopts == ("-q", "--no-migrations")
    assert not found.is_migrating


def test_an_empty_pytest_ini_hides_pyproject(project):
    """It counts whatever is in it, and the other one is told apart."""
    tree = project({"pytest.ini": "", "pyproject.toml": f'[tool.pytest.ini_options]\n{NAME} = "a.b"\n'})
    found = pytest_config.find(tree, (), {})
    assert found.ini is not None
    assert found.ini.path == "pytest.ini"
    assert [item.path for item in found.others] == ["pyproject.toml"]


def test_a_pyproject_without_pytest_is_passed_over(project):
    """As is a tox.ini or setup.cfg without pytest's section."""
    tree = project({"pyproject.toml": "[project]\nname = 'x'\n", "tox.ini": "[tox]\n", "setup.cfg": "[tool:pytest]\n"})
    found = pytest_config.find(tree, (), {})
    assert found.ini is not None
    assert found.ini.path == "setup.cfg"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), "pytest.ini"),
        (("services",), "services/pytest.ini"),
        (("services/test_x.py::test_y",), "services/pytest.ini"),
        (("-k", "services"), "pytest.ini"),
        (("services", "other"), "pytest.ini"),
        (("-c", "pytest.ini", "services"), "pytest.ini"),
        (("nowhere",), "pytest.ini"),
    ],
)
def test_the_arguments_decide(project, args, expected):
    """The file nearest to the arguments' common folder is read."""
    tree = project(
        {"pytest.ini": "[pytest]\n", "services/pytest.ini": "", "services/test_x.py": "", "other/test_z.py": ""}
    )
    found = pytest_config.find(tree, args, {})
    assert found.ini is not None
    assert found.ini.path == expected


def test_later_words_win(project):
    """PYTEST_ADDOPTS comes after addopts, the command line last."""
    tree = project({"pytest.ini": "[pytest]\naddopts = --no-migrations --ds=a\n"})
    found = pytest_config.find(tree, ("--migrations",), {"PYTEST_ADDOPTS": "--ds b"})
    assert found.is_migrating
    assert found.value("--ds") == "b"
