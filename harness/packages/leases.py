"""Marks what a live run uses, so that nobody removes it."""

from __future__ import annotations

import os
import secrets
import threading
from pathlib import Path

from filelock import FileLock, Timeout

from harness.packages.files import read_if_there


class Lease:
    """One run's list of the folders it uses; it ends with the process, however that ends.

    Two files: names, and beside it a lock that the operating system drops when the process dies. A name is written
    *before* the folder's `guard` is taken, and whoever removes a folder reads the names while holding that guard: then
    either the remover sees the name, or the user finds the folder gone and makes it again.
    """

    def __init__(self, cache: Path) -> None:
        folder = cache / "leases"
        folder.mkdir(parents=True, exist_ok=True)
        self._names = folder / f"{os.getpid()}-{secrets.token_hex(6)}.names"
        self._lock = FileLock(self._names.with_suffix(".lock"), thread_local=False)
        self._lock.acquire(timeout=0)  # nobody else knows of it
        self._names.touch()
        self._mutex = threading.Lock()
        self._written: set[str] = set()

    def add(self, name: str) -> None:
        """Say that this run uses the folder called *name* until `end`."""
        with self._mutex:
            if name not in self._written:
                with self._names.open("a", encoding="utf-8") as file:
                    file.write(name + "\n")
                self._written.add(name)

    def end(self) -> None:
        """Use nothing any more."""
        with self._mutex:
            self._names.unlink(missing_ok=True)
            self._lock.release()
            Path(self._lock.lock_file).unlink(missing_ok=True)


def in_use(cache: Path) -> frozenset[str]:
    """Return the names that live runs use; leases of dead ones are removed."""
    names: set[str] = set()
    for path in (cache / "leases").glob("*.names"):
        lock = FileLock(path.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            names |= set((read_if_there(path) or "").split())
            continue
        path.unlink(missing_ok=True)
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)
    return frozenset(names)
