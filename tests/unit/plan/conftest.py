"""Builders of small matrices for the tests of planning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.model.plan import Axis, Value
from harness.model.spec import AxisSpec, CanarySpec, DatabaseSpec, Engine, MatrixSpec, Profile

MakeAxes = Callable[..., tuple[Axis, ...]]


@pytest.fixture
def make_axes() -> MakeAxes:
    """Build axes from keywords: ``make_axes(django=["5.2", ("6.0", "6.0.1")])``; a pair is (requested, exact)."""

    def make(**axes: list[str | tuple[str, str]]) -> tuple[Axis, ...]:
        return tuple(
            Axis(
                name=name.replace("_", "-"),
                values=tuple(
                    Value(requested=value) if isinstance(value, str) else Value(requested=value[0], exact=value[1])
                    for value in values
                ),
            )
            for name, values in axes.items()
        )

    return make


@pytest.fixture
def axes(make_axes: MakeAxes) -> tuple[Axis, ...]:
    """Return a matrix of five axes, 72 cells."""
    return make_axes(
        python=[("3.12", "3.12.4"), ("3.13", "")],
        django=[("5.2", "5.2.7"), ("6.0", "6.0.1"), ("latest", "6.1.2")],
        database=["sqlite-memory", "postgres-17", "mariadb-10.11"],
        canary=["seed", "tenants"],
        mode=["migrations", "reuse-db"],
    )


@pytest.fixture
def spec() -> MatrixSpec:
    """Return the specification that `axes` came from."""
    return MatrixSpec(
        path=Path("matrix.toml"),
        axes=tuple(AxisSpec(name=name, values=()) for name in ("python", "django", "database", "canary", "mode")),
        databases=(
            DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE, version="memory"),
            DatabaseSpec(name="postgres-17", engine=Engine.POSTGRESQL, version="17"),
            DatabaseSpec(name="mariadb-10.11", engine=Engine.MARIADB, version="10.11"),
        ),
        canaries=(
            CanarySpec(name="seed", path=Path("seed"), settings="s"),
            CanarySpec(name="tenants", path=Path("tenants"), settings="s", databases=("postgres-*",)),
        ),
        profiles=(Profile(name="default"), Profile(name="old", axes=(("django", ("<6",)),))),
    )
