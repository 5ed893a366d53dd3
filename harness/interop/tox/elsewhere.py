"""Finds what requirement files take from elsewhere than the index, and what stands for it there."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    addresses = [address for name in found.includes for address in _addresses(files.text(name))]
    if not addresses:
        return None
    requirements, notes = [], []
    for text in found.requirements:
        try:
            requirements.append(Requirement(text))
        except InvalidRequirement:
            notes.append(f"{path}: {text!r} is no requirement: left out")
    for match in addresses:
        name = _name(match)
        if name and _is_on_index(name, releases):
            requirements.append(Requirement(name))
            notes.append(f"{path}: {match['url']}: {name} is taken from the index instead")
        else:
            notes.append(f"{path}: {match['url']}: left out; packages come from the index")
    return WrittenOut(requirements=tuple(requirements), notes=tuple(notes))


def _addresses(text: str) -> Iterator[re.Match[str]]:
    for line in text.splitlines():
        match = _ADDRESS.match(line.strip())
        if match is not None:
            yield match


def _name(match: re.Match[str]) -> str:
    egg, hosted = _EGG.search(match["url"]), _HOSTED.fullmatch(urlsplit(match["url"]).path)
    return match["name"] or (egg[1] if egg else "") or (hosted["name"] if hosted else "")


def _is_on_index(name: str, releases: Releases) -> bool:
    try:
        return bool(releases(name))
    except UsageError:
        return False
