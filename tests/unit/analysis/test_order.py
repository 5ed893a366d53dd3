"""The order in which axes and values are shown."""

from __future__ import annotations

from harness.analysis.order import axis_names, in_order, listing, title


def test_axes() -> None:
    """Python and Django first, other packages by name, what is no package last."""
    names = ["mode", "wagtail", "pytest", "database", "django", "celery", "python", "canary", "pytest-django", "django"]

    assert axis_names(names) == (
        "python", "django", "pytest-django", "pytest", "celery", "wagtail", "database", "canary", "mode",
    )  # fmt: skip


def test_values() -> None:
    """Versions ascend by PEP 440, then names, in which numbers count."""
    values = ["postgres-17", "5.10", "latest", "5.2", "postgres-9", "==5.3", "6.0rc1", "sqlite-file", "mariadb-10.11"]

    assert sorted(values, key=in_order) == [
        "5.2", "==5.3", "5.10", "6.0rc1", "latest", "mariadb-10.11", "postgres-9", "postgres-17", "sqlite-file",
    ]  # fmt: skip


def test_words() -> None:
    """Enumerations and names as people write them."""
    assert [listing([]), listing(["a"]), listing(["a", "b", "c"]), listing("ab", "or")] == [
        "",
        "a",
        "a, b and c",
        "a or b",
    ]
    assert [title(axis) for axis in ("python", "django", "pytest-django")] == ["Python", "Django", "pytest-django"]
