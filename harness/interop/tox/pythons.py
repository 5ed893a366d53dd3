"""Finds a Python for environments of tox's that name none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from harness.errors import UsageError
from harness.interop.project import metadata
from harness.interop.project.files import Files, ini, lines, table, texts, toml
from harness.interop.project.series import pythons_named
from harness.interop.tox.axes import DJANGO, contents
from harness.interop.tox.environment import ToxFile
from harness.interop.tox.suites import Suite
from harness.interop.tox.values import Releases, applies, newest_fitting

_SECTIONS = ("gh", "gh-actions")
"""Where tox-gh and tox-gh-actions are told which environments a Python of the CI's has."""
_VERSION = re.compile(r"3\.\d+")
_BRACES = re.compile(r"\{([^{}]*)\}")


def decided(
    suites: Sequence[Suite], found: ToxFile, files: Files, releases: Releases, supported: Sequence[str]
) -> tuple[Suite, ...]:
    """Return the suites, those whose environment names no Python with the newest that their requirements can do with.

    It is one of those that the file's sections for CI give to the environment; else that the file or the project's
    classifiers name; else the one that tox runs on, else one of the *supported*. Where none fits, it stays.

    Raises:
        Infrastructure: the index gave no answer.
    """
    if all(suite.names_python for suite in suites):
        return tuple(suites)
    said = metadata.read(files)
    by_python = _of_ci(found, files)
    named = {*by_python, *pythons_named(said.classifiers), *(suite.python for suite in suites if suite.names_python)}
    made = []
    for suite in suites:
        given = [python for python, factors in by_python.items() if _covers(factors, suite.name)]
        choices = (given, named) if given or named else ([found.host_python], supported)
        fitting = (
            python
            for pythons in choices
            for python in sorted(pythons, key=Version, reverse=True)
            if not suite.names_python and _fits(suite, python, said.requires_python, files, releases)
        )
        made.append(replace(suite, python=next(fitting, suite.python)))
    return tuple(made)


def _of_ci(found: ToxFile, files: Files) -> Mapping[str, tuple[frozenset[str], ...]]:
    """Return, for each Python that a section for CI names, the combinations of factors that it gives to it."""
    by_python: dict[str, tuple[frozenset[str], ...]] = {}
    for version, text in _listed(found.path.name, files):
        if _VERSION.fullmatch(version):
            by_python[version] = (*by_python.get(version, ()), *map(_factors, _expanded(text)))
    return by_python


def _listed(name: str, files: Files) -> Iterator[tuple[str, str]]:
    if name.endswith(".toml"):
        document = toml(files, name)
        for section in _SECTIONS:
            for keys in ((section, "python"), ("tool", "tox", section, "python")):
                said = table(document, *keys)
                yield from ((version, ",".join(texts(said[version]))) for version in said)
        return
    parser = ini(files, name)
    for section in _SECTIONS:
        for line in lines(parser.get(section, "python", fallback="")):
            version, _, text = (part.strip() for part in re.sub(r"[:=]", "\0", line, count=1).partition("\0"))
            yield version, text


def _expanded(text: str) -> Iterator[str]:
    """Yield what a list of factors stands for: ``dj{52,60}, lint``."""
    depth, start = 0, 0
    for place, letter in enumerate(f"{text},"):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth <= 0:
            yield from _alternatives(text[start:place].strip())
            start = place + 1


def _alternatives(text: str) -> Iterator[str]:
    braces = _BRACES.search(text)
    if braces is None:
        if text:
            yield text
        return
    for word in braces[1].split(","):
        yield from _alternatives(f"{text[: braces.start()]}{word.strip()}{text[braces.end() :]}")


def _factors(text: str) -> frozenset[str]:
    return frozenset(text.split("-"))


def _covers(combinations: Iterable[frozenset[str]], name: str) -> bool:
    return any(factors <= _factors(name) for factors in combinations)


def _fits(suite: Suite, python: str, requires_python: str, files: Files, releases: Releases) -> bool:
    """Tell whether a Python is one that the project and what bounds a version asks for can do with."""
    if suite.itself and not _allows(requires_python, python):
        return False
    listed = [*suite.requirements, *(one for line in suite.lines for one in contents(line, files))]
    return all(
        _has_release(one, python, releases)
        for one in listed
        if (one.specifier or one.name.lower() == DJANGO) and applies(one, python)
    )


def _allows(specifier: str, python: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(f"{python}.99")
    except InvalidSpecifier:
        return True


def _has_release(requirement: Requirement, python: str, releases: Releases) -> bool:
    try:
        return newest_fitting(requirement, python, releases) is not None
    except UsageError:  # no such package: the resolver will say so
        return True
