"""Makes the draft of a matrix out of what tox says of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from harness.errors import UsageError
from harness.interop.draft import Draft, DraftAxis
from harness.interop.project.files import Files
from harness.interop.tox import axes as package_axes
from harness.interop.tox import boxes, builds, canaries, pythons, servers, suites
from harness.interop.tox.axes import Choice, Placed
from harness.interop.tox.environment import ToxFile
from harness.interop.tox.reaches import Known
from harness.interop.tox.suites import Sorted, Suite
from harness.interop.tox.values import Releases
from harness.model.cell import CANARY, DATABASE, MODE, PYTHON
from harness.model.condition import Condition
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, Mode, Rule, Strength

REASON = "not in tox's env_list"
TEST_S = 1800
"""What one run of a whole suite may take: tox has no bound."""
_NAMED = 6


def draft(
    found: ToxFile,
    files: Files,
    releases: Releases,
    *,
    project: str,
    path: Path = Path(),
    resolve: builds.Resolve = lambda requirements, python, built: "",
    known: Known | None = None,
    supported: Sequence[str] = (),
) -> Draft:
    """Return the matrix whose cells are the environments of a tox file that test.

    *files* are the project's, *releases* those of the index. *project* is what the only canary is called, *path* its
    folder as the matrix is to have it. *resolve* is asked which packages have to be built. *known* is what the project
    says of its settings, *supported* are the Pythons of today.

    Raises:
        UsageError: no environment tests, or none can be carried over; it is said why.
        Infrastructure: the index gave no answer.
    """
    read = suites.read(found, files, known or Known())
    decided = pythons.decided(read.suites, found, files, releases, supported)
    choice = package_axes.choose(decided, files, releases)
    if not choice.placed:
        raise _nothing(found, read, choice)
    layout = _layout(choice, project, path)
    return Draft(
        axes=tuple(DraftAxis(name=name, values=values, because=_because(name, found)) for name, values in layout.axes),
        databases=tuple(layout.databases),
        canaries=layout.canaries,
        excludes=tuple(
            Rule(when=Condition(terms=tuple(sorted(terms))), reason=REASON)
            for terms in boxes.outside(layout.axes, layout.points, layout.known())
        ),
        strength=Strength.FULL,
        because=layout.because,
        allow_build=builds.brought_along(
            choice.placed, files, builds.to_be_built(choice.placed, files, releases), resolve
        ),
        test_s=TEST_S,
        left=tuple(_left(found, read, choice, layout.duplicates())),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """The cells that environments are, and what they are made of."""

    axes: boxes.Axes
    databases: tuple[DatabaseSpec, ...]
    canaries: tuple[CanarySpec, ...]
    points: dict[boxes.Point, list[str]]  # with the environments that each stands for
    because: tuple[tuple[str, str], ...]

    def known(self) -> list[dict[str, tuple[str, ...]]]:
        """Return what the canaries' own databases rule out."""
        every = dict(self.axes)[DATABASE]
        return [
            {CANARY: (one.name,), DATABASE: tuple(other for other in every if other not in one.databases)}
            for one in self.canaries
            if one.databases != ("*",)
        ]

    def duplicates(self) -> dict[str, str]:
        """Return the environments that come to the same cell as an earlier one, with that."""
        return {name: first for first, *later in self.points.values() for name in later}


def _layout(choice: Choice, project: str, path: Path) -> _Layout:
    groups = canaries.group(choice.placed)
    named = canaries.names(groups, project)
    databases: list[DatabaseSpec] = []
    points, points_of = _points(choice, groups, named, databases)
    axes = _axes(choice, points, named, databases)
    place, every = [name for name, _ in axes].index(DATABASE), dict(axes)[DATABASE]
    specs, because = [], []
    for name, members in zip(named, groups, strict=True):
        used = {point[place] for point in points_of[name]}
        chosen = tuple(one for one in every if one in used)
        specs.append(canaries.canary(name, members, path, () if chosen == every else chosen))
        because.append((f"canary.{name}.command", canaries.comment(members)))
    return _Layout(axes=axes, databases=tuple(databases), canaries=tuple(specs), points=points, because=tuple(because))


