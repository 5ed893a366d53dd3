"""Finds in which packages the environments of a tox file differ, and what the axes of a matrix are then."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dependency_groups import resolve
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.interop.project import requirement_files
from harness.interop.project.files import Files
from harness.interop.tox import servers
from harness.interop.tox.elsewhere import written_out
from harness.interop.tox.suites import Suite
from harness.interop.tox.values import Picked, Releases, applies, merged, pick

DJANGO = "django"
LONGEST_LIST = 12
"""A requirement file that asks for more is taken as it is: it is what another tool has compiled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A suite with its place on the axes of packages."""

    suite: Suite
    values: tuple[tuple[str, str], ...]  # axis → value
    drivers: tuple[str, ...]  # of its server
    requires: tuple[str, ...]  # what no axis says


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The axes of packages, and the suites that have a place on them."""

    axes: tuple[tuple[str, tuple[str, ...]], ...]
    placed: tuple[Placed, ...]
    blocked: tuple[tuple[str, str], ...]  # environment → why it has no place
    notes: tuple[str, ...] = ()


def choose(suites: Sequence[Suite], files: Files, releases: Releases) -> Choice:
    """Return the axes in which *suites* differ. *files* are the project's, *releases* those of the index.

    Raises:
        UsageError: there is no such package.
        Infrastructure: the index gave no answer.
    """
    suites = [_indexed(suite, files, releases) for suite in suites]
    suites = [_spread(suite, _common(suites), files) for suite in suites]
    asked = {suite.name: _asked(suite, files) for suite in suites}
    names = _varying(suites, asked)
    picked, blocked = _picked(suites, asked, names, releases)
    kept = [suite for suite in suites if suite.name in picked]
    names = [name for name in names if name == DJANGO or len({picked[one.name][name].version for one in kept}) > 1]
    words = _values(names, kept, picked)
    axes = tuple((name, _ordered(words[name])) for name in names)
    placed = tuple(
        _placed(suite, {name: words[name][picked[suite.name][name].version] for name in names}, files) for suite in kept
    )
    return Choice(
        axes=axes if kept else (), placed=placed, blocked=tuple(blocked), notes=tuple(_notes(kept, asked, names))
    )


def _common(suites: Sequence[Suite]) -> frozenset[str]:
    return frozenset.intersection(*(frozenset(suite.lines) for suite in suites)) if suites else frozenset()


def _indexed(suite: Suite, files: Files, releases: Releases) -> Suite:
    """Return a suite whose requirement files name nothing but what the index has; others are written out."""
    lines, more, notes = [], list[Requirement](), list[str]()
    for line in suite.lines:
        found = written_out(line, files, releases)
        if found is None:
            lines.append(line)
        else:
            more += found.requirements
            notes += found.notes
    requirements = (*suite.requirements, *more)
    return replace(suite, lines=tuple(lines), requirements=requirements, notes=(*suite.notes, *notes))


def _spread(suite: Suite, common: frozenset[str], files: Files) -> Suite:
    """Return a suite in which short requirement files and groups that not all have are written out."""
    lines, more = [], list[Requirement]()
    for line in suite.lines:
        content = () if line in common else contents(line, files, is_short=True)
        if content:
            more += content
        else:
            lines.append(line)
    return replace(suite, lines=tuple(lines), requirements=(*suite.requirements, *more))


def contents(line: str, files: Files, *, is_short: bool = False) -> tuple[Requirement, ...]:
    """Return what an install line asks for; nothing where that cannot be read, or, with *is_short*, is long."""
    flag, _, name = line.partition(" ")
    if flag == "-r":
        found = requirement_files.read(files, name)
        has_hashes = any("--hash" in files.text(path) for path in found.includes)
        if is_short and (found.missing or found.constraints or has_hashes or found.installs_project):
            return ()
        texts = found.requirements
    elif flag == "--group":
        texts = _group(files, name)
    else:
        return ()
    if is_short and len(texts) > LONGEST_LIST:
        return ()
    try:
        return tuple(map(Requirement, texts))
    except InvalidRequirement:
        return ()


def _group(files: Files, name: str) -> tuple[str, ...]:
    try:
        groups = tomllib.loads(files.text("pyproject.toml")).get("dependency-groups", {})
        return tuple(resolve(groups, name))
    except (ValueError, LookupError, TypeError):
        return ()


Asked = Mapping[str, Requirement]
"""Package → what an environment asks of it."""


