"""Where a project's state and this user's cache lie."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from harness.errors import UsageError
from harness.model import lockfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folders and the surroundings that a workflow works in."""

    matrix: Path  # matrix.toml
    state: Path  # `.harness` beside it: records, logs, the as-of date
    cache: Path  # environments, locks, binaries: shared by all of a user's projects
    environ: Mapping[str, str]
    now: Callable[[], dt.datetime]

    @property
    def store(self) -> Path:
        """The database of records."""
        return self.state / "store.sqlite"

    @property
    def lock(self) -> Path:
        """The lock beside the matrix, there or not."""
        return self.matrix.with_name(lockfile.NAME)

    @property
    def logs(self) -> Path:
        """The folder of the cells' logs."""
        return self.state / "logs"

    @property
    def ledger(self) -> Path:
        """The folder in which running harnesses write down what they started."""
        return self.cache / "ledger"


CACHE_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of harness.\n"
"""What makes back-ups, and our own copies of projects, pass a folder by (the Cache Directory Tagging Specification)."""


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return this user's cache, made and marked as one. ``HARNESS_CACHE_DIR`` names another.

    Raises:
        UsageError: it cannot be made.
    """
    cache = Path(environ.get("HARNESS_CACHE_DIR") or platformdirs.user_cache_path("harness")).absolute()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "CACHEDIR.TAG").write_text(CACHE_TAG, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from error
    return cache


def utc_now() -> dt.datetime:
    """Return the time, with its zone."""
    return dt.datetime.now(dt.UTC)


def find(matrix: Path, environ: Mapping[str, str] | None = None) -> Place:
    """Return the place of a matrix file; its state folder is made and kept out of version control.

    ``HARNESS_CACHE_DIR`` names another cache than the user's.

    Raises:
        UsageError: there is no such file, or the state folder cannot be made.
    """
    environ = dict(os.environ if environ is None else environ)
    if not matrix.is_file():
        raise UsageError(
            f"there is no {matrix}", remedy="run in the folder of a matrix.toml, or name one with --matrix"
        )
    matrix = matrix.resolve()
    state = matrix.parent / ".harness"
    cache = cache_folder(environ)
    try:
        (state / "logs").mkdir(parents=True, exist_ok=True)
        (state / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from error
    return Place(matrix=matrix, state=state, cache=cache, environ=environ, now=utc_now)