def _points(
    choice: Choice, groups: Sequence[Sequence[Placed]], names: Sequence[str], databases: list[DatabaseSpec]
) -> tuple[dict[boxes.Point, list[str]], dict[str, set[boxes.Point]]]:
    """Return the cells with the environments that each stands for, and those of each canary; databases are added."""
    canary_of = {one.suite.name: name for name, members in zip(names, groups, strict=True) for one in members}
    points: dict[boxes.Point, list[str]] = {}
    by_canary: dict[str, set[boxes.Point]] = {name: set() for name in names}
    for one in choice.placed:
        suite, database = one.suite, servers.SQLITE
        if suite.engine is not Engine.SQLITE:
            spec = servers.database(suite.engine, one.drivers, databases)
            if spec not in databases:
                databases.append(spec)
            database = spec.name
        name = canary_of[suite.name]
        point = (suite.python, *(value for _, value in one.values), database, name, Mode.PLAIN.value)
        points.setdefault(point, []).append(suite.name)
        by_canary[name].add(point)
    return points, by_canary


def _axes(
    choice: Choice, points: Iterable[boxes.Point], names: Sequence[str], databases: Sequence[DatabaseSpec]
) -> boxes.Axes:
    pythons = sorted({point[0] for point in points}, key=Version)
    used = {point[-3] for point in points}
    sqlite = (servers.SQLITE,) if servers.SQLITE in used else ()
    return (
        (PYTHON, tuple(pythons)),
        *choice.axes,
        (DATABASE, (*sqlite, *(item.name for item in databases))),
        (CANARY, tuple(names)),
        (MODE, (Mode.PLAIN.value,)),
    )


def _because(axis: str, found: ToxFile) -> str:
    return {
        PYTHON: f"base_python of {found.path.name}",
        DATABASE: "",
        CANARY: "",
        MODE: "what the project's own configuration says is what is run",
    }.get(axis, f"deps of {found.path.name}, and what they come to on the index")


def _nothing(found: ToxFile, read: Sorted, choice: Choice) -> UsageError:
    blocked = (*read.blocked, *choice.blocked)
    if blocked:
        lines = [f"{_listed(names)}: {reason}" for reason, names in _by_reason(blocked).items()]
        return UsageError(f"{found.path}: no environment that tests can be carried over:\n" + "\n".join(lines))
    return UsageError(
        f"{found.path}: no environment of its list tests: {_listed(read.aside) or 'it is empty'}",
        remedy="harness init without --from, which looks at the project itself",
    )


def _left(found: ToxFile, read: Sorted, choice: Choice, duplicates: Mapping[str, str]) -> Iterator[str]:
    """Yield what was not carried over."""
    file = found.path.name
    if read.aside:
        yield f"{file}: environments that do not test: {_listed(read.aside)}"
    for reason, names in _by_reason((*read.blocked, *choice.blocked)).items():
        yield f"{file}: left out: {_listed(names)}: {reason}"
    kept = [one.suite for one in choice.placed]
    for note, names in _by_reason((suite.name, note) for suite in kept for note in suite.notes).items():
        yield f"{file}: {note}" if len(names) == len(kept) else f"{file}: {_listed(names)}: {note}"
    if duplicates:
        pairs = [f"{name} = {first}" for name, first in duplicates.items()]
        yield f"{file}: environments that come to the same packages today are one cell: {_listed(pairs)}"
    yield from (f"{file}: {note}" for note in choice.notes)
    guessed = ((suite.name, suite.python) for suite in kept if not suite.names_python)
    for python, names in _by_reason(guessed).items():
        yield f"{file}: {_listed(names)}: names no Python; taken as {python}"
    defaults = [name for name in suites.defaulted(found.text) if not _is_given(name, kept)]
    if defaults:
        yield f"{file}: variables that are taken as if they were not set: {_listed(defaults)}; see `env`"
    if found.requires:
        yield f"{file}: read without the plugins that it requires: {_listed(found.requires)}"
    if "uv-venv-lock-runner" in found.text:
        yield f"{file}: uv.lock is not gone by: what the environments ask for is resolved anew"


def _is_given(name: str, kept: Sequence[Suite]) -> bool:
    return all(dict(suite.env).get(name, "").startswith("${HARNESS_") for suite in kept)


def _by_reason(items: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, reason in items:
        found.setdefault(reason, []).append(name)
    return found


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: _NAMED - 1])} … ({len(names)} in all)"
