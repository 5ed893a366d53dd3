"""From a matrix and a selection to a plan; on small matrices, then on this repository's own."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

import pytest

from harness.config import load
from harness.errors import NothingSelected
from harness.model.plan import Axis, Nogood, Value, Why
from harness.model.spec import MatrixSpec, Profile, Strength
from harness.plan.planning import plan_run
from harness.plan.rules import matrix_nogoods
from harness.plan.select import Selection


def test_the_profile_decides_values_and_density(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """A profile narrows the axes, and its strength is the plan's."""
    full = replace(spec, profiles=(Profile(name="old", strength=Strength.FULL, axes=(("django", ("5.2",)),)),))
    plan = plan_run(full, axes, matrix_nogoods(spec, axes), Selection(profile="old"))
    assert plan.product == 24
    assert {cell["django"] for cell in plan.cells} == {"5.2"}
    # 24 cells, less tenants on two databases (8), less seed's reuse-db on in-memory SQLite (2)
    assert len(plan.cells) == plan.coverage.covered == plan.coverage.feasible == 14


def test_a_pick_is_measured_by_its_own_cells(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """With -k the coverage falls to what the matching cells hold."""
    nogoods = matrix_nogoods(spec, axes)
    whole = plan_run(spec, axes, nogoods, Selection())
    picked = plan_run(spec, axes, nogoods, Selection(k="tenants"))
    assert 0 < len(picked.cells) < len(whole.cells)
    assert picked.coverage.covered < whole.coverage.covered == whole.coverage.feasible == picked.coverage.feasible


def test_planning_again_adds_only_what_was_lost(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """A cell found untestable goes; the others stay where they were; its pairs are in new cells."""
    nogoods = matrix_nogoods(spec, axes)
    first = plan_run(spec, axes, nogoods, Selection())
    lost = first.cells[3]
    learned = (*nogoods, Nogood(values=lost.values, why=Why.UNRESOLVABLE, detail="no"))
    again = plan_run(spec, axes, learned, Selection(), keep=first.cells)
    survivors = tuple(cell for cell in first.cells if cell != lost)
    assert again.cells[: len(survivors)] == survivors
    assert again.coverage.covered == again.coverage.feasible == first.coverage.feasible
    assert len(again.cells) - len(survivors) <= 3


def test_nothing_that_can_be_run_is_no_plan(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """A machine without any provider ends 5 and says what to do."""
    nogoods = tuple(
        Nogood(values=(("database", value.requested),), why=Why.NO_PROVIDER, detail="no docker", remedy="install it")
        for axis in axes
        if axis.name == "database"
        for value in axis.values
    )
    with pytest.raises(NothingSelected, match=r"every cell is left out: no docker\n  try: install it"):
        plan_run(spec, axes, nogoods, Selection())


@pytest.mark.parametrize("strength", [Strength.PAIRS, Strength.TRIPLES])
def test_this_repositorys_matrix_is_covered(strength: Strength, pytestconfig: pytest.Config) -> None:
    """Enumerating the product of the real matrix finds no testable pair or triple that the plan lacks."""
    spec = load(pytestconfig.rootpath / "matrix.toml", today=dt.date(2026, 1, 1))
    axes = tuple(
        Axis(name=axis.name, values=tuple(Value(requested=v) for v in axis.values if isinstance(v, str)))
        for axis in spec.axes
    )
    # beside the matrix's own rules, what packages and a machine add: Django 6.0 needs Python 3.12; no Docker
    impossible = Nogood(values=(("django", "6.0"), ("python", "3.11")), why=Why.REQUIRES_PYTHON, detail="3.12+")
    absent = Nogood(values=(("database", "mariadb-10.11"),), why=Why.NO_PROVIDER, detail="no docker")
    nogoods = (*matrix_nogoods(spec, axes), impossible, absent)
    profile = Profile(name="default", strength=strength)
    plan = plan_run(replace(spec, profiles=(profile,)), axes, nogoods, Selection())

    size, forbidden = int(strength.value), [set(nogood.values) for nogood in nogoods]
    testable: set[tuple[tuple[str, str], ...]] = set()
    for values in itertools.product(*[[(axis.name, v.requested) for v in axis.values] for axis in axes]):
        if not any(nogood <= set(values) for nogood in forbidden):
            testable.update(itertools.combinations(sorted(values), size))
    assert {chosen for cell in plan.cells for chosen in itertools.combinations(cell.values, size)} == testable
    assert plan.coverage.covered == len(testable)
    assert plan.coverage.missing
    assert {reason for _, reason in plan.coverage.missing} == {"no docker"}
    assert not any(nogood.covers(cell) for nogood in nogoods for cell in plan.cells)
