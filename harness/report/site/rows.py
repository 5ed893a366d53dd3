"""The matrix page: a grid, and every cell in a row."""

from __future__ import annotations

from typing import Any

from harness.analysis.order import axis_names, title
from harness.model.condition import is_version_axis
from harness.report.site.marks import mark
from harness.report.site.squares import drawn
from harness.report.site.view import View
from harness.report.site.words import cell_page


def values(view: View) -> dict[str, Any]:
    """Return the values of ``matrix.html``."""
    names = axis_names(axis for one in view.own for axis, _ in one.cell.values)
    seen = {axis: {one.cell.as_dict().get(axis) for one in view.own} for axis in names}
    varying = tuple(axis for axis in names if len(seen[axis]) > 1)
    return {
        "grid": drawn(view.folded_grid) if view.folded_grid else None,
        "axes": [
            {"sentence": found.sentence, "version": is_version_axis(found.axis) and len(found.values) > 1}
            for found in view.fitness
        ],
        "constant": [(axis, next(iter(seen[axis]))) for axis in names if axis not in varying],
        "varying": [title(axis) for axis in varying],
        "cells": [
            {
                "mark": mark(one.state, verdict=one.judgement.verdict),
                "href": cell_page(one.cell.id),
                "points": [one.cell.as_dict().get(axis, "") for axis in varying],
                "seconds": f"{one.seconds:.1f}" if one.level is not None else "",
            }
            for one in view.own
        ],
    }
