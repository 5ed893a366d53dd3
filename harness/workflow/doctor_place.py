"""Finds the project that a folder belongs to."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.doctor import pytest_config
from harness.doctor.pytest_config import NAMES
from harness.doctor.tree import Tree
from harness.errors import UsageError

MARKS = ("manage.py", "pyproject.toml", ".git", "pytest.ini", "tox.ini", "setup.cfg", "setup.py")
MAX_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A project, and the folder in it where the command is run."""

    project: Path
    cwd: str  # relative, with slashes; empty: the project's own folder


def seat(path: Path) -> Seat:
    """Return the project around a folder: the nearest one upwards that is marked as one.

    One whose pytest is configured further up, beside or below the repository's top, is that folder's part.

    Raises:
        UsageError: there is no such folder.
    """
    folder = path.resolve()
    if not folder.is_dir():
        raise UsageError(f"there is no folder {path}", remedy="name the folder of a Django project")
    try:
        project = _configured_above(_marked(folder))
    except OSError as error:
        raise UsageError(f"cannot read {error.filename or folder}: {error.strerror}") from error
    cwd = folder.relative_to(project).as_posix()
    return Seat(project=project, cwd="" if cwd == "." else cwd)


def _marked(folder: Path) -> Path:
    for above in _upwards(folder):
        if any((above / name).exists() for name in MARKS) or (above == folder and _has_settings(folder)):
            return above
    return folder


def _has_settings(folder: Path) -> bool:
    """Tell whether settings of Django's lie in a folder, or a little below it."""
    tree = Tree(root=folder, paths=())
    files = (path for pattern in ("*.py", "*/*.py", "*/*/*.py") for path in folder.glob(pattern))
    return any("INSTALLED_APPS" in tree.text(path.relative_to(folder).as_posix()) for path in files)


def _configured_above(project: Path) -> Path:
    """Return the folder whose file configures pytest for *project* and names Django's settings, else *project*."""
    for above in _upwards(project):
        tree = Tree(root=above, paths=tuple(name for name in NAMES if (above / name).is_file()))
        known = [ini for name in tree.paths if (ini := pytest_config.read(tree, name)) is not None]
        if known:
            options = known[0].options
            is_django = "DJANGO_SETTINGS_MODULE" in options or "--ds" in options.get("addopts", "")
            return above if is_django else project
        if (above / ".git").exists():
            break
    return project


def _upwards(folder: Path) -> tuple[Path, ...]:
    """Return a folder and those above it that may be its project: not the user's home, not what holds everything."""
    ends = {Path(folder.anchor), Path.home(), Path(tempfile.gettempdir()).resolve()}
    found = [folder]
    for above in folder.parents[:MAX_STEPS]:
        if above in ends:
            break
        found.append(above)
    return tuple(found)
