"""Neighbours in a grid that say the same are drawn as one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis.fold import fold, unfolded
from harness.analysis.grid import Grid, Square, grid
from harness.model.verdict import State

SQUARES = st.none() | st.builds(
    lambda states, is_expected: Square(
        worst=states[-1][0],
        is_expected=is_expected,
        counts=tuple(sorted(states, key=lambda item: item[0] is not State.PASS)),
    ),
    st.lists(st.tuples(st.sampled_from([State.PASS, State.FAIL]), st.integers(1, 5)), min_size=1, max_size=1),
    st.booleans(),
)


def test_fold(make_conclusion) -> None:
    """The regression: Django below 5.2 with pytest-django 4.13, four rows and four columns as two and three."""
    cells = [
        make_conclusion(
            State.FAIL if plugin == "4.13" and django < "5.2" else State.PASS, django=django, pytest_django=plugin
        )
        for django in ("4.2", "5.1", "5.2", "6.0")
        for plugin in ("4.11.1", "4.12", "4.13", "4.14")
    ]

    folded = fold(grid(cells))

    assert folded.rows == (("4.2", "5.1"), ("5.2", "6.0"))
    assert folded.columns == (("4.11.1", "4.12"), ("4.13",), ("4.14",))
    assert [[square.worst for square in row] for row in folded.squares if all(row)] == [
        [State.PASS, State.FAIL, State.PASS],
        [State.PASS] * 3,
    ]
    assert folded.squares[0][0] == Square(worst=State.PASS, is_expected=True, counts=((State.PASS, 4),))


def test_what_was_not_tested_stays(make_conclusion) -> None:
    """A pair without a cell is not folded into one that passes, and a declared failure not into another."""
    cells = [
        make_conclusion(State.PASS, django="5.1", pytest_django="4.13"),
        make_conclusion(State.PASS, django="5.2", pytest_django="4.14"),
        make_conclusion(State.FAIL, django="6.0", pytest_django="4.14"),
        make_conclusion(State.FAIL, django="6.1", pytest_django="4.14", issue="known"),
    ]

    assert fold(grid(cells)).rows == (("5.1",), ("5.2",), ("6.0",), ("6.1",))


@settings(deadline=None)
@given(st.integers(0, 4).flatmap(lambda n: st.lists(st.lists(SQUARES, min_size=3, max_size=3), min_size=n, max_size=n)))
def test_nothing_is_lost(lines) -> None:
    """Whatever is folded, each value is in one row or column, in its order, and the cells of each state are as many."""
    made = Grid(
        row_axis="a",
        column_axis="b",
        rows=tuple(map(str, range(len(lines)))),
        columns=("x", "y", "z"),
        squares=tuple(map(tuple, lines)),
    )
    folded = fold(made)

    assert [value for group in folded.rows for value in group] == list(made.rows)
    assert [value for group in folded.columns for value in group] == list(made.columns)
    assert total(folded.squares) == total(made.squares) == total(unfolded(made).squares)
    assert len(folded.squares) == len(folded.rows)
    assert all(len(line) == len(folded.columns) for line in folded.squares)


def total(squares) -> dict[State, int]:
    """Cells by state."""
    found: dict[State, int] = {}
    for line in squares:
        for square in filter(None, line):
            for state, count in square.counts:
                found[state] = found.get(state, 0) + count
    return found
