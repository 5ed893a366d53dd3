"""How a plan is split."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.cell import Cell
from harness.model.plan import Axis, Nogood, Value, Why
from harness.plan.shards import TOLERANCE, digest, split

DATABASES = ("mariadb-11", "postgres-16", "postgres-17", "sqlite-memory")
PYTHONS = ("3.11", "3.12", "3.13")
PRODUCT = [
    Cell.of({"database": database, "python": python, "django": django})
    for database, python, django in itertools.product(DATABASES, PYTHONS, ("5.2", "6.0", "6.1"))
]
Pair = tuple[str, str]

plans = st.lists(st.sampled_from(PRODUCT), unique=True, min_size=1)
durations = st.dictionaries(
    st.sampled_from([cell.id for cell in PRODUCT]), st.floats(min_value=0, max_value=3600, allow_nan=False)
)


def pairs(cells: Sequence[Cell]) -> set[Pair]:
    """Return the pairs of server and interpreter that cells need."""
    return {(cell["database"], cell["python"]) for cell in cells}


@given(plans, st.integers(min_value=1, max_value=40), durations)
def test_every_cell_is_in_one_shard(cells, of, past_s):
    """No cell is lost or run twice, whatever is known of how long cells take; the plan's order is kept in each."""
    shards = split(cells, of, past_s)

    assert len(shards) == of
    assert sorted(itertools.chain(*shards), key=cells.index) == cells
    assert all([*shard] == sorted(shard, key=cells.index) for shard in shards)


@given(plans, st.integers(min_value=1, max_value=40), st.data())
def test_shards_are_equally_long(cells, of, data):
    """None takes longer than its equal part, the two tolerances and its longest cell."""
    past_s = {
        cell.id: data.draw(st.floats(min_value=0.001, max_value=3600, allow_nan=False, allow_subnormal=False))
        for cell in cells
    }
    part, longest = sum(past_s.values()) / of, max(past_s.values())

    for shard in split(cells, of, past_s):
        assert sum(past_s[cell.id] for cell in shard) <= part * (1 + 2 * TOLERANCE) + longest * (1 + 1e-6)


@given(plans, st.integers(min_value=1, max_value=40), durations)
def test_few_servers_are_started(cells, of, past_s):
    """Each cut adds one pair of server and interpreter to start, at the most."""
    shards = split(cells, of, past_s)

    assert sum(len(pairs(shard)) for shard in shards) <= len(pairs(cells)) + of - 1


@given(plans, st.integers(min_value=1, max_value=40))
def test_without_durations_the_plan_alone_decides(cells, of):
    """The same split each time, and for the same cells in another order the same cells in each shard."""
    again = split(cells[::-1], of, {})

    assert [set(shard) for shard in split(cells, of, {})] == [set(shard) for shard in again]


def test_a_cut_moves_to_where_a_server_changes():
    """Where the halves differ by little, no server is started twice for the sake of one cell."""
    cells = [cell for cell in PRODUCT if cell["database"] in DATABASES[:2]][:-1]
    first, second = split(cells, 2, {})

    assert {cell["database"] for cell in first} == {"mariadb-11"}
    assert {cell["database"] for cell in second} == {"postgres-16"}


def test_a_cut_does_not_move_far():
    """Three cells beside fifteen are no half."""
    small = [cell for cell in PRODUCT if cell["database"] == "mariadb-11"][:3]
    large = [cell for cell in PRODUCT if cell["database"] in DATABASES[1:3]][:15]

    assert [len(shard) for shard in split([*small, *large], 2, {})] == [9, 9]


def test_a_slow_cell_has_fewer_beside_it():
    """What is known of earlier runs is what balances."""
    slow = PRODUCT[0]
    shards = split(PRODUCT, 2, {cell.id: 35.0 if cell is slow else 1.0 for cell in PRODUCT})

    assert slow in shards[0]
    assert [len(shard) for shard in shards] == [3, 33]  # that interpreter's, so that it is made ready once


def test_more_shards_than_cells_leave_some_empty():
    """Every cell is still in one of them."""
    shards = split(PRODUCT[:3], 8, {})

    assert sorted(len(shard) for shard in shards) == [0, 0, 0, 0, 0, 1, 1, 1]


AXES = (
    Axis(name="django", values=(Value(requested="6.0", exact="6.0.4"),)),
    Axis(name="python", values=(Value(requested="3.13", exact="3.13.1"),)),
)
NOGOOD = Nogood(values=(("django", "6.0"),), why=Why.NO_WHEEL, detail="none for this machine")


@pytest.mark.parametrize(
    ("cells", "axes", "nogoods"),
    [
        (PRODUCT[1:], AXES, (NOGOOD,)),
        (PRODUCT[::-1], AXES, (NOGOOD,)),
        (PRODUCT, (replace(AXES[0], values=(Value(requested="6.0", exact="6.0.5"),)), AXES[1]), (NOGOOD,)),
        (PRODUCT, AXES, ()),
        (PRODUCT, AXES, (replace(NOGOOD, why=Why.EXCLUDED),)),
    ],
)
def test_another_plan_has_another_digest(cells, axes, nogoods):
    """Another cell, order, release, or reason."""
    assert digest(cells, axes, nogoods) != digest(PRODUCT, AXES, (NOGOOD,))


def test_what_does_not_change_the_plan_does_not_change_its_digest():
    """An interpreter's patch release, words that differ by machine, a reason said twice."""
    axes = (AXES[0], replace(AXES[1], values=(Value(requested="3.13", exact="3.13.2"),)))
    nogoods = (replace(NOGOOD, detail="other words"), NOGOOD)

    assert digest(PRODUCT, axes, nogoods) == digest(PRODUCT, AXES, (NOGOOD,))
