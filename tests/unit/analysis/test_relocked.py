"""What moved between two locks of a matrix, by value, environment, file and server."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from harness.analysis.locks import Moved
from harness.analysis.relocked import MovedEnvironment, MovedServer, MovedValue, Relocked, relocked
from harness.model.lockfile import Basis, LockedEnvironment, LockedServer, LockedValue, MatrixLock, Question
from harness.model.package import Lock, Pin, Release
from harness.model.spec import ProviderName

HERE = "3.12 linux-x86_64"


def made(django: str, asgiref: str, *on: str, digest: str = "d") -> MatrixLock:
    """Return a lock with one environment."""
    pins = (Pin(name="asgiref", version=asgiref, hashes=("h",)), Pin(name="django", version=django, hashes=("h",)))
    question = Question(requires=(f"django=={django}", "psycopg[binary]"), on=on or (HERE,))
    return MatrixLock(
        as_of=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        basis=Basis(digest="d"),
        values=(LockedValue(asked="6.0", requested="6.0", release=Release(name="django", version=django)),),
        environments=(LockedEnvironment(lock=Lock(pins=pins), questions=(question,)),),
        servers=(server("17.9", digest),),
    )


def server(version: str, digest: str) -> LockedServer:
    """Return a server of one source."""
    return LockedServer(
        database="postgres-17",
        provider=ProviderName.EMBEDDED,
        source="wheel",
        platform="linux-x86_64",
        version=version,
        digest=digest,
    )


def test_nothing_moved() -> None:
    """However a lock is compared with itself."""
    assert relocked(made("6.0.1", "3.8"), made("6.0.1", "3.8")).is_nothing


def test_a_release_moved_and_what_it_brought() -> None:
    """An environment is the same one when the same values ask for it, though its requirements are others."""
    found = relocked(made("6.0.1", "3.8"), made("6.0.2", "3.9"))
    assert found.values == (MovedValue(axis="django", value="6.0", old="6.0.1", new="6.0.2"),)
    assert found.environments == (
        MovedEnvironment(
            requires=("django=6.0", "psycopg[binary]"),
            on=HERE,
            packages=(Moved(name="asgiref", old="3.8", new="3.9"), Moved(name="django", old="6.0.1", new="6.0.2")),
        ),
    )
    assert (found.added, found.removed) == (0, 0)


def test_environments_come_and_go() -> None:
    """Counted per Python and platform."""
    found = relocked(made("6.0.1", "3.8", HERE, "3.13 linux-x86_64"), made("6.0.1", "3.8", HERE, "3.14 linux-x86_64"))
    assert (found.added, found.removed, found.environments) == (1, 1, ())


def test_a_value_that_is_new_and_one_that_is_gone() -> None:
    """The side on which it is not is empty."""
    old, new = made("6.0.1", "3.8"), made("6.0.1", "3.8")
    other = LockedValue(asked="6.1", requested="6.1", release=Release(name="django", version="6.1.3"))
    assert relocked(old, replace(new, values=(*new.values, other))).values == (
        MovedValue(axis="django", value="6.1", old="", new="6.1.3"),
    )
    assert relocked(old, replace(new, values=())).values == (
        MovedValue(axis="django", value="6.0", old="6.0.1", new=""),
    )


def test_other_files_of_the_same_version_are_told() -> None:
    """That somebody uploaded one more must not pass unseen."""
    old = made("6.0.1", "3.8")
    (environment,) = old.environments
    pins = tuple(replace(pin, hashes=("h", "i")) if pin.name == "asgiref" else pin for pin in environment.lock.pins)
    new = replace(old, environments=(replace(environment, lock=Lock(pins=pins)),))
    found = relocked(old, new)
    assert found == Relocked(other_files=("asgiref==3.8",))


@pytest.mark.parametrize(("version", "digest"), [("17.9", "other"), ("17.10", "d")])
def test_a_server_moved(version: str, digest: str) -> None:
    """Its version, or what is in it."""
    old = made("6.0.1", "3.8")
    new = replace(old, servers=(server(version, digest),))
    assert relocked(old, new).servers == (MovedServer(old=old.servers[0], new=new.servers[0]),)
    assert relocked(old, replace(old, servers=())).servers == (MovedServer(old=old.servers[0], new=None),)
