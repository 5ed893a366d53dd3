"""Cells: readable ids that parse back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.cell import BUILT_IN_AXES, Cell, is_package_axis, normalise_axis

AXES = st.sampled_from([*BUILT_IN_AXES, "django", "pytest-django", "djangorestframework"])
VALUES = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-=<>!", min_size=1, max_size=12)


@settings(deadline=None)
@given(st.dictionaries(AXES, VALUES, min_size=1))
def test_an_id_parses_back(values: dict[str, str]) -> None:
    """Whatever the values, an equals sign among them included."""
    cell = Cell.of(values)
    assert Cell.parse(cell.id) == cell
    assert cell.as_dict() == values


def test_axes_are_sorted_and_packages_normalised() -> None:
    """One cell has one id, however it is written."""
    cell = Cell.of([("Pytest_Django", "4.12"), ("canary", "seed"), ("DJANGO", "6.0")])
    assert cell.id == "canary=seed,django=6.0,pytest-django=4.12"
    assert Cell.parse(" pytest.django=4.12, django=6.0 ,canary=seed") == cell


@pytest.mark.parametrize("text", ["", "django", "django=", "=6.0", "django=6.0,", "django=6.0,Django=6.1"])
def test_what_is_no_id_is_refused(text: str) -> None:
    """With the item at fault."""
    with pytest.raises(ValueError, match="axis"):
        Cell.parse(text)


def test_a_neighbour_differs_in_one_axis() -> None:
    """And the cell itself stays as it is."""
    cell = Cell.of({"django": "5.1", "mode": "xdist"})
    assert cell.replace("django", "5.2").id == "django=5.2,mode=xdist"
    assert cell["django"] == "5.1"
    with pytest.raises(KeyError):
        cell["python"]


def test_what_is_not_built_in_is_a_package() -> None:
    """Only packages are normalised."""
    cell = Cell.of({"python": "3.12", "django": "6.0", "database": "postgres-17"})
    assert cell.packages() == (("django", "6.0"),)
    assert not any(is_package_axis(axis) for axis in BUILT_IN_AXES)
    assert [normalise_axis(name) for name in ("mode", "Foo.Bar")] == ["mode", "foo-bar"]
