"""A project's working copy for the doctor: files as they lie, the original untouched."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.cells.project import SKIPPED_DIRS
from harness.doctor.tree import Tree
from harness.errors import Infrastructure, UsageError

DATABASE_SUFFIXES = (".sqlite3", ".sqlite", ".db", ".db3", ".sqlite3-journal", ".sqlite3-wal", ".sqlite3-shm")
SQLITE_MAGIC = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy, with what must be the same afterwards."""

    project: Path
    folder: Path
    tree: Tree
    databases: tuple[tuple[str, str], ...]  # SQLite files of the project and their digests
    unread: tuple[str, ...]  # files that could not be copied

    def reread(self) -> Tree:
        """Return the copy's files as they lie now."""
        return Tree(root=self.folder, paths=tuple(sorted(names(self.folder))))

    def touched(self) -> tuple[str, ...]:
        """Return the project's own SQLite files that are not what they were."""
        now = dict(digests(self.project, [name for name, _ in self.databases]))
        return tuple(name for name, digest in self.databases if now.get(name) != digest)


def make(project: Path, target: Path) -> Copy:
    """Copy a project to *target*, which is made.

    Raises:
        UsageError: the project cannot be read.
        Infrastructure: the copy cannot be written.
    """
    try:
        listed = sorted(names(project))
    except OSError as error:
        raise UsageError(f"cannot read {error.filename or project}: {error.strerror}") from error
    unread: list[str] = []
    made: set[Path] = set()
    for name in listed:
        to = target / name
        try:
            if to.parent not in made:
                to.parent.mkdir(parents=True, exist_ok=True)
                made.add(to.parent)
            shutil.copyfile(project / name, to)
            if os.access(project / name, os.X_OK):
                to.chmod(0o755)
        except PermissionError:
            unread.append(name)
        except OSError as error:
            raise Infrastructure(f"cannot copy {project / name} to {target}: {error.strerror}") from error
    paths = tuple(name for name in listed if name not in unread)
    target.mkdir(parents=True, exist_ok=True)
    databases = [name for name in paths if name.endswith(DATABASE_SUFFIXES) or _is_database(project / name)]
    return Copy(
        project=project,
        folder=target,
        tree=Tree(root=target, paths=paths),
        databases=tuple(digests(project, databases)),
        unread=tuple(unread),
    )


def names(folder: Path) -> list[str]:
    """Return the project's files, relative, with slashes; version control, caches and environments are left out.

    Links are followed, except into a folder that holds them.
    """
    found: list[str] = []
    for top, folders, files in os.walk(folder, followlinks=True):
        at = Path(top)
        if at != folder and any(mark in files for mark in ("pyvenv.cfg", "CACHEDIR.TAG")):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name not in SKIPPED_DIRS and not _is_round(at / name))
        prefix = at.relative_to(folder).as_posix()
        found += [
            name if prefix == "." else f"{prefix}/{name}"
            for name in files
            if not name.endswith((".pyc", ".pyo")) and name != ".git" and (at / name).is_file()
        ]
    return found


def _is_round(path: Path) -> bool:
    """Tell whether a folder is a link to one that holds it."""
    return path.is_symlink() and path.resolve() in {parent.resolve() for parent in path.parents}


def digests(project: Path, files: list[str]) -> list[tuple[str, str]]:
    """Return the files' digests; one that is gone has none."""
    found = []
    for name in files:
        try:
            with (project / name).open("rb") as source:
                found.append((name, hashlib.file_digest(source, "sha256").hexdigest()))
        except OSError:
            found.append((name, ""))
    return found


def _is_database(path: Path) -> bool:
    if path.suffix:
        return False
    try:
        with path.open("rb") as source:
            return source.read(16) == SQLITE_MAGIC
    except OSError:
        return False
