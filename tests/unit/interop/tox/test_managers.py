"""What poetry, pdm and uv are told to install."""

from __future__ import annotations

import shlex

import pytest

from harness.interop.tox.deps import Deps
from harness.interop.tox.managers import taken_over

POETRY = """
    [build-system]
    requires = ["poetry-core"]
    [tool.poetry]
    name = "shop"
    version = "1"
    [tool.poetry.dependencies]
    python = "^3.10"
    [tool.poetry.extras]
    rest = ["djangorestframework"]
    [tool.poetry.group.dev.dependencies]
    pytest = "^8.0"
    [tool.poetry.group.docs.dependencies]
    sphinx = "*"
"""
UV = """
    [build-system]
    requires = []
    [project]
    name = "shop"
    version = "1"
    [project.optional-dependencies]
    rest = ["djangorestframework"]
    [dependency-groups]
    dev = ["pytest"]
    docs = ["sphinx"]
"""


@pytest.mark.parametrize(
    ("text", "line", "itself", "lines", "requirements"),
    [
        (POETRY, "poetry install", ("-e .",), [], ["pytest<9,>=8.0", "sphinx"]),
        (POETRY, "poetry install --without docs", ("-e .",), [], ["pytest<9,>=8.0"]),
        (POETRY, "poetry install --no-root --only dev", (), [], ["pytest<9,>=8.0"]),
        (UV, "uv sync", ("-e .",), ["--group dev"], []),
        (UV, "uv sync --no-dev --group docs --extra rest", ("-e .[rest]",), ["--group docs"], []),
        (UV, "pdm install -G docs --prod", ("-e .",), ["--group docs"], []),
        (UV, "poetry lock --check", (), [], []),
    ],
)
def test_a_command_that_installs_is_taken_over(files, text, line, itself, lines, requirements):
    """The project, its extras, its groups; what has no effect on the environment is left off."""
    deps = Deps()
    assert taken_over(shlex.split(line), files(**{"pyproject.toml": text}), deps)
    assert (deps.itself(), deps.lines) == (itself, lines)
    assert sorted(map(str, deps.requirements)) == requirements


@pytest.mark.parametrize("line", ["poetry run pytest", "uv run pytest", "pytest", "make install"])
def test_other_commands_are_left_alone(files, line):
    """They are run."""
    deps = Deps()
    assert not taken_over(shlex.split(line), files(), deps)
    assert deps.itself() == ()
