"""Finds the interpreter that a project runs with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import HarnessError, UsageError
from harness.process import capture, clean_environment

VENV_NAMES = (".venv", "venv", "env", ".env", "virtualenv")
ANSWER_S = 20
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "uv": ("python", "find"),
    "poetry": ("env", "info", "--executable"),
    "pipenv": ("--py",),
    "hatch": ("env", "find"),
    "pdm": ("info", "--python"),
}
"""How a program that runs commands in a project's environment says which one that is."""


def find(project: Path, given: Path | None, environ: Mapping[str, str], *, runner: str = "") -> Path:
    """Return the interpreter: *given*, the project's own environment, VIRTUAL_ENV's, or the first of PATH with Django.

    Where the command goes through a *runner* (poetry, say), that is asked first.

    Raises:
        UsageError: none can import Django; the message says where it was looked for.
    """
    if given is not None:
        path = given / "bin" / "python" if given.is_dir() else given
        path = Path(shutil.which(path) or path).absolute()
        if not path.is_file():
            raise UsageError(
                f"there is no interpreter {given}", remedy="--python takes a path to a Python or its environment"
            )
        if not can_import_django(path):
            raise UsageError(
                f"{given} cannot import django",
                remedy="install the project's requirements there, or name another --python",
            )
        return path
    looked: list[str] = []
    for name, path in (*_told(project, runner, environ), *_candidates(project, environ)):
        if path.is_file():
            if can_import_django(path):
                return path
            looked.append(f"{name} (there, without django)")
        else:
            looked.append(name)
    raise UsageError(
        "no interpreter with django; looked at " + ", ".join(dict.fromkeys(looked)),
        remedy="harness doctor --python PATH/TO/python",
    )


def _told(project: Path, runner: str, environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Yield the interpreter that a program which runs commands in the project's environment names."""
    program = shutil.which(runner, path=environ.get("PATH", os.defpath)) if runner in QUESTIONS else None
    if program is None:
        return
    try:
        done = capture((program, *QUESTIONS[runner]), timeout_s=ANSWER_S, cwd=project, env=environ)
    except HarnessError:
        return
    lines = done.stdout.strip().splitlines()
    if done.code == 0 and lines:
        path = Path(lines[-1].strip())
        yield f"{path} (says {runner})", path / "bin" / "python" if path.is_dir() else path


def _candidates(project: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    for folder in (project, *project.parents[:2]):
        for name in VENV_NAMES:
            if folder == project or (folder / name / "pyvenv.cfg").exists():
                yield str(folder / name), folder / name / "bin" / "python"
    active = environ.get("VIRTUAL_ENV")
    yield "VIRTUAL_ENV" + (f"={active}" if active else " (not set)"), Path(active or "/nonexistent") / "bin" / "python"
    for name in ("python", "python3"):
        found = shutil.which(name, path=environ.get("PATH", os.defpath))
        yield f"{name} on PATH" + (f" ({found})" if found else ""), Path(found or "/nonexistent")


def can_import_django(python: Path) -> bool:
    """Tell whether an interpreter finds Django: by its folders, else by asking it."""
    if any((python.parent.parent / "lib").glob("python*/site-packages/django/__init__.py")):
        return True
    question = "import importlib.util, sys; sys.exit(importlib.util.find_spec('django') is None)"
    try:
        return capture((python, "-c", question), timeout_s=ANSWER_S, env=clean_environment()).code == 0
    except HarnessError:
        return False
