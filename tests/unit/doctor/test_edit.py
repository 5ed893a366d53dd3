"""Edits keep everything else as it is."""

from __future__ import annotations

import pytest

from harness.doctor import edit, pytest_config
from harness.doctor.source import assignments, functions


def ini_of(tree):
    """Return what configures pytest in a project."""
    found = pytest_config.find(tree, (), {}).ini
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\naddopts = --no-migrations\npythonpath = .\n", "[pytest]\npythonpath = .\n"),
        ("pytest.ini", "[pytest]\naddopts = -q --no-migrations --ds=x\n", "[pytest]\naddopts = -q --ds=x\n"),
        ("pytest.ini", "[pytest]\naddopts =\n    -q\n    --no-migrations\n", "[pytest]\naddopts =\n    -q\n\n"),
        ("setup.cfg", "[tool:pytest]\naddopts = --no-migrations -q\n", "[tool:pytest]\naddopts = -q\n"),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\naddopts = ["-q", "--no-migrations"]\n',
            '[tool.pytest.ini_options]\naddopts = ["-q", ]\n',
        ),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\naddopts = "-q --no-migrations"\nx = 1\n',
            '[tool.pytest.ini_options]\naddopts = "-q "\nx = 1\n',
        ),
    ],
)
def test_a_flag_is_taken_out_of_addopts(project, name, before, after):
    """In every kind of file; an empty addopts goes, and nothing else moves."""
    tree = project({name: before})
    change = edit.remove_words(tree, ini_of(tree), "--no-migrations")
    assert change is not None
    assert change.after == after
    assert change.before == before


@pytest.mark.parametrize("addopts", ["-p no:django", "-q -p no:django", "-pno:django"])
def test_a_plugin_is_taken_out_of_addopts(project, addopts):
    """However it is written; without the plugin's name nothing is left of it."""
    tree = project({"pytest.ini": f"[pytest]\naddopts = {addopts}\n"})
    change = edit.remove_words(tree, ini_of(tree), "-p no:django")
    assert change is not None
    assert change.after is not None
    assert "no:django" not in change.after
    assert "-p" not in change.after


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("def f():\n    pass\n", "def f(db):\n    pass\n"),
        ("def f(a, b=1):\n    pass\n", "def f(db, a, b=1):\n    pass\n"),
        ("class T:\n    def f(self):\n        pass\n", "class T:\n    def f(self, db):\n        pass\n"),
        ("def f(*, a):\n    pass\n", "def f(db, *, a):\n    pass\n"),
        ("@d(x=(1, 2))\nasync def f():\n    pass\n", "@d(x=(1, 2))\nasync def f(db):\n    pass\n"),
        ('"""é"""\ndef f(ü):\n    pass\n', '"""é"""\ndef f(db, ü):\n    pass\n'),
    ],
)
def test_a_fixture_is_asked_for(project, source, after):
    """Whatever parameters and decorators there are."""
    tree = project({"t.py": source})
    (function,) = functions(tree, "t.py")
    assert edit.Patch(tree=tree, path="t.py").add_parameter(function, "db").change().after == after


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ('A = ["x"]\n', 'A = ["x", "shop"]\n'),
        ("A = []\n", 'A = ["shop"]\n'),
        ('A = [\n    "x",\n    "y",\n]\n', 'A = [\n    "x",\n    "y",\n    "shop",\n]\n'),
        ('A = ("x",)\n', 'A = ("x", "shop",)\n'),
        ('A = B + ["x"]\n', 'A = B + ["x", "shop"]\n'),
        ('A += ["x"]\n', 'A += ["x", "shop"]\n'),
    ],
)
def test_an_app_is_added_to_a_list(project, source, after):
    """In the style in which it is written."""
    tree = project({"s.py": source})
    patch = edit.Patch(tree=tree, path="s.py")
    assert patch.add_to_list(assignments(tree, "s.py", "A")[-1], "shop")
    assert patch.change().after == after


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "[pytest]\nX = y\n"),
        ({"pytest.ini": "[pytest]\naddopts = -q\n"}, "[pytest]\nX = y\naddopts = -q\n"),
        ({"pytest.ini": "[pytest]\nX = z\n"}, "[pytest]\nX = y\n"),
        ({"pytest.ini": ""}, "[pytest]\nX = y\n"),
        ({"setup.cfg": "[a]\nb = c\n[tool:pytest]\n"}, "[a]\nb = c\n[tool:pytest]\nX = y\n"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, '[tool.pytest.ini_options]\nX = "y"\n'),
    ],
)
def test_an_option_is_set(project, files, expected):
    """In the file that pytest reads; without one, in a new pytest.ini."""
    tree = project(files)
    assert edit.set_option(tree, pytest_config.find(tree, (), {}).ini, "X", "y").after == expected
