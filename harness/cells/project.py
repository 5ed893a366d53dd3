"""Working copies: a project's files as they lie, without version control, caches and virtual environments.

A scenario's are those with its changes made: what is hashed and what is copied is the changed tree.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock

from harness.cells.own_output import is_own_output
from harness.errors import Infrastructure, UsageError
from harness.model.package import Interpreter
from harness.model.spec import Change
from harness.process import capture

SKIPPED_DIRS = frozenset(
    ".git .hg .svn .tox .nox .venv venv __pycache__ .harness node_modules"  # noqa: SIM905
    " .mypy_cache .pytest_cache .ruff_cache .hypothesis .eggs".split()
)
"""Folders that are not part of a project. Git-ignored files are: they are often the very cause (DESIGN rule 12)."""

OWN_FILES = ("matrix.toml", "matrix.lock")
"""The harness's own, beside a project that is tested where it lies: they change without it."""


def entries(project: Path) -> tuple[Path, ...]:
    """Return the project's files and folders, relative, sorted; empty folders count, too.

    Left out: a folder with ``pyvenv.cfg`` (a virtual environment) or with ``CACHEDIR.TAG`` (a cache, ours included);
    the files that our own output goes to.
    Links are followed, except into a folder that holds them. A socket, or a link to nothing, has no content to copy.

    Raises:
        OSError: a folder cannot be listed.
    """
    own = {project / name for name in OWN_FILES}
    return tuple(sorted(path.relative_to(project) for path in _walk(project, ()) if path not in own))


def listing(project: Path, changes: tuple[Change, ...] = ()) -> tuple[tuple[Path, Path], ...]:
    """Return every file and folder of the changed tree, sorted: its name in the tree, and where its content lies.

    Raises:
        OSError: a folder cannot be listed.
        UsageError: a change removes what is not there: the scenario would not be what it says.
    """
    tree = {name: project / name for name in entries(project)}
    for change in changes:
        if change.overlay is not None:
            tree |= {name: change.overlay / name for name in entries(change.overlay)}
        for pattern in change.remove:
            removed = {name for name in tree if fnmatch.fnmatchcase(name.as_posix(), pattern)}
            if not removed:
                raise UsageError(
                    f"nothing in {project} is called {pattern!r}, so nothing can be removed",
                    remedy="mend the canary's `remove`: names are relative to its folder, * stands for anything",
                )
            tree = {name: path for name, path in tree.items() if removed.isdisjoint((name, *name.parents))}
    return tuple(sorted(tree.items()))


def _walk(folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    real = folder.resolve()
    if any(path.is_relative_to(real) for path in above):
        return  # a link upwards: it has no end
    for path in folder.iterdir():
        if path.is_dir():
            is_left_out = any((path / mark).exists() for mark in ("pyvenv.cfg", "CACHEDIR.TAG"))
            if path.name not in SKIPPED_DIRS and not is_left_out:
                yield path
                yield from _walk(path, (*above, real))
        # where a worktree's or submodule's version control lies is told by a file
        elif path.is_file() and path.name != ".git" and path.suffix not in (".pyc", ".pyo") and not is_own_output(path):
            yield path


def digest(project: Path, changes: tuple[Change, ...] = ()) -> str:
    """Return a hash over names, contents and what may be executed in the changed tree: 16 hexadecimal digits.

    Raises:
        UsageError: a file or folder cannot be read, or *changes* cannot be made.
    """
    total = hashlib.sha256()
    at = project
    try:
        for name, at in listing(project, changes):
            content = b"" if at.is_dir() else at.read_bytes()
            kind = "folder" if at.is_dir() else "program" if os.access(at, os.X_OK) else "file"
            total.update(f"{name}\0{kind}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
            total.update(content)
    except OSError as error:
        raise UsageError(f"cannot read {error.filename or at}: {error.strerror}") from error
    return total.hexdigest()[:16]


def compiled_copy(
    project: Path,
    project_hash: str,
    interpreter: Interpreter,
    cache: Path,
    *,
    timeout_s: float,
    changes: tuple[Change, ...] = (),
    use: Callable[[str], None] = lambda name: None,
) -> Path:
    """Return a copy of the changed tree, its bytecode compiled for *interpreter*; made once per content, cells copy it.

    *use* is told the copy's name before it is looked for, so that `collect_copies` spares it.

    Raises:
        Infrastructure: the copy cannot be written, or the project changed since it was hashed.
    """
    final = cache / "canaries" / f"{project.name}-{project_hash}-{interpreter.build[:12]}"
    final.parent.mkdir(parents=True, exist_ok=True)
    use(final.name)
    with FileLock(f"{final}.lock"):
        if final.exists():
            os.utime(final)  # `collect_copies` spares what was used lately, too
            return final
        draft = final.with_name(f"{final.name}.{os.getpid()}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            copy(project, changes, draft)
            is_same = digest(draft) == project_hash
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise Infrastructure(f"cannot copy {project} to {final.parent}: {error.strerror}") from error
        if not is_same:
            shutil.rmtree(draft, ignore_errors=True)
            raise Infrastructure(f"{project} changed while it was copied", remedy="run again")
        # A file that does not compile is the cell's business: it will say so itself, with evidence.
        capture((interpreter.path, "-m", "compileall", "-q", "."), cwd=draft, timeout_s=timeout_s)
        draft.rename(final)
    return final


def copy(project: Path, changes: tuple[Change, ...], target: Path) -> None:
    """Make *target* a copy of the changed tree.

    Raises:
        OSError: something cannot be read or written.
        UsageError: a change cannot be made.
    """
    target.mkdir()
    for name, source in listing(project, changes):  # a folder comes before what is in it
        if source.is_dir():
            (target / name).mkdir()
        else:
            shutil.copy2(source, target / name)


def size_bytes(folder: Path) -> int:
    """Return how much the files below *folder* take, without following links."""
    total, stack = 0, [str(folder)]
    while stack:
        try:
            with os.scandir(stack.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue  # the cell removed it meanwhile
    return total


def collect_copies(cache: Path, *, older_than: float, in_use: Callable[[], frozenset[str]]) -> tuple[int, int]:
    """Remove compiled copies last wanted before *older_than* (seconds since 1970); return how many, and bytes.

    *in_use* returns the names that live runs use. A run that wants one again makes it again, in a fraction of a second.
    """
    count = freed = 0
    for folder in sorted(path for path in (cache / "canaries").glob("*") if path.is_dir()):
        with FileLock(f"{folder}.lock"):
            # asked for while the lock is held: who wants the copy has said so before taking it
            if folder.stat().st_mtime < older_than and folder.name not in in_use():
                freed += size_bytes(folder)
                shutil.rmtree(folder, ignore_errors=True)
                count += 1
    return count, freed
