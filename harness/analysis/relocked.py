"""What moved from one lock of a matrix to the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from harness.analysis.locks import Moved, moved
from harness.model.lockfile import LockedServer, MatrixLock, Stale
from harness.model.package import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedValue:
    """A value of an axis that stands for another release; empty where it has none."""

    axis: str
    value: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedEnvironment:
    """An environment whose packages moved."""

    requires: tuple[str, ...]  # axes by value ("django=6.0"), the rest as it is
    on: str
    packages: tuple[Moved, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedServer:
    """A server whose binaries or image are others; None where there is none."""

    old: LockedServer | None
    new: LockedServer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocked:
    """All that moved."""

    values: tuple[MovedValue, ...] = ()
    environments: tuple[MovedEnvironment, ...] = ()
    added: int = 0  # environments, counted per platform and Python
    removed: int = 0
    other_files: tuple[str, ...] = ()  # "django==6.0.1": the same version has other files
    servers: tuple[MovedServer, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Tell whether both say the same."""
        return self == Relocked()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockView:
    """What `harness lock` shows."""

    exit_code: int
    is_check: bool
    is_new: bool  # there was no lock
    is_written: bool  # the file's bytes changed
    as_of: dt.datetime | None  # None: there is no lock
    old_as_of: dt.datetime | None
    renewed: tuple[tuple[str, dt.datetime], ...]
    releases: int
    environments: int  # per platform and Python
    locks: int
    targets: tuple[str, ...]
    servers: int
    size_bytes: int
    stale: tuple[Stale, ...]
    moved: Relocked
    notes: tuple[str, ...]


_Key = tuple[tuple[str, ...], str]


def relocked(old: MatrixLock, new: MatrixLock) -> Relocked:
    """Compare two locks; environments are the same where the same values of the matrix ask for them."""
    before, after = _environments(old), _environments(new)
    environments = tuple(
        MovedEnvironment(requires=key[0], on=key[1], packages=packages)
        for key in sorted(before.keys() & after.keys())
        if (packages := moved(_versions(before[key]), _versions(after[key])))
    )
    return Relocked(
        values=_values(old, new),
        environments=environments,
        added=len(after.keys() - before.keys()),
        removed=len(before.keys() - after.keys()),
        other_files=_other_files(before, after),
        servers=_servers(old, new),
    )


def _values(old: MatrixLock, new: MatrixLock) -> tuple[MovedValue, ...]:
    sides = [{(one.release.name, one.requested): one.release.version for one in lock.values} for lock in (old, new)]
    return tuple(
        MovedValue(axis=axis, value=value, old=sides[0].get((axis, value), ""), new=sides[1].get((axis, value), ""))
        for axis, value in dict.fromkeys((*sides[1], *sides[0]))
        if sides[0].get((axis, value)) != sides[1].get((axis, value))
    )


def _environments(lock: MatrixLock) -> dict[_Key, Lock]:
    names = {f"{one.release.name}=={one.release.version}": f"{one.release.name}={one.requested}" for one in lock.values}
    return {
        (tuple(names.get(item, item) for item in question.requires), target): one.lock
        for one in lock.environments
        for question in one.questions
        for target in question.on
    }


def _versions(lock: Lock) -> dict[str, str]:
    return {pin.name: pin.version for pin in lock.pins}


def _other_files(before: Mapping[_Key, Lock], after: Mapping[_Key, Lock]) -> tuple[str, ...]:
    found = set()
    for key in before.keys() & after.keys():
        old = {(pin.name, pin.version): pin.hashes for pin in before[key].pins}
        found |= {
            f"{pin.name}=={pin.version}"
            for pin in after[key].pins
            if old.get((pin.name, pin.version), pin.hashes) != pin.hashes
        }
    return tuple(sorted(found))


def _servers(old: MatrixLock, new: MatrixLock) -> tuple[MovedServer, ...]:
    before, after = ({one.key: one for one in lock.servers} for lock in (old, new))
    return tuple(
        MovedServer(old=before.get(key), new=after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    )
