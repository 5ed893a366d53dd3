"""Reads an exception back from the text of its traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from harness.analysis.signature import PROJECT
from harness.model.evidence import Failure, Frame

_HEADER = re.compile(r"^(?:Exception Group )?Traceback \(most recent call last\):\s*$")
_FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_SHORT_FRAME = re.compile(r"^(?P<file>\S.*?):(?P<line>\d+): in (?P<function>.+)$")
_SHORT_ERROR = re.compile(r"^E   ?(?P<text>.*)$")
_EXCEPTION = re.compile(r"^(?P<type>[^\W\d][\w.<>]*)(?:: (?P<message>.*))?$", re.DOTALL)
_SYNTAX = ("SyntaxError", "IndentationError", "TabError")
_PYTHON = "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a run took place: files below *scratch*, two folders down, are the project's."""

    scratch: str
    name: str  # of the working copy
    cwd: str = "."  # where in it the commands are run

    def place(self, path: str) -> tuple[str, str]:
        """Return a file as frames name it, and its origin, as the probe does."""
        if path.startswith("<"):
            return path, _PYTHON
        for folder in ("site-packages", "dist-packages"):
            _, found, rest = path.rpartition(f"/{folder}/")
            if found:
                return rest, rest.partition("/")[0].removesuffix(".py")
        if not path.startswith("/"):
            return path, PROJECT  # pytest's short tracebacks are relative to the working copy
        parts = PurePosixPath(path.removeprefix(self.scratch.rstrip("/"))).parts
        if path.startswith(self.scratch) and len(parts) > 3 and parts[2] == self.name:
            inner = PurePosixPath(*parts[3:])
            return str(inner.relative_to(self.cwd) if inner.is_relative_to(self.cwd) else inner), PROJECT
        return path, _PYTHON


def last_failure(text: str, place: Callable[[str], tuple[str, str]]) -> Failure | None:
    """Return the exception that a text ends in: the one that propagated is shown last. None if it shows none."""
    lines = [line.removeprefix("INTERNALERROR> ") for line in text.splitlines()]
    headers = [number for number, line in enumerate(lines) if _HEADER.match(_undrawn(line))]
    if not headers:
        return _short(lines, place)
    rest = lines[headers[-1] + 1 :]
    is_group = lines[headers[-1]].startswith(" ")
    return _native([_undrawn(line) for line in rest] if is_group else rest, place)


def _undrawn(line: str) -> str:
    """Return a line without the marks that Python draws before those of an exception group."""
    return re.sub(r"^ +[+|] ", "", line)


def _native(lines: list[str], place: Callable[[str], tuple[str, str]]) -> Failure | None:
    frames: list[Frame] = []
    for number, line in enumerate(lines):
        found = _FRAME.match(line)
        if found:
            file, origin = place(found["file"])
            frame = Frame(file=file, line=int(found["line"]), function=found["function"] or "", origin=origin)
            frames.append(frame)
        elif line and not line.startswith(" "):
            return exception(lines[number:], tuple(frames))
    return None


def exception(said: list[str], frames: tuple[Frame, ...] = ()) -> Failure | None:
    """Return the exception that the lines after a traceback's frames tell of; an exception group's members are left."""
    members = [number for number, line in enumerate(said) if re.match(r"^ *\+-[+-]", line)]
    found = _EXCEPTION.match("\n".join(said[: members[0]] if members else said).rstrip())
    if found is None:
        return None
    kind, message = found["type"], found["message"] or ""
    if kind in _SYNTAX and frames and not frames[-1].function:
        *frames_list, where = frames  # the place of the error is no frame; `str` names it
        message = f"{message} ({PurePosixPath(where.file).name}, line {where.line})"
        frames = tuple(frames_list)
    return Failure(type=kind, message=message, frames=frames)


def _short(lines: list[str], place: Callable[[str], tuple[str, str]]) -> Failure | None:
    """Read pytest's own short style: what a module that cannot be collected is reported in."""
    frames, said = [], []
    for line in lines:
        if found := _SHORT_FRAME.match(line):
            file, origin = place(found["file"])
            frames.append(Frame(file=file, line=int(found["line"]), function=found["function"], origin=origin))
        elif error := _SHORT_ERROR.match(line):
            said.append(error["text"].removeprefix("  "))
    return exception(said, tuple(frames)) if said else None
