"""Where a command is run, or what is put on Python's path, so that the settings can be imported."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.interop.project.files import Files, ini
from harness.interop.project.how_tested import Runner, is_test

_CONFIGURES_PYTEST = ("pytest.ini", "pytest.toml", "tox.ini", "setup.cfg", "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folder that a command is run in, and a folder for PYTHONPATH; empty: at the top, and none."""

    cwd: str
    path: str = ""
    because: str = ""


def find(
    files: Files, runner: Runner, *, cwd: str, settings: str, roots: Sequence[str], pythonpath: Sequence[str]
) -> Place:
    """Return where a command that would be run in *cwd* has to be run.

    *roots* are folders that the settings may be imported from; *pythonpath* those that pytest itself takes in.
    """
    plain = Place(cwd=cwd)
    if runner not in (Runner.PYTEST, Runner.DJANGO):
        return plain  # a script has its own folder on the path
    file = files.module_file(settings, tuple(roots)) if settings else ""
    root = root_of(file, settings)
    taken_in = {posixpath.normpath(posixpath.join(cwd, folder)) for folder in pythonpath}
    if not file or root == cwd or file.startswith("src/") or (root or ".") in taken_in:
        return plain
    if runner is Runner.PYTEST and finds_manage(files, cwd, root):
        return plain
    if changed := _of_tox(files):
        is_beside = changed == root
    else:
        is_beside = _holds_all_tests(files, root, cwd)
    if is_beside and root.startswith(f"{cwd}/" if cwd else ""):
        return Place(cwd=root, because=f"{file} is imported from there")
    return Place(
        cwd=cwd, path=posixpath.relpath(root or ".", cwd or "."), because=f"{file} is imported from {root or 'the top'}"
    )


def root_of(file: str, module: str) -> str:
    """Return the folder from which the file of a module is imported; empty: the top."""
    ending = f"{module.replace('.', '/')}{'/__init__' if file.endswith('/__init__.py') else ''}.py"
    return file.removesuffix(ending).rstrip("/")


def finds_manage(files: Files, cwd: str, root: str) -> bool:
    """Tell whether pytest-django, run in *cwd*, puts *root* in place: it looks for manage.py there and above."""
    folder = cwd
    while not files.has(posixpath.join(folder, "manage.py")):
        if not folder:
            return False
        folder = posixpath.dirname(folder)
    return folder == root


def _of_tox(files: Files) -> str:
    """Return the folder below the top that tox changes to, empty if it does not."""
    section = ini(files, "tox.ini")
    text = section.get("testenv", "changedir", fallback="") or section.get("testenv", "change_dir", fallback="") or ""
    found = re.sub(r"^\{(?:toxinidir|tox_root)\}/?", "", text.strip())
    return "" if "{" in found or not found else posixpath.normpath(found)


def _holds_all_tests(files: Files, root: str, cwd: str) -> bool:
    """Tell whether every test lies below *root*, and nothing there or in *cwd* says otherwise to pytest."""
    below = [path for path in files.paths if path.startswith(f"{cwd}/" if cwd else "")]
    tests = [path for path in below if is_test(path) or posixpath.basename(path) == "conftest.py"]
    if not root or not tests or not all(path.startswith(f"{root}/") for path in tests):
        return False
    has_own = any(files.has(posixpath.join(root, name)) for name in _CONFIGURES_PYTEST)
    named = any("testpaths" in files.text(posixpath.join(cwd, name)) for name in _CONFIGURES_PYTEST)
    return not has_own and not named
