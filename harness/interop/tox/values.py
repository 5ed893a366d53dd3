"""Which value of a package's axis a requirement of tox's comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from harness.model.package import Release

Releases = Callable[[str], Sequence[Release]]
"""The releases of a package on the index, yanked ones left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The version that an installer takes today, and the value of an axis that stands for it."""

    version: str
    value: str


def pick(requirement: Requirement, python: str, releases: Releases) -> Picked | None:
    """Return what *requirement* comes to on a *python* ("3.12"), None where no release fits.

    The value is the series ("5.2") where its newest release is the one that is taken, else the release ("==5.2.1").
    A pre-release is taken where no final release fits, as installers do.

    Raises:
        UsageError: there is no such package.
        Infrastructure: the index gave no answer.
    """
    found = releases(requirement.name)
    fitting = sorted(
        version
        for release in found
        if _runs_on(release, python)
        and requirement.specifier.contains(version := Version(release.version), prereleases=True)
    )
    finals = [version for version in fitting if not version.is_prerelease]
    allows = bool(requirement.specifier.prereleases)
    taken = max(fitting if allows or not finals else finals, default=None)
    if taken is None:
        return None
    series = f"{taken.major}.{taken.minor}"
    is_newest = not taken.is_prerelease and taken == newest(series, found)
    return Picked(version=str(taken), value=series if is_newest and not _is_pin(requirement) else f"=={taken}")


def newest(series: str, releases: Iterable[Release]) -> Version | None:
    """Return the newest final release of a series."""
    versions = [Version(release.version) for release in releases]
    return max((v for v in versions if not v.is_prerelease and f"{v.major}.{v.minor}" == series), default=None)


def merged(requirements: Sequence[Requirement]) -> Requirement:
    """Return one requirement that asks for what several of one package ask for together, markers left aside."""
    one = Requirement(requirements[0].name)
    for requirement in requirements:
        one.specifier &= requirement.specifier
        one.extras |= requirement.extras
    return one


def applies(requirement: Requirement, python: str) -> bool:
    """Tell whether a requirement's marker holds on a Python."""
    return requirement.marker is None or requirement.marker.evaluate(
        {"python_version": python, "python_full_version": f"{python}.99"}
    )


def _is_pin(requirement: Requirement) -> bool:
    return any(one.operator in ("==", "===") and not one.version.endswith(".*") for one in requirement.specifier)


def _runs_on(release: Release, python: str) -> bool:
    try:
        return not release.requires_python or SpecifierSet(release.requires_python).contains(f"{python}.99")
    except InvalidSpecifier:
        return True
