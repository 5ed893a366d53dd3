"""What a run goes by: the lock, another date, or the index where the lock has no answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import Infrastructure, UsageError
from harness.lockfile import document
from harness.lockfile.answers import Answers
from harness.lockfile.basis import basis_of
from harness.model.lockfile import LockedValue, MatrixLock
from harness.model.package import Interpreter, Lock, Release
from harness.model.spec import AxisSpec, MatrixSpec, Per, Preference, RunSpec, VersionRange
from harness.workflow import pinned as pins
from harness.workflow import place as places
from harness.workflow.pinned import axis_of, of_lock, pinned, refuse_other_date, renewing
from harness.workflow.place import Place

LOCKED = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
RANGE = VersionRange(since="5.2", until=None, per=Per.MINOR)
RELEASES = tuple(Release(name="django", version=text) for text in ("5.2.1", "5.2.2", "6.0.1", "6.1.0"))


@pytest.fixture
def spec() -> MatrixSpec:
    """A matrix with a range."""
    axes = [("python", "3.12"), ("django", RANGE), ("database", "d"), ("canary", "c"), ("mode", "migrations")]
    return MatrixSpec(
        path=Path("matrix.toml"),
        axes=tuple(AxisSpec(name=name, values=(value,)) for name, value in axes),
        databases=(),
        canaries=(),
    )


@pytest.fixture
def lock(spec: MatrixSpec) -> MatrixLock:
    """Its lock, made before 5.2.2 and 6.1."""
    values = tuple(
        LockedValue(asked="since 5.2 per minor", requested=series, release=Release(name="django", version=version))
        for series, version in (("5.2", "5.2.1"), ("6.0", "6.0.1"))
    )
    return MatrixLock(as_of=LOCKED, basis=basis_of(spec), values=values)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A checkout with a matrix file."""
    (tmp_path / "matrix.toml").touch()
    made = places.find(tmp_path / "matrix.toml", {"HARNESS_CACHE_DIR": str(tmp_path / "cache")})
    return replace(made, now=lambda: NOW)


@pytest.fixture
def at(spec, place, lock) -> Callable[..., pins.Pinned]:
    """Returns a function that says what a run beside the lock goes by."""
    place.lock.write_text(document.dumps(lock), encoding="utf-8")

    def ask(*, as_of: dt.datetime | None = None, refresh: bool = False, run: RunSpec | None = None) -> pins.Pinned:
        return pinned(replace(spec, run=run or spec.run), place, as_of=as_of, refresh=refresh)

    return ask


def never() -> tuple[Release, ...]:
    """Stand for an index that must not be asked."""
    raise AssertionError("the index was asked")


def test_the_lock_is_what_a_run_goes_by(at, lock) -> None:
    """Its date, and nothing to tell; so it is where that date is named."""
    for found in (at(), at(as_of=LOCKED), at(run=RunSpec(as_of=LOCKED))):
        assert (found.as_of, found.lock, found.warnings) == (LOCKED, lock, ())


def test_without_a_lock_the_frozen_date_counts(spec, place) -> None:
    """As before."""
    found = pinned(spec, place, as_of=None, refresh=False)
    assert (found.lock, found.warnings) == (None, ())
    assert found.as_of == NOW - dt.timedelta(minutes=10)


@pytest.mark.parametrize(
    ("options", "as_of", "words"),
    [
        ({"refresh": True}, NOW, "--upgrade"),
        ({"as_of": NOW - dt.timedelta(days=1)}, NOW - dt.timedelta(days=1), "it is of 2026-03-01"),
        ({"run": RunSpec(as_of=NOW)}, NOW, "`harness lock` renews it"),
    ],
)
def test_what_leaves_the_lock_aside_is_told(at, options, as_of: dt.datetime, words: str) -> None:
    """In one line."""
    found = at(**options)
    assert (found.as_of, found.lock, found.answers) == (as_of, None, None)
    (line,) = found.warnings
    assert line.startswith("matrix.lock is left aside")
    assert words in line


def test_a_broken_lock_is_not_taken_for_none(at, place) -> None:
    """But for --refresh, which does not read it."""
    place.lock.write_text("version = 1\n<<<<<<<\n")
    with pytest.raises(UsageError, match="is not TOML"):
        at()
    assert at(refresh=True).as_of == NOW


def test_what_is_locked_needs_no_index(spec, lock) -> None:
    """A range is what it was when it was locked."""
    values = of_lock(spec, lock).package_axis(spec.axis("django"), never)
    assert [(one.requested, one.exact) for one in axis_of("django", values).values] == [
        ("5.2", "5.2.1"),
        ("6.0", "6.0.1"),
    ]


def test_what_is_not_locked_is_asked(spec, lock) -> None:
    """And what is locked stays as it is beside it; two values of one release are one."""
    axis = AxisSpec(name="django", values=("latest", RANGE, "==6.0.1"))
    changed = replace(spec, axes=tuple(axis if one.name == "django" else one for one in spec.axes))
    found = of_lock(changed, lock)
    values = found.package_axis(axis, lambda: RELEASES)
    assert [(one.requested, one.release.version) for one in values] == [
        ("latest", "6.1.0"),
        ("5.2", "5.2.1"),
        ("6.0", "6.0.1"),
    ]
    (line,) = found.warnings
    assert "django latest is new, django ==6.0.1 is new" in line
    assert "`harness lock`" in line


def test_an_axis_is_renewed_alone(spec, lock) -> None:
    """It is asked again, as of a day of its own; the others stay."""
    found = renewing(spec, lock, {"django": NOW})
    values = found.package_axis(spec.axis("django"), lambda: RELEASES)
    assert [one.release.version for one in values] == ["5.2.2", "6.0.1", "6.1.0"]
    assert (found.as_of, found.newest, dict(found.renewed)) == (LOCKED, NOW, {"django": NOW})


def test_no_upload_time_is_locked(spec, lock) -> None:
    """It would be one more thing that differs between indexes."""
    release = Release(name="django", version="5.2.2", uploaded=NOW)
    (value,) = pins.unpinned(NOW).package_axis(AxisSpec(name="django", values=("5.2",)), lambda: (release,))
    assert value.release == replace(release, uploaded=None)


def test_a_lock_of_another_day_than_the_matrix_names_is_refused(spec) -> None:
    """It would be left aside by every run."""
    dated = replace(spec, run=RunSpec(as_of=LOCKED))
    refuse_other_date(dated, LOCKED)
    refuse_other_date(dated, None)
    with pytest.raises(UsageError, match="would be left aside"):
        refuse_other_date(dated, NOW)


def test_the_lock_knows_nothing_of_lowest_versions(spec, place, lock) -> None:
    """It holds what the newest resolve to, so that a resolver of others does not ask it."""

    class Refusing(Answers):
        def lock(self, wanted: tuple[str, ...], interpreter: Interpreter) -> Lock:
            raise LookupError(wanted)

    found = replace(of_lock(spec, lock), answers=Refusing(lock))
    python = Interpreter(
        path="/nowhere", version="3.12.1", implementation="CPython", build="b", platform="p", sqlite_version="3"
    )
    newest = found.resolver(spec, place, found.uv(place), refresh=False)
    with pytest.raises(LookupError):
        newest.lock(["django==5.2.1"], python)
    for preference in (Preference.LOWEST, Preference.LOWEST_DIRECT):
        other = found.resolver(spec, place, found.uv(place), refresh=False, preference=preference)
        with pytest.raises(Infrastructure):  # uv itself was asked, for a Python that is not there
            other.lock(["django==5.2.1"], python)
