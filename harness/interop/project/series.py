"""Which Pythons and which Djangos a project says it supports, or may be held to."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.interop.project.metadata import parsed

OLDEST_PYTHON, OLDEST_DJANGO = Version("3.8"), Version("3.2")
"""What the probe runs on."""
_PYTHON = re.compile(r"Programming Language :: Python :: (3\.\d+)$")
_DJANGO = re.compile(r"Framework :: Django :: (\d+\.\d+)$")
_LIFETIME_MONTHS, _LTS_MONTHS = 16, 36
"""How long Django supports a series (its release process); x.2 is the one with long-term support."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """One release on the index."""

    version: str
    uploaded: dt.datetime


def pythons_named(classifiers: Iterable[str]) -> tuple[str, ...]:
    """Return the Pythons that classifiers name, oldest first."""
    return _in_order({found[1] for text in classifiers if (found := _PYTHON.match(text.strip()))})


def djangos_named(classifiers: Iterable[str]) -> tuple[str, ...]:
    """Return the series of Django that classifiers name, oldest first."""
    return _in_order({found[1] for text in classifiers if (found := _DJANGO.match(text.strip()))})


def _in_order(series: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(series, key=Version))


def pythons_supported(today: dt.date) -> tuple[str, ...]:
    """Return the Pythons that get fixes on a day and have been out for half a year: by then packages have wheels.

    There is one every October from 3.9 (2020) on, for five years (PEP 602).
    """
    newest = today.year - 2012 + (today >= dt.date(today.year, 4, 1))
    oldest = today.year - 2016 + (today >= dt.date(today.year, 11, 1))
    return tuple(f"3.{minor}" for minor in range(oldest, newest))


def djangos_supported(releases: Sequence[Released], today: dt.date) -> tuple[str, ...]:
    """Return the series of Django that get fixes on a day, by the dates of their first releases."""
    first: dict[str, dt.date] = {}
    for release in releases:
        version = Version(release.version)
        if not version.is_prerelease:
            key, date = f"{version.major}.{version.minor}", release.uploaded.date()
            first[key] = min(first.get(key, date), date)
    return _in_order(series for series, date in first.items() if _end_of_life(series, date) > today)


def _end_of_life(series: str, released: dt.date) -> dt.date:
    months = _LTS_MONTHS if series.endswith(".2") else _LIFETIME_MONTHS
    year, month = divmod(released.month + months - 1, 12)
    return dt.date(released.year + year, month + 1, 28)


def has_final(series: str, releases: Sequence[Released]) -> bool:
    """Tell whether a series has a final release."""
    return any(
        f"{found.major}.{found.minor}" == series and not found.is_prerelease
        for found in (Version(release.version) for release in releases)
    )


def specifier_of(package: str, requirements: Iterable[str]) -> str:
    """Return all that requirements say of one package's version, markers left aside."""
    found = [
        str(item.specifier)
        for text in requirements
        if (item := parsed(text)) is not None and canonicalize_name(item.name) == package and str(item.specifier)
    ]
    return ",".join(dict.fromkeys(found))


def pinned(specifier: str) -> str:
    """Return the one version that a specifier allows by ``==``, empty where it allows more."""
    for clause in _clauses(specifier):
        if clause.operator in ("==", "===") and not clause.version.endswith(".*"):
            return clause.version
    return ""


def allowed(series: Iterable[str], specifier: str) -> tuple[str, ...]:
    """Return the series of which some release fits a specifier; all where it cannot be read."""
    clauses = _clauses(specifier)
    return tuple(item for item in series if all(_touches(clause.operator, clause.version, item) for clause in clauses))


def _clauses(specifier: str) -> tuple[_Clause, ...]:
    try:
        return tuple(_Clause(operator=item.operator, version=item.version) for item in SpecifierSet(specifier))
    except InvalidSpecifier:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    operator: str
    version: str


def _touches(operator: str, text: str, series: str) -> bool:
    """Tell whether a clause allows some release of a series: its first, its last, or one in between."""
    first, last = Version(series), Version(f"{series}.999")
    try:
        bound = Version(text.removesuffix(".*"))
    except InvalidVersion:
        return True
    is_inside = bound.release[:2] == first.release[:2] and len(bound.release) >= 2
    match operator:
        case "==" | "===" if text.endswith(".*"):
            return SpecifierSet(f"=={text}").contains(last) or is_inside
        case "==" | "===":
            return is_inside
        case "!=":
            return not (text.endswith(".*") and SpecifierSet(f"=={text}").contains(last) and len(bound.release) <= 2)
        case "<":
            return first < bound
        case ">=" | ">":
            return last >= bound
        case _:
            return SpecifierSet(f"{operator}{text}").contains(first) or SpecifierSet(f"{operator}{text}").contains(last)


def series_of(version: str) -> str:
    """Return the series of a version: 5.2 of 5.2.1."""
    parts = Version(version).release
    return f"{parts[0]}.{parts[1] if len(parts) > 1 else 0}"
