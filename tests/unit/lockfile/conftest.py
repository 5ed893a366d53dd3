"""A matrix, its lock, and what they are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.lockfile.basis import basis_of
from harness.model.lockfile import (
    Impossible,
    LockedEnvironment,
    LockedServer,
    LockedValue,
    MatrixLock,
    Question,
)
from harness.model.package import Interpreter, Lock, Pin, Release
from harness.model.spec import (
    AxisSpec,
    CanarySpec,
    DatabaseSpec,
    Engine,
    MatrixSpec,
    Per,
    ProviderName,
    VersionRange,
)

AS_OF = dt.datetime(2026, 11, 1, 12, 30, tzinfo=dt.UTC)
LINUX = "3.12 linux-x86_64"


def pin(name: str, version: str, *hashes: str) -> Pin:
    """Return a pin with hashes."""
    return Pin(name=name, version=version, hashes=hashes or (f"sha256:{name}",))


@pytest.fixture
def make_pin() -> Callable[..., Pin]:
    """Returns a builder of pins."""
    return pin


@pytest.fixture
def spec() -> MatrixSpec:
    """A small matrix with a range, a driver and a canary that requires something."""
    return MatrixSpec(
        path=Path("/somewhere/matrix.toml"),
        axes=(
            AxisSpec(name="python", values=("3.12", "3.13")),
            AxisSpec(name="django", values=(VersionRange(since="5.2", until="6.0", per=Per.MINOR),)),
            AxisSpec(name="pytest", values=("9", "latest")),
            AxisSpec(name="database", values=("sqlite-memory", "postgres-17")),
            AxisSpec(name="canary", values=("seed", "tenants")),
            AxisSpec(name="mode", values=("migrations", "xdist")),
        ),
        databases=(
            DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE, version="memory"),
            DatabaseSpec(name="postgres-17", engine=Engine.POSTGRESQL, version="17", driver=("psycopg[binary]",)),
        ),
        canaries=(
            CanarySpec(name="seed", path=Path("/somewhere/seed"), settings="s"),
            CanarySpec(name="tenants", path=Path("/somewhere/tenants"), settings="s", requires=("django-tenants",)),
        ),
    )


@pytest.fixture
def lock(spec: MatrixSpec) -> MatrixLock:
    """A lock of that matrix with something of everything."""
    tools = (pin("pytest", "9.0.2"),)
    newer, older = Lock(pins=(pin("django", "6.0.3"), *tools)), Lock(pins=(pin("django", "5.2.9"), *tools))
    return MatrixLock(
        as_of=AS_OF,
        renewed=(("django", dt.datetime(2026, 11, 20, tzinfo=dt.UTC)),),
        basis=basis_of(spec),
        values=(
            value("django", "5.2", "5.2.9", asked="since 5.2 until 6.0 per minor", requires_python=">=3.10"),
            value("django", "6.0", "6.0.3", asked="since 5.2 until 6.0 per minor", has_sdist=True),
            value("pytest", "9", "9.0.2"),
        ),
        environments=(
            environment(older, ("django==5.2.9", "pytest==9.0.2"), LINUX),
            environment(newer, ("django==6.0.3", "pytest==9.0.2"), LINUX, "3.13 linux-x86_64"),
        ),
        impossible=(
            Impossible(
                question=Question(requires=("django-tenants", "pytest==9.0.2"), on=(LINUX,)),
                words='Because "a"\n  and b, no.\n\nhint: ü',
            ),
        ),
        servers=(server("17.10"),),
    )


def value(axis: str, requested: str, version: str, *, asked: str = "", **more: Any) -> LockedValue:
    """Return a locked value of a pure wheel."""
    release = Release(name=axis, version=version, wheel_tags=("py3-none-any",), **more)
    return LockedValue(asked=asked or requested, requested=requested, release=release)


def environment(lock: Lock, requires: tuple[str, ...], *on: str) -> LockedEnvironment:
    """Return a lock that answers one question."""
    return LockedEnvironment(lock=lock, questions=(Question(requires=requires, on=on),))


def server(version: str, **more: Any) -> LockedServer:
    """Return a server that comes from a wheel."""
    fields: dict[str, Any] = {
        "database": "postgres-17",
        "provider": ProviderName.EMBEDDED,
        "source": "wheel",
        "platform": "linux-x86_64",
        "digest": f"digest of {version}",
    }
    return LockedServer(**(fields | {"version": version} | more))


@pytest.fixture
def make_server() -> Callable[..., LockedServer]:
    """Returns a builder of servers."""
    return server


@pytest.fixture
def interpreter() -> Callable[..., Interpreter]:
    """Returns a builder of interpreters that nobody has to have."""

    def build(version: str = "3.12.4", platform: str = "linux-x86_64", tags: tuple[str, ...] = ()) -> Interpreter:
        return Interpreter(
            path=f"/nowhere/{version}/python",
            version=version,
            implementation="CPython",
            build="b" * 16,
            platform=platform,
            sqlite_version="3.45.0",
            tags=tags,
        )

    return build
