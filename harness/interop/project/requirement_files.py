"""Requirement files: which there are, what each asks for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.interop.project.files import Files
from harness.interop.project.metadata import parsed

_NAME = re.compile(
    r"(?:.*/)?(?:requirements?|reqs|deps)(?:/[^/]+|[-_.][^/]+)?\.(?:txt|pip)$"
    r"|(?:.*/)?[^/]+[-_.](?:requirements?|reqs)\.(?:txt|pip)$"
)
_MAX_FOLDERS = 2
"""Deeper down they are somebody else's: an example's, a template's."""
_OPTION = re.compile(r"(-r|--requirement|-c|--constraint|-e|--editable)[ =]\s*(\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementFile:
    """One file with those that it includes."""

    path: str
    requirements: tuple[str, ...]  # with its included files'
    includes: tuple[str, ...]  # every file read, itself included
    constraints: tuple[str, ...]  # requirements of constraint files
    installs_project: bool  # it names the project itself: "-e .", "."
    foreign: tuple[str, ...]  # lines that name what is on no index: version control, archives
    missing: tuple[str, ...]  # files that it includes and that are not there


def find(files: Files) -> tuple[RequirementFile, ...]:
    """Return the requirement files of a project, read."""
    names = [path for path in files.paths if path.count("/") <= _MAX_FOLDERS and _NAME.fullmatch(path)]
    return tuple(read(files, path) for path in names if "docs/" not in path and "/site-packages/" not in path)


def read(files: Files, path: str) -> RequirementFile:
    """Return what a file asks for; files that include one another end."""
    found = tuple(_walk(files, path, "", set()))
    return RequirementFile(
        path=path,
        requirements=tuple(text for kind, text in found if kind == "requirement"),
        includes=tuple(text for kind, text in found if kind == "file"),
        constraints=tuple(text for kind, text in found if kind == "constraint"),
        installs_project=("project", "") in found,
        foreign=tuple(text for kind, text in found if kind == "foreign"),
        missing=tuple(text for kind, text in found if kind == "missing"),
    )


def release_of(line: str) -> str:
    """Return the package that a foreign line is likely to be a copy of, empty where nothing tells."""
    named = re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?\s*@", line) or re.search(r"#.*\begg=([\w.-]+)", line)
    found = named or re.search(r"git\+\S+/([\w.-]+?)(?:\.git)?(?:@[^/]*)?$", line)
    return found[1] if found else ""


def _walk(files: Files, path: str, kind: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of all that a file holds."""
    if path in seen:
        return
    seen.add(path)
    if not files.has(path):
        yield "missing", path
        return
    if not kind:
        yield "file", path
    for line in re.sub(r"\\\r?\n", " ", files.text(path)).splitlines():
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        option = _OPTION.match(text)
        text = text.partition("--hash")[0].strip()  # the lock has those of what it pins
        if option and option[1].strip("-")[0] in "rc":
            inner = posixpath.normpath(posixpath.join(posixpath.dirname(path), option[2]))
            is_constraint = option[1].strip("-")[0] == "c"
            yield from _walk(files, inner, "constraint" if is_constraint else kind, seen)
        elif ("://" in text and not text.startswith("-")) or (option and "://" in option[2]):
            yield "foreign", text
        elif text.startswith(".") or (option and option[2].startswith(".")):
            yield "project", ""
        elif parsed(text):
            yield kind or "requirement", text
