"""Coverage of cells that were chosen otherwise than by covering."""

from __future__ import annotations

from harness.model.cell import Cell
from harness.model.plan import Axis, Nogood, Value, Why
from harness.model.spec import Strength
from harness.plan.coverage import NOT_SELECTED, measure

_AXES = tuple(Axis(name=name, values=(Value(requested="1"), Value(requested="2"))) for name in ("a", "b", "c"))


def test_one_cell_covers_its_own_tuples() -> None:
    """Of twelve pairs a cell holds three; the others are missing because they were not selected."""
    coverage = measure(_AXES, (), Strength.PAIRS, [Cell.parse("a=1,b=1,c=1")])
    assert (coverage.covered, coverage.feasible) == (3, 12)
    assert {reason for _, reason in coverage.missing} == {NOT_SELECTED}


def test_reasons_tell_this_machine_from_the_choice() -> None:
    """A tuple that cannot be tested here says why; one that no machine can test is not counted."""
    nogoods = (
        Nogood(values=(("a", "2"),), why=Why.NO_PROVIDER, detail="no docker"),
        Nogood(values=(("b", "2"),), why=Why.UNRESOLVABLE, detail="uv says no"),
    )
    coverage = measure(_AXES, nogoods, Strength.EACH, [Cell.parse("a=1,b=1,c=1")])
    assert (coverage.covered, coverage.feasible) == (3, 5)
    assert coverage.missing == (((("a", "2"),), "no docker"), ((("c", "2"),), NOT_SELECTED))


def test_cells_of_another_matrix_do_not_count() -> None:
    """A cell with a value that is not on the axes holds none of their tuples."""
    assert measure(_AXES, (), Strength.PAIRS, [Cell.parse("a=9,b=1,c=1")]).covered == 0
