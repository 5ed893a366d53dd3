"""Finds the programs that a project's commands name: those of its environment, and of the system beside Python's."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from harness.cells.commands import PYTHON, Command

_OF_PYTHON = frozenset({"pytest", "py.test", "coverage", "django-admin", "pip", "tox", "nox"})
"""Programs that run in the Python that they were installed for: of another one they would test something else."""


class NoProgram(Exception):
    """There is no such program for the cell; its words say why."""


def find(command: Command, python: str, env: Mapping[str, str], cwd: Path) -> str:
    """Return the path of a command's program; *python* is the cell's interpreter.

    Raises:
        NoProgram: there is none, or only one of another Python.
    """
    name = command.program
    if name == PYTHON:
        return python
    if "/" in name:
        return str(cwd / name)
    if (own := shutil.which(name, path=str(Path(python).parent))) is not None:
        return own
    found = shutil.which(name, path=env["PATH"])
    if found is None:
        raise NoProgram(f"there is no program {name!r} in its environment")
    if name in _OF_PYTHON or _is_of_a_python(Path(found)):
        raise NoProgram(
            f"there is no program {name!r} in its environment, and {found} is another Python's:"
            " name the package that brings it in `requires`"
        )
    return found


def _is_of_a_python(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first
