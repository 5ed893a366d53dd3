"""`harness show`: a record in full."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import options as opt


def show(
    cell: Annotated[str, typer.Argument(help="A cell's id, or a part of it that only one cell has.")],
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    run: Annotated[int, typer.Option("--run", min=0, help="The run's number; 0: the last that has the cell.")] = 0,
    json: opt.JsonOption = False,
    log: Annotated[bool, typer.Option("--log", help="Print the log of the deciding attempt too.")] = False,
) -> int:
    """Print what is known of one cell: versions, server, timings, evidence, failures with their traces."""
    from harness.cli import request
    from harness.cli.console import out
    from harness.cli.invocation import command
    from harness.report import record_json, record_text
    from harness.workflow.show_record import show_record

    spec, place = request.load(matrix)
    view = show_record(spec, place, cell, run=run or None)
    if json:
        print(record_json.document(view))
    else:
        repro = command("repro", matrix)
        out().print(record_text.record(view, place.logs, is_log_wanted=log, repro=repro))
    return 0
