"""The matrix specification: what `matrix.toml` says, checked, as frozen values. Made by `config`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeVar

from harness.model.condition import Condition
from harness.model.wheel import Wheel


class Engine(Enum):
    """What Django's ``connection.vendor`` calls a database, with MariaDB and MySQL told apart."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    MARIADB = "mariadb"
    MYSQL = "mysql"


class ProviderName(Enum):
    """How a server comes to be."""

    SQLITE = "sqlite"
    DOCKER = "docker"
    EMBEDDED = "embedded"
    URL = "url"


class Mode(Enum):
    """How the canary is run."""

    MIGRATIONS = "migrations"
    NOMIGRATIONS = "nomigrations"
    REUSE_DB = "reuse-db"
    CREATE_DB = "create-db"
    XDIST = "xdist"
    PLAIN = "plain"  # no option of the harness's: what the project's own configuration says


class Strength(Enum):
    """How many axes a plan crosses: every value, pair or triple once, or every cell."""

    EACH = "1"
    PAIRS = "2"
    TRIPLES = "3"
    FULL = "full"


class ControlPolicy(Enum):
    """When the control (Django's own runner on the same cell) is run."""

    ALWAYS = "always"
    ON_FAILURE = "on-failure"
    NEVER = "never"


class Preference(Enum):
    """Which of the versions that are allowed a resolution takes, where an axis does not say it; as uv calls them."""

    HIGHEST = "highest"
    LOWEST = "lowest"
    LOWEST_DIRECT = "lowest-direct"  # of what is asked for by name; the newest of what that brings along


class Per(Enum):
    """Which releases a range of versions stands for: the newest of each minor series, or every one."""

    MINOR = "minor"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRange:
    """Releases from *since* up to and including *until*; a bound that names a series includes all of it."""

    since: str
    until: str | None
    per: Per


AxisValue = str | VersionRange


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisSpec:
    """One axis as written: its values in order, ranges not yet expanded."""

    name: str
    values: tuple[AxisValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSpec:
    """One value of the ``database`` axis."""

    name: str
    engine: Engine
    version: str = ""  # "17" or "17.5"; "memory", "file" or "name" for SQLite
    providers: tuple[ProviderName, ...] = ()
    images: tuple[str, ...] = ()  # Docker images in order of preference; empty: official, then this repository's
    url_env: str = ""  # the environment variable that holds the DSN, for the `url` provider
    driver: tuple[str, ...] = ()  # requirements, e.g. ("psycopg[binary]",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Tests that a mode or database cannot give, by declaration: their skips are not held against a cell."""

    tests: tuple[str, ...]  # fnmatch patterns on test ids
    when: Condition
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a scenario does to the files of the canary it is made of: lays a folder over them, then removes some."""

    overlay: Path | None = None
    remove: tuple[str, ...] = ()  # fnmatch patterns on names relative to the canary, ``*`` for anything


class Injection(Enum):
    """How a cell's databases are put into a project that does not ask for them."""

    NONE = ""
    SETTINGS = "settings"  # a settings module that wraps the project's own


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSpec:
    """What makes a canary a project that came as it is: how it is installed and tested."""

    install: tuple[str, ...] = ()  # as pip is told: ".[test]", "-e .", "-r FILE", "-c FILE", "--group NAME"
    commands: tuple[tuple[str, ...], ...] = ()  # words; run one after the other until one fails
    cwd: str = "."  # below the project's folder
    env: tuple[tuple[str, str], ...] = ()  # sorted; ${NAME} stands for another variable of the cell
    pass_env: tuple[str, ...] = ()  # names of the user's variables
    inject: Injection = Injection.NONE
    junit: str = ""  # the report that the last command writes, below `cwd`
    is_editable: bool = False  # used from its files, as each cell has them
    wheels: tuple[tuple[str, Wheel], ...] = ()  # what was built of it, by minor version of Python ("3.12")


@dataclass(frozen=True, slots=True, kw_only=True)
class CanarySpec:
    """One value of the ``canary`` axis."""

    name: str
    path: Path
    changes: tuple[Change, ...] = ()  # one after the other
    prepare: tuple[tuple[str, ...], ...] = ()  # arguments of Python: commands run in the copy before the tests
    settings: str  # empty: a project's own configuration says it
    project: ProjectSpec | None = None
    requires: tuple[str, ...] = ()
    databases: tuple[str, ...] = ("*",)  # fnmatch patterns on database names
    aliases: tuple[str, ...] = ("default",)  # keys of DATABASES it wants
    args: tuple[str, ...] = ()  # more arguments for pytest
    lacks: tuple[Lack, ...] = ()
    allow_skips: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An ``[[exclude]]`` or ``[[include]]`` entry."""

    when: Condition
    reason: str
    issue: str = ""
    until: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """An ``[[expect]]`` entry: cells where `when` holds end in *state*."""

    when: Condition
    state: str
    reason: str
    issue: str = ""
    until: dt.date | None = None
    runner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Which part of the matrix is run, and how densely."""

    name: str
    strength: Strength = Strength.PAIRS
    axes: tuple[tuple[str, tuple[str, ...]], ...] = ()  # filters: axis → requested values or specifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Bounds per phase, in seconds."""

    resolve_s: float = 120
    install_s: float = 300
    server_s: float = 120
    test_s: float = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """The ``[run]`` table."""

    jobs: int | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    as_of: dt.datetime | None = None
    allow_build: tuple[str, ...] = ()
    python_downloads: bool = True
    log_limit_bytes: int = 5_000_000
    disk_limit_bytes: int = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixSpec:
    """A whole `matrix.toml`."""

    path: Path
    axes: tuple[AxisSpec, ...]
    databases: tuple[DatabaseSpec, ...]
    canaries: tuple[CanarySpec, ...]
    excludes: tuple[Rule, ...] = ()
    includes: tuple[Rule, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    profiles: tuple[Profile, ...] = ()
    run: RunSpec = field(default_factory=RunSpec)

    def axis(self, name: str) -> AxisSpec:
        """Return the axis called *name*; KeyError if there is none."""
        return next_named(self.axes, name)

    def database(self, name: str) -> DatabaseSpec:
        """Return the database called *name*; KeyError if there is none."""
        return next_named(self.databases, name)

    def canary(self, name: str) -> CanarySpec:
        """Return the canary called *name*; KeyError if there is none."""
        return next_named(self.canaries, name)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def next_named(items: Iterable[N], name: str) -> N:
    """Return the item whose ``name`` is *name*; KeyError if there is none."""
    for item in items:
        if item.name == name:
            return item
    raise KeyError(name)
