"""Keeps a folder that several processes share in order: whole files, one maker at a time."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from harness.errors import Infrastructure
from harness.process import Cancel

POLL_S = 0.2


def write_whole(path: Path, text: str) -> None:
    """Write *text* so that a reader sees all of it or what was there before; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_if_there(path: Path) -> str | None:
    """Return the file's text, None where there is no such file."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


@contextlib.contextmanager
def guard(cache: Path, name: str, *, timeout_s: float, cancel: Cancel | None = None) -> Iterator[None]:
    """Hold what is called *name* below *cache* alone, among threads and processes, for as long as the block lasts.

    Raises:
        Infrastructure: someone else holds it for longer than *timeout_s*.
        Interrupted: *cancel* was set while waiting.
    """
    path = cache / "guards" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    deadline = time.monotonic() + timeout_s
    while True:
        if cancel is not None:
            cancel.check()
        try:
            lock.acquire(timeout=POLL_S, poll_interval=0.02)
            break
        except Timeout:
            if time.monotonic() > deadline:
                raise Infrastructure(
                    f"waited {timeout_s:.0f} s for another process that holds {path}",
                    remedy="end the other run, or wait for it",
                ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def in_the_making(target: Path) -> Iterator[Path]:
    """Give a new folder beside *target* that becomes *target* when the block succeeds, else vanishes.

    Hold the `guard` of *target* around it: an existing *target* is replaced.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    making = target.parent / f".making-{os.getpid()}-{secrets.token_hex(4)}"
    making.mkdir()
    try:
        yield making
        if target.exists():
            discard(target)
        making.replace(target)
    finally:
        discard(making)


def discard(folder: Path) -> int:
    """Remove a folder so that nobody sees half of it; return the bytes that this frees."""
    import shutil  # only where something is removed

    doomed = folder.with_name(f".doomed-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        folder.replace(doomed)
    except FileNotFoundError:
        return 0
    freed = size_of(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
    return freed


def size_of(folder: Path) -> int:
    """Return the bytes on disk that only *folder* holds: a file with other hard links (uv's cache) frees nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                stat = os.lstat(Path(parent) / name)
                total += stat.st_size if stat.st_nlink == 1 else 0
    return total
