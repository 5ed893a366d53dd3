"""Frees what no recent record uses."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import Infrastructure
from harness.packages import environments, package_store, wheels
from harness.packages.files import discard, guard
from harness.packages.leases import in_use

GUARD_S = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """What was removed: how many environments, packages and remembered answers, and the bytes they alone held."""

    count: int
    bytes: int


def collect(
    cache: Path,
    *,
    keep_lock_hashes: Iterable[str],
    grace_s: float = 7 * 86400,
    now: Callable[[], float] = time.time,
) -> Freed:
    """Remove environments whose lock is not among *keep_lock_hashes*, then the packages that no environment uses, and
    remembered locks and index answers that were not asked for; nothing younger than *grace_s*, nothing that a live run
    uses. Safe beside runs and other collections.
    """
    keep = frozenset(keep_lock_hashes)
    deadline = now() - grace_s
    count = freed = 0
    left: set[str] = set()  # packages in use
    for path in _folders(cache / environments.FOLDER):
        known = environments.packages_of(path)
        is_wanted = known is not None and known[0] in keep
        removed = None if is_wanted else _remove(cache, path, environments.COMPLETE, deadline)
        if removed is None:
            left |= set(known[1]) if known else set()
        else:
            count, freed = count + 1, freed + removed
    for path in _folders(cache / package_store.FOLDER):
        removed = None if path.name in left else _remove(cache, path, package_store.COMPLETE, deadline)
        if removed is not None:
            count, freed = count + 1, freed + removed
    answers = [*(cache / "locks").glob("*/*.json"), *(cache / "index").glob("*.json")]
    # a wheel whose files are wanted again is built again
    for path in [*answers, *(cache / wheels.FOLDER).glob("*/*.whl"), *(cache / wheels.FOLDER).glob("*/*.json")]:
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            if stat.st_mtime < deadline:
                path.unlink()
                count, freed = count + 1, freed + stat.st_size
    return Freed(count=count, bytes=freed + _leftovers(cache, deadline))


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir() and not path.name.startswith("."))


def _remove(cache: Path, path: Path, mark: str, deadline: float) -> int | None:
    """Remove a folder unless it is young or in use; return the bytes freed, None where it stays."""
    try:
        with guard(cache, path.name, timeout_s=GUARD_S):
            # Asked for while the guard is held: see `leases.Lease`.
            if path.name in in_use(cache) or _time(path / mark, path) >= deadline:
                return None
            return discard(path)
    except Infrastructure:
        return None  # someone is at work on it


def _leftovers(cache: Path, deadline: float) -> int:
    """Remove what processes that were killed left half made or half removed."""
    freed = 0
    for folder in (environments.FOLDER, package_store.FOLDER, "tmp"):
        for path in (cache / folder).glob("uv-*" if folder == "tmp" else ".[dm]*-*"):
            if _time(path, path) < min(deadline, time.time() - 3600):
                freed += discard(path)
    return freed


def _time(path: Path, otherwise: Path) -> float:
    for candidate in (path, otherwise):
        with contextlib.suppress(OSError):
            return candidate.stat().st_mtime
    return float("inf")
