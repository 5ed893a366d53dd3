"""What the probe saw in a cell, as values; `protocol` reads them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

PLANTED_TABLE = "harness_stale"
"""The stale table that mode `create-db` plants in run 1, and that must be gone in run 2."""


JUNIT = "junit"
"""The runner of tests that only a JUnit file tells of."""


class Level(Enum):
    """How much is known about what happened in a cell."""

    OBSERVED = "observed"  # by the probe
    JUNIT = "junit"  # the tests, from the file that the project's command wrote
    EXIT_CODE = "exit-code"  # nothing but how the process ended


class Outcome(Enum):
    """How one test ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # in its set-up or tear-down, or while it was collected
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One place in a traceback; *file* is relative to site-packages or the project where it lies in one."""

    file: str
    line: int
    function: str
    origin: str = ""  # the top-level package ("django"), "project" for the canary's own files, "python" for the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An exception that led to another, with what Django was doing when it arose."""

    type: str  # dotted
    message: str
    frames: tuple[Frame, ...] = ()  # outermost first
    migration: str = ""
    operation: int = -1
    alias: str = ""
    database: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exception as it was reported, with what Django was doing when it arose."""

    type: str  # dotted
    message: str
    frames: tuple[Frame, ...] = ()  # outermost first
    trace: str = ""
    migration: str = ""  # "app.0001_initial" that was being applied
    operation: int = -1  # its place among that migration's operations
    alias: str = ""  # the database that a statement went to
    database: str = ""  # its NAME at that moment
    sql: str = ""  # the statement that failed
    causes: tuple[Cause, ...] = ()  # the exceptions that led to it, the nearest first


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test, or one module that could not be collected."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    id: str
    outcome: Outcome
    phase: str = "call"
    duration_s: float = 0.0
    failure: Failure | None = None
    reason: str = ""  # of a skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A distribution of the environment as the cell really imported it."""

    name: str
    version: str
    path: str = ""
    is_imported: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSeen:
    """Which settings module was in force, and who chose it."""

    module: str
    chosen_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSeen:
    """One alias after the test databases were set up."""

    alias: str
    vendor: str
    name: str
    version: str  # the server's own answer
    expected: tuple[str, ...]
    real: tuple[str, ...]
    applied: tuple[str, ...] = ()  # "app.0001_initial"
    unapplied: tuple[str, ...] = ()
    created: int = 0  # CREATE TABLE statements issued while setting up
    is_test: bool = True  # a test database that the set-up made; else the project's own, left connected

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the expected tables that are not there."""
        real = {name.lower() for name in self.real}
        return tuple(name for name in self.expected if name.lower() not in real)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A SQLite file at one moment."""

    exists: bool
    digest: str = ""  # of its content
    tables: tuple[tuple[str, int], ...] = ()  # names and rows


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeen:
    """A SQLite file that is an alias's own NAME, not its test database: tests leave it as it was."""

    alias: str
    path: str
    before: FileState
    after: FileState | None = None  # None where the process did not come to its end

    @property
    def is_changed(self) -> bool:
        """Tell whether the process, or another meanwhile, made, changed or removed it."""
        return self.after is not None and self.after != self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEvidence:
    """What one process of one run said."""

    probe: str
    pid: int
    worker: str  # "gw0" under xdist, else ""
    run: int  # 1, or 2 for the second run of modes that run twice
    runner: str
    python: str
    sqlite: str
    imported: tuple[Imported, ...] = ()
    settings: SettingsSeen | None = None
    ini_file: str = ""
    root_dir: str = ""
    set_up_by: tuple[str, ...] = ()  # fixtures or functions that set the databases up, with where they are defined
    databases: tuple[DatabaseSeen, ...] = ()
    files: tuple[FileSeen, ...] = ()  # the project's own SQLite files, before and after
    tests: tuple[TestResult, ...] = ()
    collected: int | None = None
    is_complete: bool = False  # said bye
    exit_status: int | None = None
    is_distributing: bool = False  # an xdist controller: runs no test itself
    is_cut: bool = False  # its file reached the limit
    notes: tuple[str, ...] = ()  # what the probe could not observe, and why
    running: tuple[str, ...] = ()  # tests that started and did not end: where a crash or time-out struck

    @property
    def is_blind(self) -> bool:
        """Tell whether it watched for Django's runner, which the script that it ran never used."""
        is_idle = self.collected is None and not (self.tests or self.databases or self.set_up_by)
        return self.runner == "django" and self.is_complete and is_idle


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that an attempt left behind."""

    level: Level
    processes: tuple[ProcessEvidence, ...] = ()
    problems: tuple[str, ...] = ()  # lines that could not be read, files cut at their cap

    def tests(self) -> tuple[TestResult, ...]:
        """Return every test's result, in the order of processes."""
        return tuple(test for process in self.processes for test in process.tests)

    @property
    def is_complete(self) -> bool:
        """Tell whether every process that said hello also said bye."""
        return bool(self.processes) and all(process.is_complete for process in self.processes)
