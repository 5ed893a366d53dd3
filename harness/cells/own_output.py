"""The files that our own output goes to: `harness run > log`, or through `tee`, in the folder of a project."""

from __future__ import annotations

import contextlib
import functools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_STREAMS = (1, 2)


@functools.cache
def own_output() -> frozenset[tuple[int, int]]:
    """Return (device, inode) of the files that this process, and those of its pipeline, have open to write to.

    They grow while a project is read, and are none of it. Without ``/proc`` only this process's own streams are known.
    """
    return frozenset((*_of_streams(), *_of_pipeline()))


def is_own_output(path: Path) -> bool:
    """Tell whether a file is one of them."""
    if not own_output():
        return False
    known = path.stat()
    return (known.st_dev, known.st_ino) in own_output()


def _of_streams() -> Iterator[tuple[int, int]]:
    for number in _STREAMS:
        with contextlib.suppress(OSError):  # closed
            known = os.fstat(number)
            if stat.S_ISREG(known.st_mode):
                yield known.st_dev, known.st_ino


def _of_pipeline() -> Iterator[tuple[int, int]]:
    """Yield what the processes of our group write to: a shell puts a whole pipeline into one."""
    group = str(os.getpgrp())
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            if (process / "stat").read_text().rpartition(")")[2].split()[2] == group:
                yield from _written_by(process)


def _written_by(process: Path) -> Iterator[tuple[int, int]]:
    for link in (process / "fd").iterdir():
        with contextlib.suppress(OSError):
            known = link.stat()
            if stat.S_ISREG(known.st_mode) and _flags(process / "fdinfo" / link.name) & (os.O_WRONLY | os.O_RDWR):
                yield known.st_dev, known.st_ino


def _flags(info: Path) -> int:
    line = next(line for line in info.read_text().splitlines() if line.startswith("flags:"))
    return int(line.split()[1], 8)
