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
    release = newest_fitting(requirement, python, releases)
    if release is None:
        return None
    taken = Version(release.version)
    series = f"{taken.major}.{taken.minor}"
    is_newest = not taken.is_prerelease and taken == newest(series, releases(requirement.name))
    return Picked(version=str(taken), value=series if is_newest and not _is_pin(requirement) else f"=={taken}")


def newest_fitting(requirement: Requirement, python: str, releases: Releases) -> Release | None:
    """Return the release that an installer takes on a *python*; pre-releases where allowed, or nothing else fits.

    Raises:
        UsageError: there is no such package.
        Infrastructure: the index gave no answer.
    """
    fitting = [
        release
        for release in releases(requirement.name)
        if _runs_on(release, python) and requirement.specifier.contains(release.version, prereleases=True)
    ]
    finals = [release for release in fitting if not Version(release.version).is_prerelease]
    wanted = fitting if requirement.specifier.prereleases or not finals else finals
    return max(wanted, key=lambda release: Version(release.version), default=None)


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
