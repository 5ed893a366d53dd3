"""What a matrix asks for becomes exact versions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.errors import UsageError
from harness.model.package import Interpreter, Release
from harness.model.spec import AxisSpec, AxisValue, Per, VersionRange
from harness.packages.versions import expand, expand_python

KNOWN = ["1.0", "4.2", "4.2.9", "5.0", "5.0.2", "5.1", "5.10", "6.0a1", "6.0", "6.0.1", "6.0.1.post1", "6.1rc1"]
"""1.0 has no wheel."""


@pytest.fixture
def pairs(release: Callable[..., Release]) -> Callable[..., list[tuple[str, str]]]:
    """Expand values over `KNOWN` into (requested, exact)."""
    releases = [release(version, **({"wheel_tags": ()} if version == "1.0" else {})) for version in reversed(KNOWN)]

    def ask(*values: AxisValue) -> list[tuple[str, str]]:
        expanded = expand(AxisSpec(name="django", values=values), releases)
        return [(value.requested, value.exact) for value in expanded]

    return ask


def between(since: str, until: str | None, per: Per = Per.MINOR) -> VersionRange:
    """Build a range."""
    return VersionRange(since=since, until=until, per=per)


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("5.0", "5.0.2"),
        ("5", "5.10"),
        ("5.1", "5.1"),
        ("6.0", "6.0.1.post1"),
        ("6.0.1", "6.0.1.post1"),
        ("==6.0.1", "6.0.1"),
        ("==6.0", "6.0"),
        ("==6.0.0", "6.0"),
        ("==6.0a1", "6.0a1"),
        ("6.0a1", "6.0a1"),
        ("latest", "6.0.1.post1"),
        ("pre", "6.1rc1"),
        ("lowest", "4.2"),
    ],
)
def test_one_value(pairs: Callable[..., list[tuple[str, str]]], written: str, exact: str) -> None:
    """A series is its newest final release; 5.1 is not 5.10."""
    assert pairs(written) == [(written, exact)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (between("4.2", "6.0"), [("4.2", "4.2.9"), ("5.0", "5.0.2"), ("5.1", "5.1"), ("5.10", "5.10"),
                                 ("6.0", "6.0.1.post1")]),
        (between("5.0.1", "5.1"), [("5.0", "5.0.2"), ("5.1", "5.1")]),
        (between("5.1", None), [("5.1", "5.1"), ("5.10", "5.10"), ("6.0", "6.0.1.post1")]),
        (between("4.2", "5.0", Per.RELEASE), [("==4.2", "4.2"), ("==4.2.9", "4.2.9"), ("==5.0", "5.0"),
                                              ("==5.0.2", "5.0.2")]),
        (between("6.0", "6", Per.RELEASE), [("==6.0", "6.0"), ("==6.0.1", "6.0.1"), ("==6.0.1.post1", "6.0.1.post1")]),
    ],
)  # fmt: skip
def test_ranges(
    pairs: Callable[..., list[tuple[str, str]]], written: VersionRange, expected: list[tuple[str, str]]
) -> None:
    """A bound that names a series includes all of it; pre-releases are never in a range."""
    assert pairs(written) == expected


def test_values_of_one_version_are_one(pairs: Callable[..., list[tuple[str, str]]]) -> None:
    """The first keeps its name: the other's cells would ask the same question again."""
    assert pairs("6.0", "latest", "5.0", between("5.0", "5.1"), "==5.0.2") == [
        ("6.0", "6.0.1.post1"),
        ("5.0", "5.0.2"),
        ("5.1", "5.1"),
    ]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("4.3", r"django = '4.3': no such release .* nearest: .*4\.2"),
        ("==6.0.2", r"nearest: .*==6\.0"),
        ("6.1", r"there are pre-releases: \"==6\.1rc1\" or \"pre\""),
        ("newest", r"'newest' is not a version"),
        (">=4.2", r"'>=4.2' is not a version"),
        ("latests", r"nearest: latest"),
        (between("7.0", None), r"no final release from 7\.0"),
        (between("4.2", "x"), r"'x' is not a version"),
    ],
)
def test_what_does_not_exist_names_the_nearest(
    pairs: Callable[..., list[tuple[str, str]]], written: AxisValue, message: str
) -> None:
    """With the axis and what was written."""
    with pytest.raises(UsageError, match=message):
        pairs(written)


def test_package_without_releases() -> None:
    """All of it newer than the as-of date, say."""
    with pytest.raises(UsageError, match="django = 'latest'"):
        expand(AxisSpec(name="django", values=("latest",)), ())


def test_python_values(interpreter: Callable[..., Interpreter]) -> None:
    """A series is the newest here; what is not here has no exact version; one interpreter is one value."""
    here = [interpreter(version) for version in ("3.12.1", "3.12.10", "3.13.0rc1", "3.11.7")]
    values = expand_python(AxisSpec(name="python", values=("3.12", "==3.12.1", "3.13", "3.12.10", "3.14")), here)
    assert [(value.requested, value.exact) for value in values] == [
        ("3.12", "3.12.10"),
        ("==3.12.1", "3.12.1"),
        ("3.13", "3.13.0rc1"),
        ("3.14", ""),
    ]


@pytest.mark.parametrize("value", ["three", "3.7", "2.7", between("3.9", "3.12")])
def test_python_values_that_cannot_be(value: AxisValue) -> None:
    """No version, older than the probe, or a range of what this machine may not have."""
    with pytest.raises(UsageError, match="python"):
        expand_python(AxisSpec(name="python", values=(value,)), ())
