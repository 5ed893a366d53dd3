"""A lock is held against its matrix: every kind of difference is told, and nothing else is one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.lockfile.basis import basis_of, stale, words
from harness.model.condition import Condition
from harness.model.lockfile import Kind
from harness.model.spec import (
    AxisSpec,
    CanarySpec,
    DatabaseSpec,
    Engine,
    Expectation,
    MatrixSpec,
    Per,
    Profile,
    Rule,
    RunSpec,
    VersionRange,
)

Change = Callable[[MatrixSpec], MatrixSpec]
WHEN = Condition(terms=(("django", ("6.0",)),))


def axis(name: str, *values: str) -> Change:
    """Return a change that gives an axis other values, or makes a new one."""

    def change(spec: MatrixSpec) -> MatrixSpec:
        rest = [AxisSpec(name=name, values=values) if one.name == name else one for one in spec.axes]
        if name not in [one.name for one in spec.axes]:
            rest.append(AxisSpec(name=name, values=values))
        return replace(spec, axes=tuple(rest))

    return change


def test_a_matrix_that_did_not_change_has_no_stale_lock(spec, lock) -> None:
    """Wherever it lies."""
    moved = replace(
        spec,
        path=Path("/elsewhere/matrix.toml"),
        canaries=tuple(replace(one, path=Path("/elsewhere") / one.name) for one in spec.canaries),
    )
    assert basis_of(moved) == basis_of(spec) == lock.basis
    assert stale(moved, lock) == ()


@pytest.mark.parametrize(
    ("change", "kind", "expected", "is_gap"),
    [
        (axis("pytest", "9", "latest", "8"), Kind.VALUE, "pytest 8 is new", True),
        (axis("pytest", "9"), Kind.VALUE, "pytest latest is gone", False),
        (axis("attrs", "25"), Kind.VALUE, "attrs 25 is new", True),
        (axis("python", "3.12", "3.13", "3.14"), Kind.PYTHON, "python 3.14 is new", True),
        (axis("mode", "migrations"), Kind.MODE, "mode xdist is gone", False),
        (axis("canary", "seed"), Kind.CANARY, "canary tenants is gone", False),
        (
            lambda spec: replace(
                axis("canary", "seed", "tenants", "shop")(spec),
                canaries=(*spec.canaries, CanarySpec(name="shop", path=Path("shop"), settings="s")),
            ),
            Kind.CANARY,
            "canary shop is new",
            True,
        ),
        (
            lambda spec: replace(spec, canaries=(replace(spec.canaries[0], requires=("celery",)), spec.canaries[1])),
            Kind.CANARY,
            "canary seed now requires celery",
            True,
        ),
        (
            lambda spec: replace(
                axis("database", "sqlite-memory", "postgres-17", "mysql-8")(spec),
                databases=(*spec.databases, DatabaseSpec(name="mysql-8", engine=Engine.MYSQL, version="8")),
            ),
            Kind.DATABASE,
            "database mysql-8 is new",
            True,
        ),
        (
            lambda spec: replace(spec, databases=(spec.databases[0], replace(spec.databases[1], driver=("psycopg2",)))),
            Kind.DATABASE,
            "database postgres-17 now requires psycopg2",
            True,
        ),
        (lambda spec: replace(spec, run=RunSpec(allow_build=("docopt",))), Kind.BUILD, "allow_build has changed", True),
        (
            lambda spec: replace(spec, run=RunSpec(as_of=dt.datetime(2026, 1, 20, tzinfo=dt.UTC))),
            Kind.DATE,
            "[run] as_of says 2026-01-20 00:00, and it is of 2026-11-01 12:30",
            True,
        ),
        (lambda spec: replace(spec, profiles=(Profile(name="ci"),)), Kind.PLAN, "profiles, excludes", False),
        (lambda spec: replace(spec, excludes=(Rule(when=WHEN, reason="r"),)), Kind.PLAN, "profiles, excludes", False),
        (
            lambda spec: replace(spec, databases=(spec.databases[0], replace(spec.databases[1], images=("x:1",)))),
            Kind.PLAN,
            "providers",
            False,
        ),
    ],
)
def test_each_difference_is_told(spec, lock, change: Change, kind: Kind, expected: str, is_gap: bool) -> None:
    """With its kind, and whether the lock lacks an answer or only holds too much."""
    found = stale(change(spec), lock)
    assert [(item.kind, item.is_gap) for item in found] == [(kind, is_gap)]
    assert expected in found[0].words


def test_what_decides_nothing_is_no_difference(spec, lock) -> None:
    """Expectations, reasons, arguments of pytest."""
    changed = replace(
        spec,
        expectations=(Expectation(when=WHEN, state="fail", reason="known"),),
        canaries=tuple(replace(one, args=("-x",), allow_skips=True) for one in spec.canaries),
        run=RunSpec(jobs=7),
    )
    assert stale(changed, lock) == ()


def test_gaps_come_first(spec, lock) -> None:
    """What is missing matters more than what is too much."""
    found = stale(axis("pytest", "8")(spec), lock)
    assert [item.words for item in found] == ["pytest 8 is new", "pytest 9 is gone", "pytest latest is gone"]


def test_no_lock_is_stale(spec) -> None:
    """A check in CI must not pass where nobody locked."""
    assert [item.kind for item in stale(spec, None)] == [Kind.ABSENT]


def test_a_range_has_words() -> None:
    """Open and closed."""
    assert words(VersionRange(since="4.2", until=None, per=Per.RELEASE)) == "since 4.2 per release"
    assert words(VersionRange(since="4.2", until="6.1", per=Per.MINOR)) == "since 4.2 until 6.1 per minor"
    assert words("6.0") == "6.0"
