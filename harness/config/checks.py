"""Finds what is well formed but cannot mean anything: names, versions, dates, folders."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.config.document import CanaryTable, Document, RuleTable, VersionRangeTable
from harness.config.engines import check_database
from harness.config.predefined import PREDEFINED
from harness.config.problems import dotted, show
from harness.config.projects import check_project, is_project
from harness.config.scenarios import check_base, written
from harness.errors import nearest
from harness.model.cell import BUILT_IN_AXES, CANARY, DATABASE, MODE, PYTHON, normalise_axis
from harness.model.condition import is_version_axis
from harness.model.spec import Mode

_PYTHON = re.compile(r"3\.\d+(\.\d+)?")
_SERIES = re.compile(r"\d+(\.\d+)*")
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_WORDS = ("latest", "pre", "lowest")


def check(document: Document, *, folder: Path, today: dt.date) -> list[str]:
    """Return every problem as ``key: what is wrong``; *folder* is where canaries' paths start."""
    axes = axes_of(document)
    return [
        *_check_axes(document, axes),
        *(line for name, table in document.database.items() for line in check_database(name, table)),
        *(line for name in document.canary for line in check_base(name, document.canary)),
        *(
            line
            for name in document.canary
            for line in _check_canary(name, document.canary, folder, axes, document.matrix.mode)
        ),
        *_check_rules(document, axes, today),
        *_check_profiles(document, axes),
        *_check_names(document.run.allow_build),
    ]


def axes_of(document: Document) -> dict[str, Sequence[str | VersionRangeTable]]:
    """Return the axes as they are spelt, with their values: Python, packages in the file's order, the built-in rest."""
    matrix = document.matrix
    packages: dict[str, list[str | VersionRangeTable]] = matrix.__pydantic_extra__
    rest = {DATABASE: matrix.database, CANARY: matrix.canary, MODE: matrix.mode}
    return {PYTHON: matrix.python, **packages, **rest}


def _check_axes(document: Document, axes: Mapping[str, Sequence[str | VersionRangeTable]]) -> Iterator[str]:
    known = {
        DATABASE: {*document.database, *PREDEFINED},
        CANARY: set(document.canary),
        MODE: {mode.value for mode in Mode},
    }
    spelt: dict[str, str] = {}
    for name, values in axes.items():
        key = f"matrix.{name}"
        first = spelt.setdefault(normalise_axis(name), name)
        if first != name:
            yield f"{key}: is the same axis as matrix.{first}: keep one"
        if not values:
            yield f"{key}: has no value"
        for text, times in Counter(map(show_value, values)).items():
            if times > 1:
                yield f"{key}: {text} is there {times} times"
        if not _PACKAGE.fullmatch(name):
            yield f"{key}: is neither one of {', '.join(BUILT_IN_AXES)} nor a package's name"
        for number, value in enumerate(values):
            place = dotted(("matrix", name, number))
            if name in known:
                yield from _check_known(place, name, str(value), known[name])
            else:
                yield from _check_version(place, name, value)


def show_value(value: str | VersionRangeTable) -> str:
    """Return an axis value as it may be written."""
    match value:
        case str():
            return show(value)
        case VersionRangeTable():
            until = f', until = "{value.until}"' if value.until else ""
            return f'{{ since = "{value.since}"{until}, per = "{value.per}" }}'


def _check_known(place: str, axis: str, value: str, known: set[str]) -> Iterator[str]:
    if value in known:
        return
    if axis == MODE:
        yield f"{place}: {value!r} is not a mode{nearest(value, known) or '; known: ' + ', '.join(sorted(known))}"
    else:
        yield f"{place}: {value!r} is not defined: there is no [{axis}.{value}]{nearest(value, known)}"


def _check_version(place: str, axis: str, value: str | VersionRangeTable) -> Iterator[str]:
    match value:
        case str() if axis == PYTHON:
            if not _PYTHON.fullmatch(value):
                yield f'{place}: {value!r} is not a version of Python: write "3.12" or "3.12.1"'
        case str():
            exact = value.removeprefix("==").strip()
            is_good = value in _WORDS or (_is_version(exact) if value != exact else _SERIES.fullmatch(value))
            if not is_good:
                yield (
                    f'{place}: {value!r} is not a version: write "6.0" (the newest 6.0.x), "==6.0.1", "latest", "pre",'
                    f' "lowest" or {{ since = "4.2" }}{nearest(value, _WORDS)}{_nearest_axis(axis)}'
                )
        case VersionRangeTable():
            bounds = {"since": value.since} | ({"until": value.until} if value.until else {})
            bad = [f"{place}: {key}: {text!r} is no version" for key, text in bounds.items() if not _is_version(text)]
            yield from bad
            if not bad and value.until and Version(value.until) < Version(value.since):
                yield f"{place}: until {value.until!r} comes before since {value.since!r}"


