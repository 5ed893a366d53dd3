"""Rows are verified and completed, whatever covertable proposes."""

from __future__ import annotations

import itertools

import pytest

from harness.model.plan import Axis, Value
from harness.plan import array
from harness.plan.feasible import Feasibility
from harness.plan.space import encode, subsets

_SPACE = encode(
    tuple(
        Axis(name=f"a{n}", values=tuple(Value(requested=str(v)) for v in range(size)))
        for n, size in enumerate([3, 4, 2, 3])
    )
)
_NOGOODS = [_SPACE.bits[0][0] | _SPACE.bits[1][0], _SPACE.bits[1][1] | _SPACE.bits[2][0] | _SPACE.bits[3][2]]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("proposal", ["nothing", "forbidden", "the same row", "everything"])
def test_a_bad_proposal_is_completed(proposal: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tuples that the proposed rows miss get rows of their own; forbidden and useless rows are dropped."""
    product = [list(values) for values in itertools.product(*_SPACE.bits)]
    proposals = {
        "nothing": [],
        "forbidden": [row for row in product if sum(row) & _NOGOODS[0] == _NOGOODS[0]],
        "the same row": [product[-1]] * 5,
        "everything": product,
    }
    monkeypatch.setattr(array, "_propose", lambda *args, **kwargs: proposals[proposal])
    feasibility = Feasibility(_SPACE, _NOGOODS)
    rows = array.build(_SPACE, feasibility, count=count, kept=(), partials=())
    feasible = {mask for mask in _SPACE.tuples(count) if feasibility.allows(mask)}
    assert {mask for row in rows for mask in subsets(row, count)} == feasible
    assert all(feasibility.allows(row) for row in rows)


def test_rows_that_bring_nothing_are_dropped() -> None:
    """Each row beside the kept ones holds a tuple that no other row holds."""
    feasibility = Feasibility(_SPACE, _NOGOODS)
    rows = array.build(_SPACE, feasibility, count=2, kept=(), partials=())
    for row in rows:
        others = {mask for other in rows if other != row for mask in subsets(other, 2)}
        assert set(subsets(row, 2)) - others


def test_kept_rows_stay_though_they_bring_nothing() -> None:
    """A row of an earlier round is never dropped, however redundant; rows that another one repeats are."""
    feasibility = Feasibility(_SPACE, _NOGOODS)
    every = array.every(_SPACE, feasibility)
    assert array.build(_SPACE, feasibility, count=2, kept=every, partials=()) == every


def test_what_is_kept_counts_as_covered() -> None:
    """Rows that cover everything leave nothing to add."""
    feasibility = Feasibility(_SPACE, _NOGOODS)
    rows = array.build(_SPACE, feasibility, count=2, kept=(), partials=())
    assert array.build(_SPACE, feasibility, count=2, kept=rows, partials=()) == rows
