"""Makes canaries of what environments of tox's differ in beside their axes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.interop.tox.axes import Placed
from harness.model.spec import CanarySpec, ProjectSpec

_OF_AXIS = re.compile(r"(?:py|pypy|python|dj|django)?[\d.]+[a-z]?|\w*(?:latest|stable)")
_LONGEST = 3
"""How many factors a name is made of."""


def group(placed: Iterable[Placed]) -> tuple[tuple[Placed, ...], ...]:
    """Return the suites that install, set and run the same, together, in order of first appearance."""
    groups: dict[object, list[Placed]] = {}
    for one in placed:
        suite = one.suite
        key = (
            suite.lines,
            suite.itself,
            tuple(sorted(one.requires)),
            suite.commands,
            suite.cwd,
            suite.env,
            suite.pass_env,
            suite.settings,
            suite.inject,
            suite.aliases,
        )
        groups.setdefault(key, []).append(one)
    return tuple(tuple(members) for members in groups.values())


def names(groups: Sequence[Sequence[Placed]], project: str) -> tuple[str, ...]:
    """Return a name for each group: the factors that only it has; the *project*'s where there is one group."""
    if len(groups) == 1:
        return (plain(project),)
    factors = [[set(one.suite.name.split("-")) for one in members] for members in groups]
    found: list[str] = []
    for number, members in enumerate(groups):
        others = set().union(*(one for n, each in enumerate(factors) if n != number for one in each))
        everywhere = set.intersection(*factors[number])
        anywhere = set().union(*factors[number])
        order = [part for one in members for part in one.suite.name.split("-")]
        special = _first(order, everywhere - others)
        if not special:
            special = [part for part in _first(order, anywhere - others) if not _OF_AXIS.fullmatch(part)]
        otherwise = members[0].suite.name if len(members) == 1 else project
        found.append(_free("-".join(special[:_LONGEST]) or otherwise, found))
    return tuple(found)


def _first(order: Iterable[str], chosen: set[str]) -> list[str]:
    return [part for part in dict.fromkeys(order) if part in chosen]


def _free(name: str, taken: Sequence[str]) -> str:
    wanted = plain(name)
    number = 2
    while wanted in taken:
        wanted = f"{plain(name)}-{number}"
        number += 1
    return wanted


def plain(text: str) -> str:
    """Return a text as a canary may be called."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._") or "project"


def canary(name: str, members: Sequence[Placed], path: Path, databases: Sequence[str]) -> CanarySpec:
    """Return the canary of a group; *databases* are those that it is run on, () for all."""
    first = members[0]
    suite = first.suite
    return CanarySpec(
        name=name,
        path=path,
        settings=suite.settings,
        project=ProjectSpec(
            install=(*suite.itself, *suite.lines),
            commands=suite.commands,
            cwd=suite.cwd,
            env=suite.env,
            pass_env=suite.pass_env,
            inject=suite.inject,
        ),
        requires=first.requires,
        databases=tuple(databases) or ("*",),
        aliases=suite.aliases,
        allow_skips=True,
    )


def comment(members: Sequence[Placed]) -> str:
    """Return of which environments a canary is made."""
    listed = [one.suite.name for one in members]
    if len(listed) <= _LONGEST:
        return f"tox: {', '.join(listed)}"
    return f"tox: {listed[0]} … {listed[-1]}, {len(listed)} environments"
