"""Tests of the geometry."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.explain.lattice import Dimension, Space, as_box, find, holds, span, values

SIZES = st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=4)


@st.composite
def spaces(draw: st.DrawFn) -> tuple[Space, tuple[int, ...], list[tuple[int, ...]]]:
    """A space with nogoods, a box in it, and boxes to avoid."""
    dimensions = tuple(Dimension(size=size, is_ordered=ordered) for size, ordered in draw(SIZES))
    boxes = st.tuples(*(st.integers(1, (1 << dimension.size) - 1) for dimension in dimensions))
    space = Space(dimensions=dimensions, nogoods=tuple(draw(st.lists(boxes, max_size=3))))
    return space, draw(boxes), draw(st.lists(boxes, max_size=3))


@given(spaces())
def test_a_point_is_found_where_there_is_one(drawn) -> None:
    """`find` agrees with looking at every point: in the box, feasible, in none of the others, not taken."""
    space, box, avoid = drawn
    points = itertools.product(*(range(dimension.size) for dimension in space.dimensions))
    fitting = {p for p in points if holds(box, p) and space.is_feasible(p) and not any(holds(o, p) for o in avoid)}
    taken = set(sorted(fitting)[::2])
    assert (find(space, box, avoid=avoid) in fitting) == bool(fitting)
    found = find(space, box, avoid=avoid, is_taken=taken.__contains__)
    assert found in fitting - taken if fitting - taken else found is None


def test_lower_ranks_come_first(make_space) -> None:
    """Where nothing forbids it, each axis has the value of the lowest rank."""
    space = make_space(3, 3)
    assert find(space, space.whole, rank=lambda axis, value: -value) == (2, 2)


@given(spaces())
def test_a_hull_is_the_smallest_predicate_that_holds_both(drawn) -> None:
    """An interval on an ordered axis, the union on others."""
    space, box, _ = drawn
    other = as_box(tuple(0 for _ in space.dimensions))
    hull = space.hull(box, other)
    for mask, one, two, dimension in zip(hull, box, other, space.dimensions, strict=True):
        assert mask == (span(one | two) if dimension.is_ordered else one | two)


@given(st.integers(1, 1000))
def test_a_span_has_no_holes(mask: int) -> None:
    """Every value between the lowest and the highest is in it."""
    found = list(values(mask))
    assert list(values(span(mask))) == list(range(found[0], found[-1] + 1))
