"""Two axes of a run as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis.conclude import Conclusion
from harness.analysis.order import in_order
from harness.model.record import Purpose
from harness.model.verdict import State, Verdict

SEVERITY = (
    State.PASS,
    State.UNSUPPORTED,
    State.UNRESOLVABLE,
    State.FLAKY,
    State.NOT_RUN,
    State.ERROR,
    State.FAIL,
    State.TIMEOUT,
    State.CRASH,
)
"""From best to worst, as a square shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """The cells with one value on each of the two axes."""

    worst: State
    is_expected: bool  # every failure in it is declared
    counts: tuple[tuple[State, int], ...]  # best first, without zeroes


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A square per pair of values, None where no cell has it."""

    row_axis: str
    column_axis: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    squares: tuple[tuple[Square | None, ...], ...]  # a tuple for each row


def grid(conclusions: Iterable[Conclusion], row_axis: str = "django", column_axis: str = "pytest-django") -> Grid:
    """Lay a run out over two axes, versions in ascending order. Cells without one of the axes are left out, as are
    diagnostic neighbours."""
    found: dict[tuple[str, str], list[Conclusion]] = {}
    for one in conclusions:
        values = one.cell.as_dict()
        if one.purpose is not Purpose.DIAGNOSTIC and row_axis in values and column_axis in values:
            found.setdefault((values[row_axis], values[column_axis]), []).append(one)
    rows = tuple(sorted({row for row, _ in found}, key=in_order))
    columns = tuple(sorted({column for _, column in found}, key=in_order))
    return Grid(
        row_axis=row_axis,
        column_axis=column_axis,
        rows=rows,
        columns=columns,
        squares=tuple(tuple(_square(found.get((row, column), [])) for column in columns) for row in rows),
    )


def worst(states: Iterable[State]) -> State:
    """Return the worst of one or more states."""
    return max(states, key=SEVERITY.index)


def _square(cells: list[Conclusion]) -> Square | None:
    if not cells:
        return None
    counts = Counter(one.state for one in cells)
    return Square(
        worst=worst(counts),
        is_expected=not any(one.judgement.verdict is Verdict.UNEXPECTED_FAILURE for one in cells),
        counts=tuple((state, counts[state]) for state in SEVERITY if counts[state]),
    )
