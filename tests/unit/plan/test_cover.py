"""Plans cover what can be tested, and nothing else."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.cell import Cell
from harness.model.condition import Condition
from harness.model.plan import Axis, Nogood, Plan, Value, Why
from harness.model.spec import Rule, Strength
from harness.plan.cover import make

_SIZES = {Strength.EACH: 1, Strength.PAIRS: 2, Strength.TRIPLES: 3}


def _axes(sizes: list[int]) -> tuple[Axis, ...]:
    return tuple(
        Axis(name=f"axis{number}", values=tuple(Value(requested=f"v{value}") for value in range(size)))
        for number, size in enumerate(sizes)
    )


@st.composite
def _matrices(draw: st.DrawFn) -> tuple[tuple[Axis, ...], tuple[Nogood, ...]]:
    axes = _axes(draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)))
    nogoods = draw(st.lists(_nogoods(axes), max_size=12))
    return axes, tuple(nogoods)


@st.composite
def _nogoods(draw: st.DrawFn, axes: tuple[Axis, ...]) -> Nogood:
    named = draw(st.lists(st.sampled_from(axes), min_size=1, max_size=3, unique=True))
    values = tuple(sorted((axis.name, draw(st.sampled_from(axis.values)).requested) for axis in named))
    why = draw(st.sampled_from([Why.EXCLUDED, Why.UNRESOLVABLE, Why.NO_PROVIDER, Why.NO_INTERPRETER]))
    return Nogood(values=values, why=why, detail=f"{why.value}: {values}")


_STRENGTHS = st.sampled_from(list(Strength))


def _product(axes: tuple[Axis, ...]) -> list[Cell]:
    choices = [[(axis.name, value.requested) for value in axis.values] for axis in axes]
    return [Cell.of(values) for values in itertools.product(*choices)]


def _tuples(cells: list[Cell], size: int) -> set[tuple[tuple[str, str], ...]]:
    return {chosen for cell in cells for chosen in itertools.combinations(cell.values, size)}


def _size(strength: Strength, axes: tuple[Axis, ...]) -> int:
    return min(_SIZES.get(strength, len(axes)), len(axes))


def _free(cells: list[Cell], nogoods: tuple[Nogood, ...]) -> list[Cell]:
    return [cell for cell in cells if not any(nogood.covers(cell) for nogood in nogoods)]


@given(_matrices(), _STRENGTHS)
@settings(deadline=None)
def test_every_feasible_tuple_is_covered(
    matrix: tuple[tuple[Axis, ...], tuple[Nogood, ...]], strength: Strength
) -> None:
    """Enumerating the whole product finds no tuple of a testable cell that the plan lacks, and no forbidden cell."""
    axes, nogoods = matrix
    size, product = _size(strength, axes), _product(axes)
    plan = make(axes, nogoods, strength)
    testable = _free(product, nogoods)
    assert set(plan.cells) <= set(testable)
    assert len(set(plan.cells)) == len(plan.cells)
    assert _tuples(list(plan.cells), size) == _tuples(testable, size)
    assert plan.product == len(product)


@given(_matrices(), _STRENGTHS)
@settings(deadline=None)
def test_coverage_counts_what_another_machine_could_test(
    matrix: tuple[tuple[Axis, ...], tuple[Nogood, ...]], strength: Strength
) -> None:
    """The denominator leaves out what no machine can test; what only this one can't is missing, with the reason."""
    axes, nogoods = matrix
    size, product = _size(strength, axes), _product(axes)
    coverage = make(axes, nogoods, strength).coverage
    portable = tuple(nogood for nogood in nogoods if not nogood.why.is_of_this_machine)
    anywhere, here = _tuples(_free(product, portable), size), _tuples(_free(product, nogoods), size)
    assert coverage.feasible == len(anywhere)
    assert coverage.covered == len(here)
    assert {values for values, _ in coverage.missing} == anywhere - here
    of_machine = {nogood.detail for nogood in nogoods if nogood.why.is_of_this_machine}
    assert all(any(detail in reason for detail in of_machine) for _, reason in coverage.missing)


@given(_matrices())
@settings(deadline=None)
def test_what_is_left_out_is_counted(matrix: tuple[tuple[Axis, ...], tuple[Nogood, ...]]) -> None:
    """Each nogood is listed once with the number of cells of the product that it covers."""
    axes, nogoods = matrix
    product = _product(axes)
    found = {item.nogood: item.cells for item in make(axes, nogoods, Strength.EACH).left_out}
    assert found == {nogood: sum(map(nogood.covers, product)) for nogood in nogoods}


@given(_matrices(), st.data(), st.sampled_from(list(_SIZES)))
@settings(deadline=None)
def test_planning_again_keeps_what_stands(
    matrix: tuple[tuple[Axis, ...], tuple[Nogood, ...]], data: st.DataObject, strength: Strength
) -> None:
    """After new nogoods the surviving cells come first, in order; every cell added holds a tuple that they lost."""
    axes, nogoods = matrix
    first = make(axes, nogoods, strength)
    learned = (*nogoods, *data.draw(st.lists(_nogoods(axes), max_size=4)))
    again = make(axes, learned, strength, keep=first.cells)
    survivors = _free(list(first.cells), learned)
    size = _size(strength, axes)
    assert list(again.cells[: len(survivors)]) == survivors
    assert _tuples(list(again.cells), size) == _tuples(_free(_product(axes), learned), size)
    for added in again.cells[len(survivors) :]:
        others = [cell for cell in again.cells if cell != added]
        assert _tuples([added], size) - _tuples(others, size)


