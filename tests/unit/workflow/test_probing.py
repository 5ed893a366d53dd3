"""Cells of a search, read from the command line: by axis, and by date."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.model.cell import DATE, Cell, is_package_axis
from harness.model.spec import AxisSpec, MatrixSpec, Per, VersionRange
from harness.workflow import days
from harness.workflow.days import wanted
from harness.workflow.probing import complete

AXES = {
    "python": ("3.12",),
    "django": (VersionRange(since="4.2", until=None, per=Per.MINOR),),
    "pytest-django": ("4.12", "4.13"),
    "pytest": ("8",),
    "database": ("sqlite-memory",),
    "canary": ("minimal", "seed"),
    "mode": ("migrations",),
}


@pytest.fixture
def spec() -> MatrixSpec:
    """A matrix with axes of one value, of several, and of a range."""
    axes = tuple(AxisSpec(name=name, values=values) for name, values in AXES.items())
    return MatrixSpec(path=Path("matrix.toml"), axes=axes, databases=(), canaries=())


def test_axes_with_one_value_need_not_be_named(spec) -> None:
    """The axis that is searched has no value, or one that is dropped; what a range stands for is taken as it is."""
    expected = Cell.parse("python=3.12,django=5.1,pytest=8,database=sqlite-memory,canary=seed,mode=migrations")
    assert complete("canary=seed,django=5.1", spec, without="pytest-django") == expected
    assert complete("canary=seed,django=5.1,pytest-django=4.13", spec, without="pytest-django") == expected
    exact = complete("canary=seed,django===5.1.3,pytest===8.4.1", spec, without="pytest-django")
    assert (exact["django"], exact["pytest"]) == ("==5.1.3", "==8.4.1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("django=5.1", "canary is missing"),
        ("canary=seed", "django is missing"),
        ("canary=sed,django=5.1", "nearest: seed"),
        ("canary=seed,django=5.1,pytest=9", "pytest has no value '9'"),
        ("canary=seed,django=5.1,pyton=3.12", "nearest: python"),
        ("canary", "is not axis=value"),
        ("canary=seed,canary=seed", "occurs twice"),
    ],
)
def test_what_cannot_be_a_cell(spec, text: str, words: str) -> None:
    """It is named, with what may have been meant."""
    with pytest.raises(UsageError, match=words) as caught:
        complete(text, spec, without="pytest-django")
    assert caught.value.remedy or "nearest" in caught.value.message


@pytest.mark.parametrize(
    ("value", "requirement"),
    [
        ("latest", "django"),
        ("<5.2", "django<5.2"),
        ("==5.1.3", "django==5.1.3"),
        ("5.1", "django==5.1.*"),
        ("~=5.1.0", "django~=5.1.0"),
    ],
)
def test_a_package_is_open_to_the_day(spec, value: str, requirement: str) -> None:
    """What is left out is the newest of the day; the cell holds what is no package."""
    asked = wanted(spec, f"canary=seed,django={value}")
    assert dict(asked.packages) == {"django": requirement, "pytest-django": "pytest-django", "pytest": "pytest"}
    assert asked.cell == Cell.parse("canary=seed,database=sqlite-memory,mode=migrations,python=3.12")
    assert requirement in asked.described


@pytest.mark.parametrize("value", ["lowest", "pre", "<<5"])
def test_what_a_day_cannot_resolve_is_refused(spec, value: str) -> None:
    """With the forms that it takes."""
    with pytest.raises(UsageError, match="left open or bounded"):
        wanted(spec, f"canary=seed,django={value}")


def test_a_day_ends_at_midnight() -> None:
    """What was uploaded on it counts; anything but a day is refused."""
    day = days.parse_day("--good", "2026-08-05")
    assert days.last_moment(day).isoformat() == "2026-08-05T23:59:59+00:00"
    with pytest.raises(UsageError, match="--bad 'yesterday' is no day"):
        days.parse_day("--bad", "yesterday")


def test_the_day_of_a_cell_is_no_package() -> None:
    """It is written and read back like any axis, and asks for nothing on the index."""
    cell = Cell.of({DATE: "2026-08-05", "django": "==5.1.15"})
    assert Cell.parse(cell.id) == cell
    assert not is_package_axis(DATE)
    assert cell.packages() == (("django", "==5.1.15"),)
