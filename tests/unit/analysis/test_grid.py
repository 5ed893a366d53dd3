"""A run over two axes."""

from __future__ import annotations

from collections.abc import Callable

from harness.analysis.conclude import Conclusion
from harness.analysis.grid import SEVERITY, grid, worst
from harness.model.record import Purpose
from harness.model.verdict import State

Make = Callable[..., Conclusion]


def test_a_square_shows_its_worst_cell(make_conclusion: Make) -> None:
    """Versions ascend; a pair without a cell is empty; neighbours are not shown."""
    found = grid(
        [
            make_conclusion(State.PASS, django="5.10", mode="a"),
            make_conclusion(State.FAIL, django="5.10", mode="b"),
            make_conclusion(State.PASS, django="5.2", pytest_django="4.9"),
            make_conclusion(State.CRASH, django="5.2", purpose=Purpose.DIAGNOSTIC),
        ]
    )
    assert (found.rows, found.columns) == (("5.2", "5.10"), ("4.9", "4.13"))
    assert found.squares[0][1] is None
    square = found.squares[1][1]
    assert square is not None
    assert (square.worst, square.counts) == (State.FAIL, ((State.PASS, 1), (State.FAIL, 1)))
    assert not square.is_expected


def test_declared_failures_mark_a_square_as_expected(make_conclusion: Make) -> None:
    """As long as all of them are."""
    found = grid([make_conclusion(State.FAIL, issue="#1303"), make_conclusion(State.PASS, mode="b")])
    square = found.squares[0][0]
    assert square is not None
    assert (square.worst, square.is_expected) == (State.FAIL, True)


def test_names_come_after_versions(make_conclusion: Make) -> None:
    """Latest, say."""
    found = grid([make_conclusion(State.PASS, django=value) for value in ("latest", "==6.0.1", "5.2")])
    assert found.rows == ("5.2", "==6.0.1", "latest")


def test_every_state_has_a_rank() -> None:
    """Only a square whose every cell passed shows a pass."""
    assert set(SEVERITY) == set(State)
    for state in set(State) - {State.PASS}:
        assert worst([State.PASS, state]) is state
