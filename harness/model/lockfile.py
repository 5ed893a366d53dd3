"""What `matrix.lock` says: exact versions, pins and servers that a matrix stood for on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from harness.model.package import Interpreter, Lock, Release, Unresolvable
from harness.model.spec import ProviderName

NAME = "matrix.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedValue:
    """A value of a package axis, and the release that it stands for."""

    asked: str  # as matrix.toml says it; a range in words
    requested: str  # the value in cells; differs from *asked* where that is a range
    release: Release  # `name` is the axis; the upload time is not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Requirements, and where they came to the same answer."""

    requires: tuple[str, ...]  # in one spelling, sorted
    on: tuple[str, ...]  # `Interpreter.target`, sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedEnvironment:
    """One lock and every question that it answers."""

    lock: Lock
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """Requirements that cannot be met together, as few as it takes."""

    question: Question
    words: str  # uv's, without addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedServer:
    """What a provider would start for a database on one platform."""

    database: str
    provider: ProviderName
    source: str  # as in `ServerIdentity`, without a registry's host
    platform: str
    version: str
    digest: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Which server is meant, whatever is in it."""
        return (self.database, self.provider.value, self.source, self.platform)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What of `matrix.toml` a lock was made from."""

    digest: str  # over all of it that decides what is locked
    python: tuple[str, ...] = ()
    mode: tuple[str, ...] = ()
    axes: tuple[tuple[str, tuple[str, ...]], ...] = ()  # package axes, ranges in words
    databases: tuple[tuple[str, tuple[str, ...]], ...] = ()  # → requirements of the driver
    canaries: tuple[tuple[str, tuple[str, ...]], ...] = ()  # → further requirements
    allow_build: tuple[str, ...] = ()
    as_of: dt.datetime | None = None  # where matrix.toml names one


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixLock:
    """A whole `matrix.lock`."""

    as_of: dt.datetime
    renewed: tuple[tuple[str, dt.datetime], ...] = ()  # axes with an as-of date of their own
    basis: Basis
    values: tuple[LockedValue, ...] = ()
    environments: tuple[LockedEnvironment, ...] = ()
    impossible: tuple[Impossible, ...] = ()
    servers: tuple[LockedServer, ...] = ()

    @property
    def dates(self) -> tuple[dt.datetime, tuple[tuple[str, dt.datetime], ...]]:
        """All that says what had been uploaded."""
        return (self.as_of, self.renewed)


class KnownAnswers(Protocol):
    """Answers that need no uv. Safe to share among threads."""

    def lock(self, wanted: tuple[str, ...], interpreter: Interpreter) -> Lock | Unresolvable | None:
        """Return the answer for requirements in one spelling, sorted; None where it is not known."""
        ...

    def conflict(
        self, contributions: Mapping[str, tuple[str, ...]], interpreter: Interpreter
    ) -> tuple[str, ...] | None:
        """Return the axes whose requirements are known not to go together; None where that is not known."""
        ...


class Kind(Enum):
    """In what way a lock and its matrix differ."""

    ABSENT = "absent"  # there is no lock
    VALUE = "value"  # a value of a package axis
    PYTHON = "python"
    MODE = "mode"
    DATABASE = "database"  # a database, or its driver
    CANARY = "canary"  # a canary, or what it requires
    BUILD = "allow-build"
    DATE = "as-of"
    PLAN = "plan"  # profiles, excludes, includes: which cells are planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """One difference between a matrix and the lock that was made from it."""

    kind: Kind
    words: str  # "django 6.2 is new"
    is_gap: bool  # the matrix asks what the lock does not answer; else the lock only holds too much
