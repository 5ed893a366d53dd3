"""The oracle agrees with enumeration, also where it has to search."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.plan import Axis, Value
from harness.plan.feasible import Feasibility
from harness.plan.space import Space, encode


def _space(sizes: list[int]) -> Space:
    return encode(
        tuple(
            Axis(name=f"a{n}", values=tuple(Value(requested=str(v)) for v in range(size)))
            for n, size in enumerate(sizes)
        )
    )


def _rows(space: Space) -> list[int]:
    return [sum(values) for values in itertools.product(*space.bits)]


@given(st.lists(st.integers(1, 3), min_size=1, max_size=5), st.data())
@settings(deadline=None)
def test_answers_are_those_of_enumeration(sizes: list[int], data: st.DataObject) -> None:
    """For any nogoods and any values, a completion is found exactly where enumerating all cells finds one."""
    space = _space(sizes)
    rows = _rows(space)
    part = st.tuples(st.sampled_from(rows), st.integers(0, 2 ** len(space.pairs) - 1)).map(lambda two: two[0] & two[1])
    nogoods = data.draw(st.lists(part, max_size=10))
    mask = data.draw(part)
    completions = [row for row in rows if mask & row == mask and not any(nogood & row == nogood for nogood in nogoods)]
    oracle = Feasibility(space, nogoods)
    assert oracle.allows(mask) is bool(completions)
    witness = oracle.witness(mask)
    assert witness in completions if completions else witness is None


def test_a_chain_of_nogoods_is_followed() -> None:
    """Values that no single nogood forbids are infeasible where every way to complete them ends in one."""
    space = _space([2, 2, 2])
    (a0, _), (b0, b1), (c0, c1) = space.bits
    oracle = Feasibility(space, [a0 | b0, a0 | b1 | c0, b1 | c1])
    assert not oracle.allows(a0)
    assert oracle.allows(b0)


def test_a_nogood_without_values_forbids_everything() -> None:
    """The empty partial assignment is part of every cell."""
    space = _space([2])
    assert not Feasibility(space, [0]).allows(0)


def test_remembered_answers_do_not_depend_on_the_order_of_asking() -> None:
    """Asking in reverse gives the same answers."""
    space = _space([3, 3, 3])
    nogoods = [space.bits[0][0] | space.bits[1][0], space.bits[1][1] | space.bits[2][1], space.bits[0][1]]
    asked = list(space.tuples(2))
    forwards, backwards = Feasibility(space, nogoods), Feasibility(space, nogoods)
    ahead = [forwards.allows(mask) for mask in asked]
    assert ahead == [backwards.allows(mask) for mask in reversed(asked)][::-1]
