"""The axes of a project: the Pythons and Djangos that it is for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.interop.draft import DraftAxis
from harness.interop.project import hints, series
from harness.interop.project.files import Files
from harness.interop.project.install import Install
from harness.interop.project.metadata import Metadata
from harness.interop.project.series import Released

Releases = Callable[[], Sequence[Released]]
"""Asks the index for Django's releases; none where it does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Both axes, and what is to be said about them."""

    axes: tuple[DraftAxis, ...]
    left: tuple[str, ...]


def find(files: Files, metadata: Metadata, install: Install, releases: Releases, today: dt.date) -> Axes:
    """Return the values of `python` and `django`, each with where it was read."""
    python, python_left = _python(files, metadata, today)
    django, django_left = _django(metadata, install, releases(), today)
    return Axes(axes=(python, django), left=(*python_left, *django_left))


def _python(files: Files, metadata: Metadata, today: dt.date) -> tuple[DraftAxis, list[str]]:
    named, because = series.pythons_named(metadata.classifiers), f"classifiers of {metadata.source('classifiers')}"
    if not named and metadata.requires_python:
        supported = series.pythons_supported(today)
        named = series.allowed(supported, metadata.requires_python)
        because = f"requires-python {metadata.requires_python!r} of {metadata.source('requires_python')}"
    if not named:
        named, path = hints.pythons(files)
        because = path
    if not named:
        named, because = series.pythons_supported(today), f"those that get fixes on {today}: the project names none"
    elif allowed := series.allowed(named, metadata.requires_python):
        named = allowed
    old = [value for value in named if Version(value) < series.OLDEST_PYTHON]
    kept = tuple(value for value in named if value not in old) or series.pythons_supported(today)
    left = [f"Python {', '.join(old)}: {series.OLDEST_PYTHON} is the oldest that can be tested"] if old else []
    return DraftAxis(name="python", values=kept, because=because), left


def _django(
    metadata: Metadata, install: Install, releases: Sequence[Released], today: dt.date
) -> tuple[DraftAxis, list[str]]:
    specifier = series.specifier_of("django", (*install.requirements, *install.constraints))
    if pin := series.pinned(specifier):
        where = ", ".join(item.path for item in install.files if _pins(item.requirements, item.constraints))
        where = where or metadata.source("dependencies") or "its requirements"
        words = f"{where} pins Django=={pin}: no other can be tested until that is loosened"
        return DraftAxis(name="django", values=(f"=={pin}",), because=f"pinned by {where}"), [words]
    named, because = series.djangos_named(metadata.classifiers), f"classifiers of {metadata.source('classifiers')}"
    if not named:
        named = series.djangos_supported(releases, today)
        because = f"series that get fixes on {today}"
    if not named:
        words = "Django's series are not known, as the index gave no answer: name those that you support"
        return DraftAxis(name="django", values=("latest",), because="the newest"), [words]
    return _held(named, specifier, because, releases)


def _held(
    named: Sequence[str], specifier: str, because: str, releases: Sequence[Released]
) -> tuple[DraftAxis, list[str]]:
    """Return the series that the requirements allow and that can be had."""
    left = []
    if specifier:
        kept = series.allowed(named, specifier) or series.allowed(_all(releases), specifier)[-3:]
        dropped = [value for value in named if value not in kept]
        because += f", requirement {specifier}"
        if dropped and "classifiers" in because:
            left.append(f"Django {', '.join(dropped)}: the requirement {specifier!r} excludes it")
        named = kept
    coming = [value for value in named if releases and not series.has_final(value, releases)]
    old = [value for value in named if Version(value) < series.OLDEST_DJANGO]
    if coming:
        left.append(f"Django {', '.join(coming)}: no final release by now")
    if old:
        left.append(f"Django {', '.join(old)}: {series.OLDEST_DJANGO} is the oldest that can be tested")
    kept = tuple(value for value in named if value not in (*coming, *old))
    values = tuple(_value(value, specifier, releases) for value in kept)
    if not values:
        left.append("no series of Django is named that can be had and tested: the newest is taken")
    return DraftAxis(name="django", values=values or ("latest",), because=because), left


def _all(releases: Sequence[Released]) -> tuple[str, ...]:
    found = {series.series_of(item.version) for item in releases if not Version(item.version).is_prerelease}
    return tuple(sorted(found, key=Version))


def _value(name: str, specifier: str, releases: Sequence[Released]) -> str:
    """Return a series, or its newest release that the requirement allows where that is not the newest of all."""
    versions = sorted(
        version
        for item in releases
        if not (version := Version(item.version)).is_prerelease and series.series_of(item.version) == name
    )
    if not specifier or not versions or versions[-1] in SpecifierSet(specifier):
        return name
    fitting = [version for version in versions if version in SpecifierSet(specifier)]
    return f"=={fitting[-1]}" if fitting else name


def _pins(*requirements: Sequence[str]) -> bool:
    return any(series.pinned(series.specifier_of("django", found)) for found in requirements)
