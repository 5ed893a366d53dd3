"""Which Pythons and Djangos are meant by classifiers, specifiers and dates."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.interop.project import series
from harness.interop.project.series import Released

SERIES = ("4.2", "5.0", "5.1", "5.2", "6.0")


def released(**dates: str) -> tuple[Released, ...]:
    """Return first releases: ``v5_2="2025-04-02"``."""
    return tuple(
        Released(version=name[1:].replace("_", "."), uploaded=dt.datetime.fromisoformat(f"{date}T00:00:00+00:00"))
        for name, date in dates.items()
    )


DJANGO = released(
    v4_2="2023-04-03", v5_0="2023-12-04", v5_1="2024-08-07", v5_2="2025-04-02", v6_0="2025-12-03", v6_1a1="2026-05-20"
)


def test_classifiers_name_series_in_order() -> None:
    """Whatever their order in the file; major versions alone name none."""
    texts = [
        "Framework :: Django",
        "Framework :: Django :: 5",
        "Framework :: Django :: 5.10",
        "Framework :: Django :: 5.2",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.9",
    ]
    assert series.djangos_named(texts) == ("5.2", "5.10")
    assert series.pythons_named(texts) == ("3.9", "3.10")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 3, 31), ("3.10", "3.11", "3.12", "3.13")),
        (dt.date(2026, 4, 1), ("3.10", "3.11", "3.12", "3.13", "3.14")),
        (dt.date(2026, 11, 1), ("3.11", "3.12", "3.13", "3.14")),
        (dt.date(2025, 10, 31), ("3.9", "3.10", "3.11", "3.12", "3.13")),
    ],
)
def test_pythons_live_for_five_years(day: dt.date, expected: tuple[str, ...]) -> None:
    """A new one counts from the spring on: in its first winter many packages have no wheels for it."""
    assert series.pythons_supported(day) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 1, 10), ("4.2", "5.2", "6.0")),  # 5.1 ended in December 2025
        (dt.date(2026, 11, 22), ("5.2", "6.0")),
        (dt.date(2025, 5, 1), ("4.2", "5.1", "5.2")),
    ],
)
def test_djangos_live_as_long_as_their_kind(day: dt.date, expected: tuple[str, ...]) -> None:
    """Sixteen months, three years with long-term support; what has no final release is none."""
    known = [release for release in DJANGO if release.uploaded.date() <= day]
    assert series.djangos_supported(known, day) == expected
    assert not series.has_final("6.1", DJANGO)


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("", SERIES),
        (">=5.0,<6", ("5.0", "5.1", "5.2")),
        ("~=5.2.0", ("5.2",)),
        ("~=5.0", ("5.0", "5.1", "5.2")),
        ("==5.2.*", ("5.2",)),
        ("==5.*", ("5.0", "5.1", "5.2")),
        ("==5.2.3", ("5.2",)),
        ("!=5.1.*", ("4.2", "5.0", "5.2", "6.0")),
        ("!=5.1.3", SERIES),
        (">5.1", ("5.1", "5.2", "6.0")),
        (">=5.1.4,<5.2.3", ("5.1", "5.2")),
        ("not a specifier", SERIES),
    ],
)
def test_a_specifier_allows_series(specifier: str, expected: tuple[str, ...]) -> None:
    """Those of which some release fits."""
    assert series.allowed(SERIES, specifier) == expected


@given(
    st.sampled_from([">=", "<=", "<", ">", "==", "!=", "~="]),
    st.sampled_from(SERIES),
    st.integers(min_value=0, max_value=9),
)
def test_no_series_that_fits_is_left_out(operator: str, name: str, patch: int) -> None:
    """Held against every release that there could be."""
    specifier = SpecifierSet(f"{operator}{name}.{patch}")
    fitting = {one for one in SERIES for number in range(12) if Version(f"{one}.{number}") in specifier}
    assert set(series.allowed(SERIES, str(specifier))) >= fitting


def test_one_version_alone_is_a_pin() -> None:
    """A series is none."""
    assert series.pinned("==5.2.1") == "5.2.1"
    assert series.pinned(">=4,==5.2.1") == "5.2.1"
    assert series.pinned("==5.2.*") == ""
    assert series.pinned("~=5.2.1") == ""


def test_requirements_of_one_package_are_joined() -> None:
    """However its name is spelt; what is no requirement is passed over."""
    texts = ["Django>=5.0", "django_extensions==4", "DJANGO<6 ; python_version > '3'", "-e .", "django"]
    assert series.specifier_of("django", texts) == ">=5.0,<6"
