"""Canaries that are projects: what their keys mean, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.model.spec import Injection, MatrixSpec

MATRIX = """
[matrix]
python = ["3.12"]
django = ["5.2"]
database = ["sqlite-memory"]
canary = ["shop"]
mode = [{mode}]

[canary.shop]
path = "canaries/empty"
{keys}
"""


def matrix(keys: str, mode: str = '"plain"') -> str:
    """A matrix with one project."""
    return MATRIX.format(keys=keys, mode=mode)


def test_a_project_has_defaults(read: Callable[[str], MatrixSpec]) -> None:
    """It is tested by pytest at its root, its skips are its own affair, and its configuration says the settings."""
    canary = read(matrix('install = ["."]')).canary("shop")
    assert canary.project is not None
    assert (canary.project.commands, canary.project.cwd) == ((("pytest",),), ".")
    assert (canary.settings, canary.allow_skips, canary.project.inject) == ("", True, Injection.NONE)


def test_what_is_written_is_what_is_meant(read: Callable[[str], MatrixSpec]) -> None:
    """Words are split as in a shell; variables are sorted, so that their order is no other question."""
    keys = """
install = ["-e .[test]", "-r requirements.txt", "--group dev", "six>=1"]
command = ["pytest -k 'a | b'", "python -m x \\";\\""]
env = { B = "2", A = "1" }
pass_env = "TOKEN"
settings = "shop.settings"
inject = "settings"
allow_skips = false
"""
    canary = read(matrix(keys)).canary("shop")
    assert canary.project is not None
    assert canary.project.commands == (("pytest", "-k", "a | b"), ("python", "-m", "x", ";"))
    assert (canary.project.env, canary.project.pass_env) == ((("A", "1"), ("B", "2")), ("TOKEN",))
    assert (canary.allow_skips, canary.project.inject) == (False, Injection.SETTINGS)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('settings = "s"\ncwd = "src"', "canary.shop.cwd: is for a project: write `install` or `command`, too"),
        ('install = ["./libs/x"]', 'only the project itself can be installed from a folder: "."'),
        ('install = [".[test"]', "the bracket is not closed"),
        ('install = ["???"]', "'???' is neither"),
        ('command = "pytest && make"', "'&&' needs a shell, and none is run"),
        ('command = "pytest \'a"', "No closing quotation"),
        ('command = ""', "canary.shop.command"),
        ('install = "."\ncwd = "../x"', "canary.shop.cwd: '../x' leads out of the project"),
        ('install = "."\njunit = "/tmp/x"', "canary.shop.junit: '/tmp/x' leads out of the project"),
        ('install = "."\nenv = { HARNESS_X = "1" }', "variables that begin with HARNESS_ are the harness's own"),
        ('install = "."\npass_env = ["A-B"]', "'A-B' is no name of a variable"),
        ('install = "."\ninject = "settings"', "canary.shop.inject: needs `settings`"),
    ],
)
def test_what_cannot_be_meant_is_refused(refuse: Callable[[str], str], keys: str, words: str) -> None:
    """The message names the key and what is wrong with it."""
    assert words in refuse(matrix(keys))


@pytest.mark.parametrize("command", ["python manage.py test", "make test"])
def test_only_pytest_has_modes(read: Callable[[str], MatrixSpec], refuse: Callable[[str], str], command: str) -> None:
    """A mode is made of pytest's options, wherever among the commands it is run."""
    assert "none is pytest, so mode 'xdist' cannot be had" in refuse(matrix(f'command = "{command}"', '"xdist"'))
    read(matrix(f'command = ["{command}", "coverage run -m pytest"]', '"xdist"'))
