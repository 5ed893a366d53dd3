"""A grid whose neighbouring rows and columns that say the same are drawn as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.analysis.grid import SEVERITY, Grid, Square, worst
from harness.model.verdict import State


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedGrid:
    """A grid in which a row or a column stands for one value or several neighbouring ones."""

    row_axis: str
    column_axis: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[tuple[str, ...], ...]
    squares: tuple[tuple[Square | None, ...], ...]  # sums


def unfolded(grid: Grid) -> FoldedGrid:
    """Return the grid with each row and column on its own."""
    return FoldedGrid(
        row_axis=grid.row_axis,
        column_axis=grid.column_axis,
        rows=tuple((row,) for row in grid.rows),
        columns=tuple((column,) for column in grid.columns),
        squares=grid.squares,
    )


def fold(grid: Grid) -> FoldedGrid:
    """Fold neighbouring rows, then neighbouring columns, that say the same.

    They do where each pair of squares shows the same states, expected or not alike, whatever their numbers. A square
    without a cell equals only another without: what was not tested never hides behind what was.
    """
    rows = _runs(grid.rows, grid.squares)
    summed = tuple(_summed([grid.squares[number] for number in numbers]) for numbers in rows)
    turned = tuple(zip(*summed, strict=True)) if summed else tuple(() for _ in grid.columns)
    columns = _runs(grid.columns, turned)
    folded = tuple(_summed([turned[number] for number in numbers]) for numbers in columns)
    return FoldedGrid(
        row_axis=grid.row_axis,
        column_axis=grid.column_axis,
        rows=tuple(tuple(grid.rows[number] for number in numbers) for numbers in rows),
        columns=tuple(tuple(grid.columns[number] for number in numbers) for numbers in columns),
        squares=tuple(zip(*folded, strict=True)) if folded else tuple(() for _ in rows),
    )


def _runs(values: Sequence[str], lines: Sequence[Sequence[Square | None]]) -> list[list[int]]:
    """Return the positions of neighbouring lines that say the same, together."""
    found: list[list[int]] = []
    for number in range(len(values)):
        if found and _said(lines[found[-1][-1]]) == _said(lines[number]):
            found[-1].append(number)
        else:
            found.append([number])
    return found


def _said(line: Iterable[Square | None]) -> list[tuple[bool, tuple[State, ...]]]:
    return [
        (square.is_expected, tuple(state for state, _ in square.counts)) if square is not None else (False, ())
        for square in line
    ]


def _summed(lines: Sequence[Sequence[Square | None]]) -> tuple[Square | None, ...]:
    return tuple(_sum([square for square in squares if square]) for squares in zip(*lines, strict=True))


def _sum(squares: Sequence[Square]) -> Square | None:
    if not squares:
        return None
    counts: Counter[State] = Counter()
    for square in squares:
        counts.update(dict(square.counts))
    return Square(
        worst=worst(counts),
        is_expected=all(square.is_expected for square in squares),
        counts=tuple((state, counts[state]) for state in SEVERITY if counts[state]),
    )
