"""A grid as the pages draw it."""

from __future__ import annotations

from typing import Any

from harness.analysis.fold import FoldedGrid
from harness.analysis.grid import Square
from harness.analysis.order import title
from harness.report.site.marks import square_mark
from harness.report.site.words import rows, term


def drawn(grid: FoldedGrid) -> dict[str, Any]:
    """Return the values of the macro ``grid``."""
    row_title, column_title = title(grid.row_axis), title(grid.column_axis)
    return {
        "title": f"{row_title} × {column_title}",
        "row_title": row_title,
        "column_title": column_title,
        "columns": [span(values) for values in grid.columns],
        "lines": [
            {
                "label": span(values),
                "squares": [
                    _square(square, term(grid.row_axis, *values), term(grid.column_axis, *columns)) if square else None
                    for square, columns in zip(squares, grid.columns, strict=True)
                ],
            }
            for values, squares in zip(grid.rows, grid.squares, strict=True)
        ],
    }


def span(values: tuple[str, ...]) -> str:
    """Return one value, or the first and the last of several."""
    return values[0] if len(values) == 1 else f"{values[0]} – {values[-1]}"


def _square(square: Square, *where: str) -> dict[str, Any]:
    counts = dict(square.counts)
    return {
        "mark": square_mark(square),
        "count": counts[square.worst],
        "total": sum(counts.values()),
        "href": rows(*where),
        "worst_href": rows(term("state", square.worst.value), *where),
    }
