"""`harness repro`: one cell outside the harness."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt


def repro(
    cell: Annotated[str, typer.Argument(help="A cell's id, or a part of it that only one cell of a run has.")],
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write a folder with all of it, and a script."),
    ] = None,
    run: Annotated[
        bool,
        typer.Option("--run", help="Execute it; exit 0: the same came back, 1: it did not, 10: unknown."),
    ] = False,
    json: opt.JsonOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Print commands that show a cell's answer with nothing but uv and, where one is needed, Docker or a server."""
    from harness.cli import interrupt, request
    from harness.cli.board import Board
    from harness.cli.console import err
    from harness.cli.console import out as stdout
    from harness.report import repro_json, repro_text
    from harness.workflow import repro as workflow

    spec, place = request.load(matrix)
    asked = workflow.ReproRequest(cell=cell, out=out, is_run=run)
    with interrupt.cancel_on_signal() as cancel, Board(err(), verbosity=-1 if quiet else verbose) as board:
        found = workflow.repro(spec, place, asked, board, cancel)
    if json:
        print(repro_json.document(found))
    elif run or out is not None:
        stdout().print(repro_text.outcome(found))
    else:
        for note in found.notes:
            err().print(f"note: {note}", markup=False)
        print(found.commands, end="")
    return found.exit_code