def _nearest_axis(axis: str) -> str:
    found = nearest(axis, BUILT_IN_AXES)
    return f" ({axis} was taken for a package{found})" if found else ""


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _check_canary(
    name: str, canaries: Mapping[str, CanaryTable], folder: Path, axes: Iterable[str], modes: Sequence[str]
) -> Iterator[str]:
    table = canaries[name]
    if table.path is not None:
        missing = list(_check_folder(f"canary.{name}.path", table.path, folder))
        yield from missing
        if not missing and not is_project(table) and not (folder / table.path / "manage.py").is_file():
            yield f"canary.{name}.path: {table.path!r} holds no manage.py"
    if table.overlay is not None:
        yield from _check_folder(f"canary.{name}.overlay", table.overlay, folder)
    yield from check_requirements(f"canary.{name}.requires", table.requires)
    yield from check_project(f"canary.{name}", written(name, canaries), modes)
    for number, lack in enumerate(table.lacks):
        yield from _check_when(dotted(("canary", name, "lacks", number)), lack.when, axes)


def _check_folder(place: str, text: str, folder: Path) -> Iterator[str]:
    path = folder / text
    if not path.is_dir():
        siblings = [item.name for item in path.parent.iterdir() if item.is_dir()] if path.parent.is_dir() else []
        yield f"{place}: {text!r} is not a folder{nearest(path.name, siblings)}"


def check_requirements(place: str, requirements: Iterable[str]) -> Iterator[str]:
    """Yield a line for each requirement that PEP 508 does not know."""
    for text in requirements:
        try:
            Requirement(text)
        except InvalidRequirement as error:
            yield f"{place}: {text!r} is not a requirement: {str(error).splitlines()[0]}"


def _check_rules(document: Document, axes: Iterable[str], today: dt.date) -> Iterator[str]:
    kinds: tuple[tuple[str, Sequence[RuleTable]], ...] = (
        ("exclude", document.exclude),
        ("include", document.include),
        ("expect", document.expect),
    )
    for kind, tables in kinds:
        for number, table in enumerate(tables):
            place = dotted((kind, number))
            yield from _check_when(place, table.when, axes)
            if table.until is not None and table.until < today:
                yield (
                    f"{place}: until: {table.until} is over (today is {today}): remove the entry or look again"
                    f" whether it still holds ({table.reason})"
                )


def _check_when(place: str, when: Mapping[str, Sequence[str]], axes: Iterable[str]) -> Iterator[str]:
    names = [normalise_axis(axis) for axis in axes]
    counted = Counter(normalise_axis(axis) for axis in when)
    for axis, options in when.items():
        name = normalise_axis(axis)
        if name not in names:
            yield f"{place}: when.{axis}: there is no such axis in [matrix]{nearest(name, names)}"
        if counted[name] > 1:
            yield f"{place}: when.{axis}: the axis is named twice"
        if not options:
            yield f"{place}: when.{axis}: has no value"
        for option in options if is_version_axis(name) else ():
            yield from _check_specifier(f"{place}: when.{axis}", option)


def _check_specifier(place: str, option: str) -> Iterator[str]:
    if option in _WORDS or _SERIES.fullmatch(option):
        return
    try:
        SpecifierSet(option)
    except InvalidSpecifier:
        yield f'{place}: {option!r} is not a specifier: write "<5.2", ">=5.0,<6", "!=4.13.0" or a value of the axis'


def _check_profiles(document: Document, axes: Iterable[str]) -> Iterator[str]:
    names = [normalise_axis(axis) for axis in axes]
    for name, profile in document.profile.items():
        for axis, options in profile.axes.items():
            if normalise_axis(axis) not in names:
                yield f"profile.{name}.axes.{axis}: there is no such axis in [matrix]{nearest(axis, names)}"
            if not options:
                yield f"profile.{name}.axes.{axis}: has no value"


def _check_names(packages: Iterable[str]) -> Iterator[str]:
    for name in packages:
        if not _PACKAGE.fullmatch(name):
            yield f"run.allow_build: {name!r} is not a package's name"
