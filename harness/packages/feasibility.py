"""Tells which values can never meet, before anything is resolved or built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name

from harness.model.cell import PYTHON, is_package_axis
from harness.model.package import Interpreter, Release
from harness.model.plan import Axis, Nogood, Partial, Why


def nogoods(
    axes: Iterable[Axis],
    *,
    releases: Mapping[tuple[str, str], Release],
    interpreters: Mapping[str, Interpreter | None],
    looked_in: str = "",
    allow_build: Iterable[str] = (),
) -> tuple[Nogood, ...]:
    """Return the single values and pairs of values that make a cell untestable, in the order of *axes*.

    Args:
        axes: the expanded axes.
        releases: (axis, requested value) → the release that the value stands for; values without one are left alone.
        interpreters: requested Python → its interpreter, None where this machine has none.
        looked_in: where interpreters were sought, for the message.
        allow_build: packages that may be built from source.
    """
    axes = tuple(axes)
    pythons = [value.requested for axis in axes if axis.name == PYTHON for value in axis.values]
    found = [_no_interpreter(python, looked_in) for python in pythons if interpreters.get(python) is None]
    buildable = {canonicalize_name(name) for name in allow_build}
    for axis in axes:
        if not is_package_axis(axis.name):
            continue
        for value in axis.values:
            release = releases.get((axis.name, value.requested))
            for python in pythons:
                interpreter = interpreters.get(python)
                if release is None or interpreter is None:
                    continue
                values = tuple(sorted({axis.name: value.requested, PYTHON: python}.items()))
                nogood = _pair(values, release, interpreter, may_build=canonicalize_name(release.name) in buildable)
                found += [nogood] if nogood else []
    return tuple(found)


def _no_interpreter(python: str, looked_in: str) -> Nogood:
    version = python.removeprefix("==")
    return Nogood(
        values=((PYTHON, python),),
        why=Why.NO_INTERPRETER,
        detail=f"no Python {version} was found" + (f" in {looked_in}" if looked_in else ""),
        remedy=f"uv python install {version}",
    )


def _pair(values: Partial, release: Release, interpreter: Interpreter, *, may_build: bool) -> Nogood | None:
    name = f"{release.name} {release.version}"
    if not _accepts(release.requires_python, interpreter.version):
        return Nogood(
            values=values,
            why=Why.REQUIRES_PYTHON,
            detail=f"{name} requires Python {release.requires_python}, this is {interpreter.version}",
        )
    if _has_wheel(release, interpreter) or (may_build and release.has_sdist):
        return None
    what = "has no wheel" if not release.wheel_tags else "has no wheel that fits"
    return Nogood(
        values=values,
        why=Why.NO_WHEEL,
        detail=f"{name} {what} {interpreter.implementation} {interpreter.version} on {interpreter.platform}",
        remedy=f'add "{release.name}" to allow_build' if release.has_sdist and not may_build else "",
    )


def _accepts(requires_python: str, version: str) -> bool:
    try:
        return SpecifierSet(requires_python).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True  # what cannot be read forbids nothing; the resolver has the last word


def _has_wheel(release: Release, interpreter: Interpreter) -> bool:
    usable = set(interpreter.tags)
    return any(str(tag) in usable for text in release.wheel_tags for tag in parse_tag(text))
