"""Masks and what they stand for."""

from __future__ import annotations

from harness.model.cell import Cell
from harness.model.plan import Axis, Value
from harness.plan.space import encode, subsets, unique

_SPACE = encode(
    (
        Axis(name="python", values=(Value(requested="3.12"), Value(requested="3.13"))),
        Axis(name="django", values=(Value(requested="5.2"), Value(requested="6.0"), Value(requested="6.1"))),
    )
)


def test_a_partial_assignment_reads_back() -> None:
    """Values become bits, and bits the same values sorted by axis."""
    partial = (("django", "6.0"), ("python", "3.13"))
    mask = _SPACE.mask(partial)
    assert mask is not None
    assert _SPACE.partial(mask) == partial
    assert _SPACE.cell(mask) == Cell.parse("python=3.13,django=6.0")


def test_a_value_that_is_not_there_has_no_mask() -> None:
    """Neither an unknown axis nor an unknown value is taken for nothing."""
    assert _SPACE.mask((("django", "4.2"),)) is None
    assert _SPACE.mask((("pytest", "8"),)) is None


def test_cells_are_counted_without_enumeration() -> None:
    """The cells that hold some values are the product of the other axes; none hold two values of one axis."""
    python, django = _SPACE.bits
    assert _SPACE.size == 6
    assert _SPACE.cells_with(0) == 6
    assert _SPACE.cells_with(django[0]) == 2
    assert _SPACE.cells_with(django[0] | python[1]) == 1
    assert _SPACE.cells_with(django[0] | django[1]) == 0


def test_tuples_cross_axes() -> None:
    """Pairs of two axes are their product; single values are all values."""
    assert len(set(_SPACE.tuples(2))) == 6
    assert len(set(_SPACE.tuples(1))) == 5
    assert set(subsets(_SPACE.bits[0][1] | _SPACE.bits[1][2], 1)) == {_SPACE.bits[0][1], _SPACE.bits[1][2]}


def test_unique_keeps_the_first() -> None:
    """Order of first appearance stays."""
    assert unique([2, 1, 2, 3, 1]) == [2, 1, 3]


def test_a_value_given_twice_is_one_value() -> None:
    """A range may hold a value that is also written out: it gets no second cell, and the first place stays."""
    twice = Axis(name="a", values=tuple(Value(requested=text) for text in ("2", "1", "2", "3")))
    space = encode((twice,))
    assert space.size == 3
    assert [space.partial(bit) for bit in space.bits[0]] == [(("a", "2"),), (("a", "1"),), (("a", "3"),)]
