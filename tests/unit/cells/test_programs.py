"""Programs of a project's commands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.cells.commands import Command
from harness.cells.programs import NoProgram, find


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    """A folder with an environment, and a folder of other programs."""
    for folder, names in (("env", ("python", "pytest")), ("system", ("make", "pytest", "coverage", "black", "sh"))):
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"#!{sys.executable}\n" if name == "black" else "#!/bin/sh\n")
            path.chmod(0o755)
    return tmp_path


def found(cell: Path, name: str) -> str:
    """Return the program relative to the folder of both."""
    env = {"PATH": f"{cell / 'env'}:{cell / 'system'}"}
    path = find(Command(args=(), program=name), str(cell / "env" / "python"), env, cell / "work")
    return Path(path).relative_to(cell).as_posix()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("python", "env/python"),
        ("pytest", "env/pytest"),
        ("make", "system/make"),
        ("./run.sh", "work/run.sh"),
    ],
)
def test_a_program_is_that_of_the_environment_before_the_systems(cell: Path, name: str, path: str) -> None:
    """What is written with a folder lies in the project."""
    assert found(cell, name) == path


@pytest.mark.parametrize("name", ["coverage", "black"])
def test_a_program_of_another_python_is_none(cell: Path, name: str) -> None:
    """It would test what is installed there: the message says what to do instead."""
    with pytest.raises(NoProgram, match="another Python's: name the package"):
        found(cell, name)


def test_a_program_that_is_nowhere_is_said(cell: Path) -> None:
    """By its name."""
    with pytest.raises(NoProgram, match=r"no program 'mak' in its environment$"):
        found(cell, "mak")
