"""Conditions on cells."""

from __future__ import annotations

import pytest

from harness.model.cell import Cell
from harness.model.condition import Condition, is_version_axis

CELL = Cell.of(
    {"django": "5.1", "pytest-django": "latest", "database": "postgres-17", "mode": "xdist", "python": "3.12"}
)
EXACT = {"django": "5.1.4", "pytest-django": "4.13.0", "python": "3.12.1"}


@pytest.mark.parametrize(
    ("axis", "options", "expected"),
    [
        ("django", ("<5.2",), True),
        ("django", ("<5.1.4",), False),
        ("django", (">=5.1.4,<5.1.5",), True),
        ("django", ("==5.1.*",), True),
        ("django", ("5.1",), True),
        ("django", ("5",), True),
        ("django", ("5.10",), False),
        ("django", ("6.0", "5.1"), True),
        ("django", (), False),
        ("pytest-django", ("==4.13.0",), True),
        ("pytest-django", ("latest",), True),
        ("pytest-django", ("lowest",), False),
        ("python", (">=3.12",), True),
        ("python", ("3.1",), False),
        ("database", ("postgres-*",), True),
        ("database", ("postgres-17",), True),
        ("database", ("mariadb-*", "sqlite-*"), False),
        ("mode", ("migrations", "xdist"), True),
        ("psycopg", ("*",), False),
        ("django", ("not a specifier",), False),
    ],
)
def test_each_kind_of_alternative(axis: str, options: tuple[str, ...], *, expected: bool) -> None:
    """Specifiers match exact versions, names match as they are or by pattern; an axis that is not there never does."""
    assert Condition(terms=((axis, options),)).holds(CELL, EXACT) is expected


def test_a_condition_is_a_conjunction() -> None:
    """All of its terms hold; an empty one holds everywhere."""
    good, bad = ("django", ("<5.2",)), ("mode", ("migrations",))
    assert Condition(terms=(good,)).holds(CELL, EXACT)
    assert not Condition(terms=(good, bad)).holds(CELL, EXACT)
    assert Condition(terms=()).holds(CELL, EXACT)
    assert Condition(terms=(good, bad)).axes() == ("django", "mode")


def test_pre_releases_are_versions() -> None:
    """A specifier that covers one matches it."""
    condition = Condition(terms=(("django", (">=6.1a1",)),))
    assert condition.holds(Cell.of({"django": "pre"}), {"django": "6.1b1"})


def test_without_an_exact_version_the_request_is_compared() -> None:
    """Where it is a version; a word like latest matches no specifier then."""
    assert Condition(terms=(("django", ("<5.2",)),)).holds(CELL, {})
    assert not Condition(terms=(("pytest-django", ("==4.13.0",)),)).holds(CELL, {})


def test_one_value_can_be_asked_about() -> None:
    """An axis that the condition does not name is free."""
    condition = Condition(terms=(("django", ("<5.2",)),))
    assert condition.matches_value("django", "5.1", "5.1.4")
    assert not condition.matches_value("django", "5.2", "5.2.1")
    assert condition.matches_value("mode", "xdist", None)


def test_versions_are_what_packages_and_python_have() -> None:
    """A database's name is a name."""
    assert [is_version_axis(axis) for axis in ("django", "python", "database", "mode")] == [True, True, False, False]