@given(_matrices(), st.data(), st.sampled_from(list(_SIZES)))
@settings(deadline=None)
def test_an_include_is_in_some_cell(
    matrix: tuple[tuple[Axis, ...], tuple[Nogood, ...]], data: st.DataObject, strength: Strength
) -> None:
    """Every testable combination of the values that an include names occurs in a cell, at any strength."""
    axes, nogoods = matrix
    named = data.draw(st.lists(st.sampled_from(axes), min_size=1, unique=True))
    terms = tuple((axis.name, tuple(value.requested for value in axis.values[:2])) for axis in named)
    rule = Rule(when=Condition(terms=terms), reason="always")
    plan = make(axes, nogoods, strength, includes=(rule,))

    def combinations(cells: list[Cell]) -> set[tuple[str, ...]]:
        return {tuple(cell[axis.name] for axis in named) for cell in cells if rule.when.holds(cell, {})}

    assert combinations(list(plan.cells)) == combinations(_free(_product(axes), nogoods))


def _wide() -> Plan:
    axes = _axes([4, 5, 4, 2, 6, 5, 4])
    nogoods = tuple(
        Nogood(
            values=tuple(sorted(((f"axis{n % 7}", f"v{n % 2}"), (f"axis{(n + 3) % 7}", f"v{n % 2}")))),
            why=Why.UNRESOLVABLE,
            detail=str(n),
        )
        for n in range(11)
    )
    return make(axes, nogoods, Strength.PAIRS)


_SCRIPT = """
import json, importlib.util, sys
spec = importlib.util.spec_from_file_location("cover_test", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from harness.model import codec
print(json.dumps(codec.to_plain(module._wide())))
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_plan_does_not_depend_on_hash_randomisation(seed: str, pytestconfig: pytest.Config) -> None:
    """Another process with another hash seed makes the same plan, byte for byte."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, __file__],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(pytestconfig.rootpath)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    here = _wide()
    assert [[tuple(pair) for pair in cell["values"]] for cell in json.loads(done.stdout)["cells"]] == [
        list(cell.values) for cell in here.cells
    ]


def test_pairs_take_far_fewer_cells_than_the_product() -> None:
    """19,200 cells come down to less than fifty that hold every pair."""
    plan = _wide()
    assert plan.coverage.covered == plan.coverage.feasible > 300
    assert len(plan.cells) < 50 < plan.product == 19_200


def test_cells_are_sorted_by_database_then_python() -> None:
    """Cells that share a server come together, in the matrix's order of values."""
    axes = (
        Axis(name="python", values=(Value(requested="3.9"), Value(requested="3.12"))),
        Axis(name="database", values=(Value(requested="z"), Value(requested="a"))),
    )
    cells = make(axes, (), Strength.FULL).cells
    assert [(cell["database"], cell["python"]) for cell in cells] == [
        ("z", "3.9"), ("z", "3.12"), ("a", "3.9"), ("a", "3.12"),
    ]  # fmt: skip


def test_a_kept_cell_of_another_matrix_is_not_planned() -> None:
    """Cells with a value or an axis that the matrix lost do not come back."""
    axes = _axes([2, 2])
    keep = (Cell.parse("axis0=v0,axis1=v9"), Cell.parse("axis0=v0"), Cell.parse("axis0=v1,axis1=v1"))
    plan = make(axes, (), Strength.PAIRS, keep=keep)
    assert plan.cells[0] == keep[2]
    assert len(plan.cells) == 4


def test_what_several_absences_block_together_names_them_all() -> None:
    """A tuple without an absent value of its own, but no completion here, is missing for every absence."""
    axes = _axes([2, 2])
    nogoods = (
        Nogood(values=(("axis1", "v0"),), why=Why.NO_PROVIDER, detail="no docker"),
        Nogood(values=(("axis0", "v0"), ("axis1", "v1")), why=Why.NO_INTERPRETER, detail="no python"),
    )
    missing = dict(make(axes, nogoods, Strength.EACH).coverage.missing)
    assert missing == {(("axis0", "v0"),): "no docker; no python", (("axis1", "v0"),): "no docker"}


def test_a_server_that_no_canary_uses_is_not_missed() -> None:
    """The matrix leaves its cells out already; where one canary could use it, it is named."""
    axes = tuple(
        Axis(name=name, values=tuple(Value(requested=value) for value in values))
        for name, values in (("canary", ("a", "b")), ("database", ("sqlite-memory", "mysql-8.4")))
    )
    absent = Nogood(values=(("database", "mysql-8.4"),), why=Why.NO_PROVIDER, detail="no Docker")
    ruled_out = [
        Nogood(values=(("canary", name), ("database", "mysql-8.4")), why=Why.CANARY_DATABASE, detail="not its own")
        for name in ("a", "b")
    ]
    told = {item.nogood for item in make(axes, (absent, *ruled_out), Strength.PAIRS).left_out}
    assert told == set(ruled_out)
    assert absent in {item.nogood for item in make(axes, (absent, ruled_out[0]), Strength.PAIRS).left_out}
    alone = make(axes[1:], (absent,), Strength.EACH)
    assert [item.nogood for item in alone.left_out] == [absent]
