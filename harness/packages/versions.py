"""Expands the values of version axes into exact versions."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from packaging.version import InvalidVersion, Version

from harness.errors import UsageError, nearest
from harness.model.package import Interpreter, Release
from harness.model.plan import Value
from harness.model.spec import AxisSpec, AxisValue, Per, VersionRange
from harness.packages.interpreters import match

OLDEST_PYTHON = Version("3.8")
"""The probe runs on nothing older."""


def expand(axis: AxisSpec, releases: Sequence[Release]) -> tuple[Value, ...]:
    """Return the values of a package axis with the exact version that each stands for.

    ``"6.0"`` is the newest final 6.0.x, ``"==6.0.1"`` itself, ``"latest"`` the newest final, ``"pre"`` the newest of
    all, ``"lowest"`` the oldest final with a wheel; a range gives a value per minor series or release in it. *releases*
    hold nothing yanked. Two values that stand for one version are one: the first keeps its name, since the cells of the
    other would ask the same question again.

    Raises:
        UsageError: a value cannot be read, or no release fits it; with the nearest that exist.
    """
    known = [(Version(release.version), release) for release in releases]
    values: dict[str, Value] = {}
    for written in axis.values:
        for value in _values(axis.name, written, sorted(known, key=lambda pair: pair[0])):
            values.setdefault(value.exact, value)
    return tuple(values.values())


def expand_python(axis: AxisSpec, interpreters: Iterable[Interpreter]) -> tuple[Value, ...]:
    """Return the values of the ``python`` axis with the exact version of the interpreter that each stands for, empty
    where this machine has none: ``"3.12"`` is the newest 3.12.x here, ``"3.12.1"`` and ``"==3.12.1"`` that one.

    Values that stand for one interpreter are one, as in `expand`.

    Raises:
        UsageError: a value is no version, or older than what the probe runs on.
    """
    interpreters = tuple(interpreters)
    values: dict[str, Value] = {}
    for written in axis.values:
        if isinstance(written, VersionRange):
            raise UsageError("the python axis takes versions, not ranges", remedy='python = ["3.11", "3.12"]')
        asked = _version(axis.name, written.removeprefix("=="))
        if asked < OLDEST_PYTHON:
            raise UsageError(f"python {written}: {OLDEST_PYTHON} is the oldest that can be tested")
        found = match(written, interpreters)
        value = Value(requested=written, exact=found.version if found else "")
        values.setdefault(value.exact or written, value)
    return tuple(values.values())


_Known = Sequence[tuple[Version, Release]]


def _values(axis: str, written: AxisValue, known: _Known) -> list[Value]:
    finals = [version for version, _ in known if not version.is_prerelease]
    match written:
        case VersionRange():
            return _of_range(axis, written, finals)
        case "latest":
            chosen = finals[-1:]
        case "pre":
            chosen = [version for version, _ in known[-1:]]
        case "lowest":
            chosen = [version for version, release in known if release.wheel_tags and not version.is_prerelease][:1]
        case str():
            return [Value(requested=written, exact=str(_of_text(axis, written, known)))]
        case _:
            assert_never(written)
    if not chosen:
        raise UsageError(f"{axis} = {written!r}: no such release on the index by the as-of date")
    return [Value(requested=written, exact=str(chosen[0]))]


def _of_text(axis: str, written: str, known: _Known) -> Version:
    asked = _version(axis, written.removeprefix("=="))
    exactly = written.startswith("==") or asked.is_prerelease
    fits: Callable[[Version], bool] = (
        (lambda version: version == asked)
        if exactly
        else (lambda version: not version.is_prerelease and _is_in_series(version, asked))
    )
    found = [version for version, _ in known if fits(version)]
    if found:
        return found[-1]
    if exactly:
        offers = [f"=={version}" for version, _ in known]
    else:
        offers = [".".join(map(str, version.release[: len(asked.release)])) for version, _ in known]
    previews = [version for version, _ in known if _is_in_series(version, asked)]
    raise UsageError(
        f"{axis} = {written!r}: no such release on the index by the as-of date, or it was yanked"
        f"{_nearest(asked, offers)}",
        remedy=f'there are pre-releases: "=={previews[-1]}" or "pre"' if previews and not exactly else "",
    )


def _nearest(asked: Version, offers: Sequence[str]) -> str:
    """Return the releases around the one that is not there, by their order and not by their spelling."""
    there = sorted(set(offers), key=lambda offer: Version(offer.removeprefix("==")))
    at = bisect.bisect([Version(offer.removeprefix("==")) for offer in there], asked)
    around = there[max(0, at - 2) : at + 1]
    return f"; nearest: {', '.join(around)}" if around else ""


def _of_range(axis: str, written: VersionRange, finals: Sequence[Version]) -> list[Value]:
    since = _version(axis, written.since)
    until = _version(axis, written.until) if written.until is not None else None
    inside = [
        version
        for version in finals
        if version >= since and (until is None or version <= until or _is_in_series(version, until))
    ]
    if not inside:
        raise UsageError(
            f"{axis}: no final release from {written.since} until {written.until or 'today'}"
            f"{_nearest(since, [str(version) for version in finals])}"
        )
    match written.per:
        case Per.RELEASE:
            return [Value(requested=f"=={version}", exact=str(version)) for version in inside]
        case Per.MINOR:
            newest = {f"{version.major}.{version.minor}": version for version in inside}
            return [Value(requested=series, exact=str(version)) for series, version in newest.items()]
        case _:
            assert_never(written.per)


def _is_in_series(version: Version, series: Version) -> bool:
    """Tell whether *version* begins as *series* does: 6.0.1 in 6.0, 8.4.2 in 8."""
    padded = (*version.release, 0, 0, 0)
    return version.epoch == series.epoch and padded[: len(series.release)] == series.release


def _version(axis: str, text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise UsageError(
            f"{axis} = {text!r} is not a version{nearest(text, ['latest', 'pre', 'lowest'])}",
            remedy='"6.0", "==6.0.1", "latest", "pre", "lowest" or { since = "4.2", until = "6.1", per = "minor" }',
        ) from None
