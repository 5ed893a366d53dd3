"""`harness gc`: frees what no recent record uses."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import options as opt


def gc(
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    days: Annotated[
        float, typer.Option("--days", min=0, help="Spare what was used in as many days, by this project or another.")
    ] = 30,
) -> int:
    """Remove environments, packages, locks and copies that no record of the last days uses."""
    from harness.cli import request
    from harness.workflow.collect import collect

    _, place = request.load(matrix)
    freed = collect(place, days=days)
    print(f"removed {freed.count} things, {freed.bytes / 1e6:.1f} MB, from {place.cache}")
    return 0