def _asked(suite: Suite, files: Files) -> Asked:
    """Return what a suite asks of each package by name; of Django, what its longer files pin, too."""
    listed = [one for one in suite.requirements if applies(one, suite.python)]
    further = [one for line in suite.lines for one in contents(line, files) if applies(one, suite.python)]
    if not any(_name(one) == DJANGO for one in listed):
        listed += [one for one in further if _name(one) == DJANGO and one.specifier]
    listed.sort(key=_name)
    return {name: merged(list(group)) for name, group in itertools.groupby(listed, key=_name)}


def _varying(suites: Sequence[Suite], asked: Mapping[str, Asked]) -> list[str]:
    """Return the packages of which every suite asks something, and not all the same; Django always, if any does."""
    engines = {suite.engine for suite in suites}
    found = []
    for name in sorted({name for one in asked.values() for name in one}, key=lambda name: (name != DJANGO, name)):
        said = [asked[suite.name].get(name) for suite in suites]
        texts = {str(one.specifier) if one else None for one in said}
        is_everywhere = None not in texts
        is_driver = any(servers.is_driver(engine, Requirement(name)) for engine in engines)
        if (name == DJANGO and texts - {None, ""}) or (is_everywhere and len(texts) > 1 and not is_driver):
            found.append(name)
    is_open = found == [DJANGO] and _is_open([asked[suite.name].get(DJANGO) for suite in suites])
    return [] if is_open else found


def _is_open(said: Iterable[Requirement | None]) -> bool:
    """Tell whether all ask the same of Django, and with no upper bound: that is no axis, the resolver decides it."""
    texts = {str(one.specifier) if one else "" for one in said}
    return len(texts) == 1 and not any(mark in next(iter(texts)) for mark in ("<", "==", "~="))


def _picked(
    suites: Sequence[Suite], asked: Mapping[str, Asked], names: Sequence[str], releases: Releases
) -> tuple[dict[str, dict[str, Picked]], list[tuple[str, str]]]:
    found: dict[str, dict[str, Picked]] = {}
    blocked = []
    known: dict[tuple[str, str], Picked | None] = {}
    for suite in suites:
        here: dict[str, Picked] = {}
        for name in names:
            wanted = asked[suite.name].get(name) or Requirement(name)
            key = f"{name}{wanted.specifier}", suite.python
            if key not in known:
                known[key] = pick(wanted, suite.python, releases)
            answer = known[key]
            if answer is None:
                blocked.append((suite.name, f"no release of {name} fits {key[0]!r} on Python {suite.python}"))
                break
            here[name] = answer
        else:
            found[suite.name] = here
    return found, blocked


def _values(
    names: Iterable[str], suites: Sequence[Suite], picked: Mapping[str, Mapping[str, Picked]]
) -> dict[str, dict[str, str]]:
    """Return, for each axis, the value of each version; a series where any environment comes to it by its series."""
    words: dict[str, dict[str, str]] = {}
    for name in names:
        values = words.setdefault(name, {})
        for one in (picked[suite.name][name] for suite in suites):
            if one.version not in values or not one.value.startswith("=="):
                values[one.version] = one.value
    return words


def _ordered(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(values[version] for version in sorted(values, key=Version))


def _placed(suite: Suite, values: Mapping[str, str], files: Files) -> Placed:
    rest, drivers = [], []
    for one in suite.requirements:
        name = _name(one)
        if servers.is_driver(suite.engine, one):
            drivers.append(str(one))
        elif name not in values:
            rest.append(str(one))
        elif one.extras and applies(one, suite.python):
            rest.append(f"{one.name}[{','.join(sorted(one.extras))}]")
    if not drivers:
        listed = [one for line in suite.lines for one in contents(line, files)]
        drivers += servers.drivers_in(suite.engine, listed)
    return Placed(
        suite=suite,
        values=tuple(values.items()),
        drivers=tuple(dict.fromkeys(drivers)),
        requires=tuple(dict.fromkeys(rest)),
    )


def _notes(suites: Sequence[Suite], asked: Mapping[str, Asked], names: Sequence[str]) -> Iterable[str]:
    if DJANGO in names:
        bare = [suite.name for suite in suites if DJANGO not in asked[suite.name]]
        if bare:
            yield f"{', '.join(bare)}: asks for no Django of its own; the newest is taken"


def _name(requirement: Requirement) -> str:
    return str(canonicalize_name(requirement.name))
