"""The axes of a project."""

from __future__ import annotations

import datetime as dt

import pytest

from harness.interop.project import axes, requirement_files
from harness.interop.project.install import Install
from harness.interop.project.metadata import Metadata
from harness.interop.project.series import Released

TODAY = dt.date(2026, 11, 22)
RELEASES = tuple(
    Released(version=version, uploaded=dt.datetime.fromisoformat(f"{date}T00:00:00+00:00"))
    for version, date in (
        ("5.1", "2024-08-07"),
        ("5.1.9", "2025-05-07"),
        ("5.2", "2025-04-02"),
        ("5.2.8", "2026-01-05"),
        ("6.0", "2025-12-03"),
        ("6.1b1", "2026-06-17"),
    )
)


@pytest.fixture
def values(tree):
    """Returns a function from a project's words to the values of its axes, and what is said of them."""

    def found(*requirements: str, files=None, releases=RELEASES, **said):
        known = tree(files or {})
        read = requirement_files.find(known)
        asked = (*requirements, *(text for item in read for text in item.requirements))
        wanted = Install(install=(), requires=(), requirements=asked, constraints=(), files=read, because="", left=())
        made = axes.find(known, Metadata(**said), wanted, lambda: releases, TODAY)
        python, django = made.axes
        return python.values, django.values, made.left

    return found


def test_classifiers_come_first(values) -> None:
    """As far as the requirements allow them, and there are releases; each that is dropped is said."""
    python, django, left = values(
        "django>=5.1",
        classifiers=(
            *(f"Programming Language :: Python :: 3.{minor}" for minor in (7, 12, 13)),
            *(f"Framework :: Django :: {series}" for series in ("2.2", "5.0", "5.1", "5.2", "6.1")),
        ),
        requires_python="<3.13",
    )
    assert (python, django) == (("3.12",), ("5.1", "5.2"))
    assert [line.partition(":")[0] for line in left] == ["Python 3.7", "Django 2.2, 5.0", "Django 6.1"]


def test_specifiers_come_next(values) -> None:
    """Among what gets fixes."""
    python, django, left = values("Django>=5.2,<6.1", requires_python=">=3.12")
    assert (python, django, left) == (("3.12", "3.13", "3.14"), ("5.2", "6.0"), ())


def test_old_series_that_are_required_are_taken(values) -> None:
    """A project that is held to what gets no fixes any more is run on that."""
    assert values("Django<5.2")[1] == ("5.1",)


def test_a_bound_within_a_series_names_a_release(values) -> None:
    """The newest of the series would not be allowed."""
    assert values("Django>=5.2,<5.2.8")[1] == ("==5.2",)


def test_a_pin_holds_the_axis(values) -> None:
    """It can have that one value, which is said, with the file."""
    _, django, left = values(files={"requirements.txt": "Django==5.2.1\n"}, classifiers=("Framework :: Django :: 6.0",))
    assert django == ("==5.2.1",)
    assert "requirements.txt pins Django==5.2.1" in left[0]


def test_without_a_word_and_without_an_index(values) -> None:
    """The newest, which is said to be a guess."""
    python, django, left = values(releases=())
    assert (python, django) == (("3.11", "3.12", "3.13", "3.14"), ("latest",))
    assert "no answer" in left[0]


def test_the_python_of_a_deployment(values) -> None:
    """Where the project does not say more."""
    assert values(files={".python-version": "3.12\n"})[0] == ("3.12",)
