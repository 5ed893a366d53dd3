"""Finds what requirement files take from elsewhere than the index, and what stands for it there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement

from harness.errors import UsageError
from harness.interop.project import requirement_files
from harness.interop.project.files import Files
from harness.interop.tox.values import Releases

_ADDRESS = re.compile(
    r"(?:-e\s+|--editable[ =])?(?:(?P<name>[\w.-]+)(?:\[[^]]*\])?\s*@\s*)?(?P<url>(?:\w+\+)?\w+://\S+)"
)
_EGG = re.compile(r"#(?:.*&)?egg=([\w.-]+)")
_HOSTED = re.compile(r"/[\w.-]+/(?P<name>[\w.-]+?)(?:\.git)?(?:@[^/]*|/(?:archive|tarball|zipball|-)/.*)?/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOut:
    """A requirement file as requirements, each of which the index has."""

    requirements: tuple[Requirement, ...]
    notes: tuple[str, ...]


def written_out(line: str, files: Files, releases: Releases) -> WrittenOut | None:
    """Return the content of an install line's file where some of it comes from elsewhere, None where nothing does.

    Raises:
        Infrastructure: the index gave no answer.
    """
    flag, _, path = line.partition(" ")
    if flag != "-r":
        return None
    found = requirement_files.read(files, path)
    if not found.foreign:
        return None
    requirements, notes = [], []
    for text in found.requirements:
        try:
            requirements.append(Requirement(text))
        except InvalidRequirement:
            notes.append(f"{path}: {text!r} is no requirement: left out")
    for text in found.foreign:
        match = _ADDRESS.match(text)
        name, shown = (_name(match), match["url"]) if match else ("", text)
        if name and _is_on_index(name, releases):
            requirements.append(Requirement(name))
            notes.append(f"{path}: {shown}: {name} is taken from the index instead")
        else:
            notes.append(f"{path}: {shown}: left out; packages come from the index")
    return WrittenOut(requirements=tuple(requirements), notes=tuple(notes))


def _name(match: re.Match[str]) -> str:
    egg, hosted = _EGG.search(match["url"]), _HOSTED.fullmatch(urlsplit(match["url"]).path)
    return match["name"] or (egg[1] if egg else "") or (hosted["name"] if hosted else "")


def _is_on_index(name: str, releases: Releases) -> bool:
    try:
        return bool(releases(name))
    except UsageError:
        return False
