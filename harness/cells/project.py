"""Working copies: a project's files as they lie, without version control, caches and virtual environments."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from harness.errors import Infrastructure, UsageError
from harness.model.package import Interpreter
from harness.process import capture

SKIPPED_DIRS = frozenset(
    ".git .hg .svn .tox .nox .venv venv __pycache__ .harness node_modules"  # noqa: SIM905
    " .mypy_cache .pytest_cache .ruff_cache .hypothesis .eggs".split()
)
"""Folders that are not part of a project. Git-ignored files are: they are often the very cause (DESIGN rule 12)."""


def files(project: Path) -> tuple[Path, ...]:
    """Return the project's files, relative, sorted. A folder with ``pyvenv.cfg`` is a virtual environment.

    Links are followed, except into a folder that holds them. A socket, or a link to nothing, has no content to copy.

    Raises:
        OSError: a folder cannot be listed.
    """
    return tuple(sorted(path.relative_to(project) for path in _walk(project, ())))


def _walk(folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    real = folder.resolve()
    if any(path.is_relative_to(real) for path in above):
        return  # a link upwards: it has no end
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in SKIPPED_DIRS and not (path / "pyvenv.cfg").exists():
                yield from _walk(path, (*above, real))
        # where a worktree's or submodule's version control lies is told by a file
        elif path.is_file() and path.name != ".git" and path.suffix not in (".pyc", ".pyo"):
            yield path


def digest(project: Path) -> str:
    """Return a hash over names and contents: 16 hexadecimal digits.

    Raises:
        UsageError: a file or folder cannot be read.
    """
    total = hashlib.sha256()
    at = project
    try:
        for name in files(project):
            at = project / name
            content = at.read_bytes()
            total.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
            total.update(content)
    except OSError as error:
        raise UsageError(f"cannot read {error.filename or at}: {error.strerror}") from error
    return total.hexdigest()[:16]


def compiled_copy(project: Path, project_hash: str, interpreter: Interpreter, cache: Path, *, timeout_s: float) -> Path:
    """Return a copy with its bytecode compiled for *interpreter*, made once per content; cells copy it.

    Raises:
        Infrastructure: the copy cannot be written.
    """
    final = cache / "canaries" / f"{project.name}-{project_hash}-{interpreter.build[:12]}"
    if final.exists():
        os.utime(final)  # `collect_copies` spares what was used lately
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{final}.lock"):
        if final.exists():
            return final
        draft = final.with_name(f"{final.name}.{os.getpid()}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir()
            for name in files(project):
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(project / name, draft / name)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise Infrastructure(f"cannot copy {project} to {final.parent}: {error.strerror}") from error
        # A file that does not compile is the cell's business: it will say so itself, with evidence.
        capture((interpreter.path, "-m", "compileall", "-q", "."), cwd=draft, timeout_s=timeout_s)
        draft.rename(final)
    return final


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


def collect_copies(cache: Path, *, older_than: float) -> tuple[int, int]:
    """Remove compiled copies that were made before *older_than* (seconds since 1970); return how many, and bytes.

    A run that wants one again makes it again, in a fraction of a second.
    """
    count = freed = 0
    for folder in sorted((cache / "canaries").glob("*")):
        if folder.is_dir() and folder.stat().st_mtime < older_than:
            with FileLock(f"{folder}.lock"):
                freed += size_bytes(folder)
                shutil.rmtree(folder, ignore_errors=True)
                Path(f"{folder}.lock").unlink(missing_ok=True)
            count += 1
    return count, freed
