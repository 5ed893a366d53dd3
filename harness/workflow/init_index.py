"""Asks the index what the draft of a matrix needs to know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.errors import HarnessError, Infrastructure, UsageError
from harness.interop.project import series
from harness.interop.project.metadata import parsed
from harness.interop.project.series import Released
from harness.interop.tox.builds import Resolve, built_for
from harness.model.package import Release, Unresolvable
from harness.packages import interpreters
from harness.packages.index import Index
from harness.packages.resolve import Resolver
from harness.packages.uv import Uv
from harness.process import Cancel
from harness.workflow.place import Place
from harness.workflow.side_by_side import side_by_side

_DAY = dt.timedelta(days=1)
"""How old the index's answer may be."""


def django(place: Place) -> tuple[Released, ...]:
    """Return Django's releases; none where the index gives no answer: a matrix can be written without it."""
    found = _releases("django", _index(place))
    return tuple(Released(version=item.version, uploaded=item.uploaded) for item in found if item.uploaded)


def unbuilt(requirements: Collection[str], pythons: Collection[str], place: Place) -> frozenset[str]:
    """Return the packages that come as source alone: their newest release, or the one that is pinned, has no wheel
    for Linux, a pinned one for each of *pythons*. None where the index gives no answer."""
    index = _index(place)

    def is_unbuilt(text: str) -> bool:
        requirement = Requirement(text)
        known = _releases(requirement.name, index)
        pin = series.pinned(str(requirement.specifier))
        if pin:
            found = [item for item in known if Version(item.version) == Version(pin)]
            return any(not has_wheel(item, python) for item in found for python in pythons)
        return any(not has_wheel(item, "") for item in known[-1:])

    asked = sorted(text for text in requirements if parsed(text) is not None)
    found = zip(asked, side_by_side(is_unbuilt, asked), strict=True)
    return frozenset(str(canonicalize_name(Requirement(text).name)) for text, is_found in found if is_found)


def resolving(place: Place, cancel: Cancel) -> Resolve:
    """Return what asks the resolver, on the interpreters of this machine."""
    now = place.now()
    uv = Uv(cache=place.cache, environ=place.environ, project=place.matrix.parent, as_of=now, now=place.now)
    pythons = interpreters.find(place.cache, environ=place.environ, cancel=cancel)

    def resolve(requirements: tuple[str, ...], python: str, built: tuple[str, ...]) -> str:
        interpreter = interpreters.match(python, pythons)
        if interpreter is None:
            return ""
        resolver = Resolver(place.cache, uv=uv, as_of=now, allow_build=built)
        try:
            answer = resolver.lock(requirements, interpreter, cancel=cancel)
        except (UsageError, Infrastructure):  # the plan will say it
            return ""
        return answer.words if isinstance(answer, Unresolvable) else ""

    return resolve


def to_be_built(
    requirements: Collection[str], pythons: Collection[str], place: Place, resolve: Resolve
) -> frozenset[str]:
    """Return the packages that have to be built: those that are asked for, and those that these bring along."""
    known = unbuilt(requirements, pythons, place)
    asked = tuple(sorted(text for text in requirements if (item := parsed(text)) is not None and not item.url))
    return frozenset(built_for([(asked, python) for python in pythons], known, resolve)) if asked else known


def has_wheel(release: Release, python: str) -> bool:
    """Tell whether a release has a wheel for Linux, and for a Python where one is named."""
    plain = f"cp{python.replace('.', '')}"
    return not release.has_sdist or any(
        (tag.endswith("-any") or "linux" in tag)
        and (not python or tag.startswith(("py3", "py2.py3", plain)) or "-abi3-" in tag)
        for tag in release.wheel_tags
    )


def _index(place: Place) -> Index:
    now = place.now()
    uv = Uv(cache=place.cache, environ=place.environ, project=place.matrix.parent, as_of=now, now=place.now)
    return Index(place.cache, as_of=now - _DAY, urls=uv.urls, now=place.now)


def _releases(name: str, index: Index) -> tuple[Release, ...]:
    try:
        return index.releases(name)
    except HarnessError:
        return ()
