"""Whom to look at first, and which neighbours could tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.analysis.control import Control
from harness.analysis.observe import observe
from harness.analysis.suspects import neighbours, suspect_axes
from harness.model.cell import Cell
from harness.model.plan import Axis, Value
from harness.model.spec import DatabaseSpec, Engine

Make = Callable[..., Any]
PYTEST_DJANGO = Axis(
    name="pytest-django",
    values=tuple(
        Value(requested=version, exact=f"{version}.{patch}")
        for version, patch in (("4.14", 0), ("4.11", 1), ("4.13", 0), ("4.12", 0))
    ),
)


def test_the_innermost_package_is_suspected_first(
    make_trial: Make, make_asked: Make, make_process: Make, make_failing_test: Make, cell: Cell
) -> None:
    """A control that passed leaves pytest's side, one that failed the same way the other."""
    frames = (("_pytest/fixtures.py", "f", "_pytest"), ("pytest_django/plugin.py", "g", "pytest_django"))
    test = make_failing_test(frames=(*frames, ("django/db/utils.py", "h", "django")))
    trial = make_trial(processes=[make_process(tests=(test,))], exit_code=1)
    seen = observe(trial, make_asked())
    assert suspect_axes(cell, trial, seen, None) == ("django", "pytest-django", "pytest", "database")
    assert suspect_axes(cell, trial, seen, Control.PASSED) == ("pytest-django", "pytest")
    assert suspect_axes(cell, trial, seen, Control.FAILED_SAME) == ("django", "database")


def test_what_passed_has_no_suspects(make_trial: Make, make_asked: Make, cell: Cell) -> None:
    """There is nothing to explain."""
    assert suspect_axes(cell, make_trial(), observe(make_trial(), make_asked()), None) == ()


def test_the_closest_versions_come_first_older_before_newer(cell: Cell) -> None:
    """By version, whatever the order in the matrix."""
    found = [other["pytest-django"] for other in neighbours(cell, PYTEST_DJANGO)]
    assert found == ["4.12", "4.14", "4.11"]
    assert all(other.replace("pytest-django", "4.13") == cell for other in neighbours(cell, PYTEST_DJANGO))


def test_untestable_neighbours_are_left_out(cell: Cell) -> None:
    """As the plan knows them."""
    found = neighbours(cell, PYTEST_DJANGO, is_feasible=lambda other: other["pytest-django"] != "4.12")
    assert [other["pytest-django"] for other in found] == ["4.14", "4.11"]


def test_another_name_of_the_same_version_is_no_neighbour(cell: Cell) -> None:
    """Latest may be what the cell has already."""
    axis = Axis(name="django", values=(Value(requested="5.1", exact="5.1.4"), Value(requested="latest", exact="5.1.4")))
    assert neighbours(cell, axis) == ()


def test_a_databases_neighbours_are_of_its_engine(cell: Cell) -> None:
    """MariaDB 10.11 is no older PostgreSQL."""
    axis = Axis(
        name="database",
        values=tuple(Value(requested=name) for name in ("postgres-16", "postgres-17", "mariadb", "sqlite-memory")),
    )
    databases = (
        DatabaseSpec(name="postgres-16", engine=Engine.POSTGRESQL, version="16"),
        DatabaseSpec(name="postgres-17", engine=Engine.POSTGRESQL, version="17"),
        DatabaseSpec(name="mariadb", engine=Engine.MARIADB, version="10.11"),
        DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE, version="memory"),
    )
    assert [other["database"] for other in neighbours(cell, axis, databases=databases)] == ["postgres-16"]
    in_memory = cell.replace("database", "sqlite-memory")
    assert neighbours(in_memory, axis, databases=databases) == ()
