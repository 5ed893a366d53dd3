"""`matrix.lock` as TOML: the same bytes for the same lock."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.model import codec
from harness.model.lockfile import (
    Basis,
    Impossible,
    LockedEnvironment,
    LockedServer,
    LockedValue,
    MatrixLock,
    Question,
)
from harness.model.package import Lock, Pin, Release

VERSION = 1
HEADER = """\
# What matrix.toml stood for on a day: exact versions, pins with hashes, servers. Commit it.
# Made by `harness lock`, renewed by `harness lock --upgrade`; not to be edited by hand. See docs/lock.md.
"""
_MEND = "take the file from version control, or remove it and run `harness lock`"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Release:
    axis: str
    asked: str
    value: str = ""  # empty: as asked
    version: str
    requires_python: str = ""
    wheels: tuple[str, ...] = ()
    sdist: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Package:
    pin: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Environment:
    id: str  # `Lock.hash`
    pins: tuple[str, ...]
    answers: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Impossible:
    requires: tuple[str, ...]
    on: tuple[str, ...]
    words: str


def dumps(lock: MatrixLock) -> str:
    """Return a lock as text."""
    import tomli_w  # only where a lock is written

    names = _names(lock)
    basis = lock.basis
    matrix = {
        "python": basis.python,
        "mode": basis.mode,
        "allow_build": basis.allow_build,
        "as_of": basis.as_of,
        "axis": dict(basis.axes),
        "database": dict(basis.databases),
        "canary": dict(basis.canaries),
    }
    plain = {
        "version": VERSION,
        "as_of": lock.as_of,
        "made_from": basis.digest,
        "checksum": "",  # keeps its place
        "renewed": dict(lock.renewed),
        "matrix": {key: value for key, value in matrix.items() if value},
        "release": [_table(_release(value)) for value in lock.values],
        "server": [_table(server) for server in lock.servers],
        "package": [_table(_Package(pin=name, hashes=pin.hashes)) for pin, name in names.items()],
        "environment": [
            _table(
                _Environment(id=one.lock.hash, pins=tuple(names[pin] for pin in one.lock.pins), answers=one.questions)
            )
            for one in lock.environments
        ],
        "impossible": [
            _table(_Impossible(requires=one.question.requires, on=one.question.on, words=one.words))
            for one in lock.impossible
        ],
    }
    plain = {key: value for key, value in plain.items() if value or key == "checksum"}
    plain["checksum"] = checksum(tomllib.loads(tomli_w.dumps(plain, multiline_strings=True)))
    return HEADER + "\n" + tomli_w.dumps(plain, multiline_strings=True)


def checksum(plain: Mapping[str, Any]) -> str:
    """Return what a lock's values, as TOML gives them, come to: how they are laid out and ``checksum`` itself do not
    count."""
    counted = {key: value for key, value in plain.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(counted, sort_keys=True, default=str).encode()).hexdigest()[:16]


def read(path: Path) -> MatrixLock | None:
    """Return the lock that lies at *path*, None where there is none.

    Raises:
        UsageError: it cannot be read, is of another version of its form, or was changed by hand.
    """
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", remedy=_MEND) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: is not TOML: {error}", remedy=_MEND) from None
    version = plain.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        raise UsageError(
            f"{path}: is of version {version!r} of its form; this harness reads {VERSION}",
            remedy="a newer harness, or remove it and run `harness lock`" if newer else _MEND,
        )
    try:
        return _unchanged(_lock(plain), plain)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"{path}: is no lock: {what}", remedy=_MEND) from None


def _unchanged(lock: MatrixLock, plain: Mapping[str, Any]) -> MatrixLock:
    if plain["checksum"] != checksum(plain):
        raise ValueError("it was changed after `harness lock` wrote it")
    return lock


def _lock(plain: Mapping[str, Any]) -> MatrixLock:
    matrix = plain["matrix"]
    pins = {item.pin: _pin(item) for item in _all(_Package, plain.get("package", []))}
    return MatrixLock(
        as_of=_moment(plain["as_of"]),
        renewed=tuple((str(axis), _moment(date)) for axis, date in plain.get("renewed", {}).items()),
        basis=Basis(
            digest=codec.from_plain(str, plain["made_from"]),
            python=_texts(matrix["python"]),
            mode=_texts(matrix["mode"]),
            axes=_named(matrix.get("axis", {})),
            databases=_named(matrix.get("database", {})),
            canaries=_named(matrix.get("canary", {})),
            allow_build=_texts(matrix.get("allow_build", [])),
            as_of=_moment(matrix["as_of"]) if "as_of" in matrix else None,
        ),
        values=tuple(map(_value, _all(_Release, plain.get("release", [])))),
        environments=tuple(_environment(item, pins) for item in _all(_Environment, plain.get("environment", []))),
        impossible=tuple(
            Impossible(question=Question(requires=item.requires, on=item.on), words=item.words)
            for item in _all(_Impossible, plain.get("impossible", []))
        ),
        servers=_all(LockedServer, plain.get("server", [])),
    )


def _names(lock: MatrixLock) -> dict[Pin, str]:
    """Return a name for each pin; one version has two where two days or platforms saw other files of it."""
    known = sorted({pin for one in lock.environments for pin in one.lock.pins}, key=lambda pin: codec.dumps(pin))
    names: dict[Pin, str] = {}
    for pin in known:
        name, number = f"{pin.name}=={pin.version}", 1
        while name in names.values():
            number += 1
            name = f"{pin.name}=={pin.version} ({number})"
        names[pin] = name
    return dict(sorted(names.items(), key=lambda item: item[1]))


def _pin(item: _Package) -> Pin:
    name, equals, rest = item.pin.partition("==")
    if not equals:
        raise ValueError(f"{item.pin!r} is not NAME==VERSION")
    return Pin(name=name, version=rest.partition(" ")[0], hashes=item.hashes)


def _environment(item: _Environment, pins: Mapping[str, Pin]) -> LockedEnvironment:
    lock = Lock(pins=tuple(pins[name] for name in item.pins))
    if lock.hash != item.id:
        raise ValueError(f"the pins of environment {item.id} are others than when it was made")
    return LockedEnvironment(lock=lock, questions=item.answers)


def _release(value: LockedValue) -> _Release:
    release = value.release
    return _Release(
        axis=release.name,
        asked=value.asked,
        value="" if value.requested == value.asked else value.requested,
        version=release.version,
        requires_python=release.requires_python,
        wheels=release.wheel_tags,
        sdist=release.has_sdist,
    )


def _value(item: _Release) -> LockedValue:
    release = Release(
        name=item.axis,
        version=item.version,
        requires_python=item.requires_python,
        wheel_tags=item.wheels,
        has_sdist=item.sdist,
    )
    return LockedValue(asked=item.asked, requested=item.value or item.asked, release=release)


def _table(value: object) -> dict[str, Any]:
    return {key: item for key, item in codec.to_plain(value).items() if item}


def _all(kind: type[Any], items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(codec.from_plain(kind, item) for item in items)


def _texts(items: Any) -> tuple[str, ...]:
    return tuple(codec.from_plain(tuple[str, ...], items))


def _named(table: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, _texts(items)) for name, items in table.items())


def _moment(value: Any) -> dt.datetime:
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise ValueError(f"{value!r} is no moment with a time zone")
    return value.astimezone(dt.UTC)
