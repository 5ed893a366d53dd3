"""Puts a site into a folder: written aside, then swapped, so that a reader sees the old one or the new one."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path, PurePosixPath

from harness.errors import UsageError

MANIFEST = ".harness-site.json"
"""Lists what was written into a folder: it is replaced, and a folder that holds anything else is left alone."""

_NO_PLACE = (errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ENOENT)
"""What a folder that was named amiss leads to, other than a disk that failed."""


def publish(folder: Path, files: Iterable[tuple[str, str]]) -> int:
    """Make *folder* hold *files* and nothing else; return their number. Until the end, it is as it was.

    Raises:
        UsageError: it holds what no site of ours left there, or it cannot be written.
        OSError: the disk is full or failed.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100  (a link is to be replaced, not followed)
    _check(folder)
    with ExitStack() as stack:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        except OSError as error:
            if error.errno not in _NO_PLACE:
                raise
            raise UsageError(f"cannot write beside {folder}: {error.strerror}", remedy="another folder") from error
        stack.callback(shutil.rmtree, aside, ignore_errors=True)
        new = aside / "new"
        names = _write(new, files)
        _check(folder)  # it may have changed while we wrote
        try:
            _swap(folder, new, aside / "old")
        except OSError as error:
            if error.errno not in (*_NO_PLACE, errno.EBUSY, errno.EXDEV):
                raise
            raise UsageError(f"cannot replace {folder}: {error.strerror}", remedy="a new folder in it") from error
    return len(names)


def _check(folder: Path) -> None:
    """Refuse a folder that holds something that is not ours to remove."""
    if not os.path.lexists(folder):  # false where a name is too long, too
        return
    if folder.is_symlink() or not folder.is_dir():
        raise UsageError(f"{folder} is no folder", remedy="another one, or remove it")
    ours = _listed(folder) | {MANIFEST}
    names = (path.relative_to(folder).as_posix() for path in _there(folder))
    foreign = list(islice((name for name in names if name not in ours), 4))  # all that is in `/` would take long
    if foreign:
        more = ", …" if len(foreign) > 3 else ""
        raise UsageError(
            f"{folder} holds files that harness did not write: {', '.join(sorted(foreign[:3]))}{more}",
            remedy="an empty folder, or one of an earlier report; nothing was changed",
        )


def _there(folder: Path) -> Iterator[Path]:
    """Yield what is no folder, or a folder that cannot be looked into, each folder's own before what is deeper."""
    deeper = []
    try:
        for path in folder.iterdir():
            if path.is_symlink() or not path.is_dir():
                yield path
            else:
                deeper.append(path)
    except OSError:
        yield folder
    for path in deeper:
        yield from _there(path)


def _listed(folder: Path) -> set[str]:
    try:
        plain = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {str(name) for name in plain["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _write(folder: Path, files: Iterable[tuple[str, str]]) -> list[str]:
    folder.mkdir()
    names = []
    for name, text in files:
        path = folder / PurePosixPath(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        names.append(name)
    (folder / MANIFEST).write_text(json.dumps({"files": sorted(names)}, indent=0) + "\n", encoding="utf-8")
    return names


def _swap(folder: Path, new: Path, old: Path) -> None:
    """Put *new* in the place of *folder*, which goes to *old*; back again if that fails half way."""
    new.chmod(0o755)
    is_replaced = folder.is_dir()
    if is_replaced:
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if is_replaced:
            old.rename(folder)
        raise
