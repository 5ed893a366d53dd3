"""What a run shows of each version of each package: works, fails, depends on something else, or not tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from packaging.version import InvalidVersion, Version

from harness.analysis.conclude import Conclusion
from harness.analysis.explain.findings import Rule
from harness.analysis.order import in_order
from harness.model.condition import is_version_axis
from harness.model.plan import Axis
from harness.model.record import Purpose
from harness.model.verdict import State


class Standing(Enum):
    """What was seen of a version."""

    WORKS = "works"  # cells passed, none failed
    FAILS = "fails"  # cells failed, none passed
    DEPENDS = "depends"  # some passed, some failed
    NOT_TESTED = "not-tested"  # no cell passed or failed


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSeen:
    """One version of a package, with the cells that had it; every cell of the run is in one of the three."""

    version: str
    passing: tuple[str, ...]  # ids
    failing: tuple[str, ...]
    other: tuple[str, ...]  # flaky, in error, untestable, not run
    rules: tuple[str, ...]  # those that account for what fails, in words

    @property
    def standing(self) -> Standing:
        """Return what the cells come to."""
        match bool(self.passing), bool(self.failing):
            case True, True:
                return Standing.DEPENDS
            case True, False:
                return Standing.WORKS
            case False, True:
                return Standing.FAILS
            case _:
                return Standing.NOT_TESTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Neighbouring versions of one standing, for the same reasons."""

    specifier: str
    standing: Standing
    versions: tuple[VersionSeen, ...]  # ascending; none: beyond what the matrix names


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSeen:
    """One package (or Python) over all versions that the matrix names."""

    name: str
    spans: tuple[Span, ...]  # ascending; together every version there can be
    rules: tuple[Rule, ...]  # those that account for a failure and name the package

    @property
    def versions(self) -> tuple[VersionSeen, ...]:
        """Return every version, ascending."""
        return tuple(version for span in self.spans for version in span.versions)


def packages_seen(
    conclusions: Iterable[Conclusion], axes: Iterable[Axis], rules: Sequence[Rule]
) -> tuple[PackageSeen, ...]:
    """Return what a run's own cells show of each version axis, by name. Diagnostic neighbours are not counted."""
    own = [one for one in conclusions if one.purpose is not Purpose.DIAGNOSTIC]
    return tuple(
        PackageSeen(
            name=axis.name,
            spans=tuple(_spans(_versions(own, axis, rules))),
            rules=tuple(rule for rule in rules if any(item.axis == axis.name for item in rule.predicates)),
        )
        for axis in sorted(axes, key=lambda axis: axis.name)
        if is_version_axis(axis.name)
    )


def _versions(own: Sequence[Conclusion], axis: Axis, rules: Sequence[Rule]) -> list[VersionSeen]:
    found: dict[str, list[Conclusion]] = {value.exact or value.requested: [] for value in axis.values}
    for one in own:
        requested = one.cell.as_dict().get(axis.name)
        if requested is not None:
            found.setdefault(dict(one.exact).get(axis.name) or requested, []).append(one)
    ordered = sorted(found.items(), key=lambda item: in_order(item[0]))
    return [_seen(version, cells, rules) for version, cells in ordered]


def _seen(version: str, cells: Sequence[Conclusion], rules: Sequence[Rule]) -> VersionSeen:
    failing = tuple(one.cell.id for one in cells if one.state.is_failure)
    return VersionSeen(
        version=version,
        passing=tuple(one.cell.id for one in cells if one.state is State.PASS),
        failing=failing,
        other=tuple(one.cell.id for one in cells if one.state is not State.PASS and not one.state.is_failure),
        rules=tuple(rule.text for rule in rules if not set(rule.support).isdisjoint(failing)),
    )


def _spans(versions: Sequence[VersionSeen]) -> Iterator[Span]:
    known = [one.version for one in versions if _is_version(one.version)]
    if known:
        yield Span(specifier=f"<{known[0]}", standing=Standing.NOT_TESTED, versions=())
    ordered = [one for one in versions if _is_version(one.version)]
    for (standing, _), group in groupby(ordered, key=lambda one: (one.standing, one.rules)):
        found = tuple(group)
        low, high = found[0].version, found[-1].version
        specifier = f"=={low}" if low == high else f">={low},<={high}"
        yield Span(specifier=specifier, standing=standing, versions=found)
    if known:
        yield Span(specifier=f">{known[-1]}", standing=Standing.NOT_TESTED, versions=())
    for one in versions:
        if not _is_version(one.version):  # a value that no index knows, such as a series without an interpreter
            yield Span(specifier=f"==={one.version}", standing=one.standing, versions=(one,))


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
