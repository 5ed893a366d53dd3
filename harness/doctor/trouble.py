"""Failures in one shape, whoever reported them: the probe, or the words that a command printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.doctor.inspection import Inspection, Raised
from harness.model.evidence import Cause, Evidence, Failure, Frame

REFUSED = "a database was asked for while the project was loaded"
"""What the inspector answers: it says nothing of a database that is there."""

WRAPPERS = frozenset({"ConftestImportFailure", "CollectError", "UsageError"})
"""Exceptions that say that something else went wrong."""

MISSING_TABLE = (
    re.compile(r"no such table: (?:main\.|temp\.)?[\"'`\[]?([^\s\"'`\]]+)"),
    re.compile(r'(?<!of )relation "([^"]+)" does not exist'),
    re.compile(r"Table '(?:[^'.]*\.)?([^']+)' doesn't exist"),
)
MISSING_COLUMN = (
    re.compile(r"no such column: (?:\"?[\w.]+\"?\.)?\"?(\w+)"),
    re.compile(r"has no column named (\w+)"),
    re.compile(r"column \"?(?:\w+\.)*(\w+)\"? (?:of relation \"[^\"]+\" )?does not exist"),
    re.compile(r"Unknown column '(?:[^'.]+\.)?([^']+)'"),
)
FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>.+)$')
RAISED = re.compile(
    r"^(?:E\s+)?(?P<type>[A-Za-z_][\w.]*(?:Error|Exception|Warning|NotReady|History|DoesNotExist|Exit|Configured)): ?"
    r"(?P<message>.*)$"
)
USAGE = re.compile(r"^(?:ERROR|error|.*: error): (?P<message>.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One failure: of a test, of collection, or of the command itself."""

    id: str  # the test's id, or a phase in parentheses
    phase: str  # load, collect, setup, call, teardown, session, usage, command
    type: str  # the exception's name without its module
    message: str
    words: str  # all messages of the exceptions that led to it, the outermost first
    frames: tuple[Frame, ...]  # those in the project, outermost first
    stack: tuple[Frame, ...]  # all
    trace: str = ""
    migration: str = ""  # "app.0001_initial" that was being applied
    operation: int = -1
    alias: str = ""  # the database that was asked
    database: str = ""  # its NAME then
    sql: str = ""

    @property
    def table(self) -> str:
        """Return the table that is said to be missing, empty if none is."""
        return _first(MISSING_TABLE, self.words).strip("\"'`")

    @property
    def column(self) -> str:
        """Return the column that is said to be missing, empty if none is."""
        return _first(MISSING_COLUMN, self.words)

    @property
    def file(self) -> str:
        """Return the test's file, empty if it is no test."""
        return "" if self.id.startswith("(") else self.id.partition("::")[0]

    @property
    def at(self) -> Frame | None:
        """Return the innermost frame in the project."""
        return self.frames[-1] if self.frames else None

    def passes(self, path: str, function: str = "") -> bool:
        """Tell whether a frame lies in that file, and function if given."""
        return any(frame.file == path and function in ("", frame.function) for frame in self.frames)


def of_evidence(evidence: Evidence) -> tuple[Trouble, ...]:
    """Return what the probe saw fail, in the order in which it did."""
    return tuple(
        of_failure(test.id, test.phase, test.failure)
        for test in evidence.tests()
        if test.failure is not None and test.outcome.value in ("failed", "error")
    )


def of_failure(id: str, phase: str, failure: Failure) -> Trouble:  # noqa: A002  (a test's id)
    """Return a reported exception: what it wraps instead of a mere wrapper."""
    chain: list[Failure | Cause] = [failure, *failure.causes]
    while len(chain) > 1 and chain[0].type.rpartition(".")[2] in WRAPPERS:
        chain.pop(0)
    head = chain[0]
    stack = next(
        (item.frames for item in chain if any(frame.origin == "project" for frame in item.frames)), head.frames
    )
    told = next((item for item in reversed(chain) if item.sql or item.migration), head)
    moved = next((item for item in chain if item.migration), head)
    return Trouble(
        id=id,
        phase=phase,
        type=head.type.rpartition(".")[2],
        message=head.message,
        words="\n".join(f"{item.type}: {item.message}" for item in chain),
        frames=tuple(frame for frame in stack if frame.origin == "project"),
        stack=stack,
        trace=failure.trace,
        migration=moved.migration,
        operation=moved.operation,
        alias=told.alias or head.alias,
        database=told.database or head.database,
        sql=told.sql or head.sql,
    )


def of_inspection(inspection: Inspection | None) -> tuple[Trouble, ...]:
    """Return what kept the project from being loaded: the innermost cause, with its place in the project."""
    if inspection is None or inspection.settings is None:
        return ()
    graph = inspection.graph.errors if inspection.graph is not None else ()
    said = (("settings", inspection.settings.errors), ("django.setup", inspection.setup_errors), ("migrations", graph))
    return tuple(_raised(phase, chain) for phase, chain in said if chain and REFUSED not in chain[-1].message)


def _raised(phase: str, chain: tuple[Raised, ...]) -> Trouble:
    last = chain[-1]
    places = next((item.frames for item in reversed(chain) if item.frames), ())
    frames = tuple(
        Frame(file=place.file, line=place.line, function=place.function, origin="project") for place in places
    )
    return Trouble(
        id=f"({phase})",
        phase="load",
        type=last.type.rpartition(".")[2],
        message=last.message,
        words="\n".join(f"{item.type}: {item.message}" for item in chain),
        frames=frames,
        stack=frames,
    )


def of_output(text: str, roots: tuple[str, ...]) -> tuple[Trouble, ...]:
    """Return what a command's own words tell: its last traceback, else what it calls an error.

    Files below one of *roots* are the project's.
    """
    lines = text.splitlines()
    frames: list[Frame] = []
    last: Trouble | None = None
    for line in lines:
        frame = FRAME.match(line)
        if frame:
            frames.append(_frame(frame, roots))
            continue
        raised = RAISED.match(line)
        if raised and (frames or line.startswith("E ")):
            last = _printed(raised["type"], raised["message"], frames, "command")
            frames = []
    if last is not None:
        return (last,)
    return tuple(_usage(lines))


def _usage(lines: Iterable[str]) -> Iterator[Trouble]:
    for line in lines:
        said = USAGE.match(line)
        if said:
            yield _printed("UsageError", said["message"], [], "usage")
            return


def _printed(kind: str, message: str, frames: list[Frame], phase: str) -> Trouble:
    return Trouble(
        id=f"({phase})",
        phase=phase,
        type=kind.rpartition(".")[2],
        message=message,
        words=f"{kind}: {message}",
        frames=tuple(frame for frame in frames if frame.origin == "project"),
        stack=tuple(frames),
    )


def _frame(found: re.Match[str], roots: tuple[str, ...]) -> Frame:
    file = found["file"].replace("\\", "/")
    origin = "python"
    if "/site-packages/" in file:
        file = file.rpartition("/site-packages/")[2]
        origin = file.partition("/")[0]
    for root in roots:
        if file.startswith(f"{root}/"):
            file, origin = file[len(root) + 1 :], "project"
    return Frame(file=file, line=int(found["line"]), function=found["function"], origin=origin)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str:
    return next((found[1] for pattern in patterns if (found := pattern.search(text))), "")
