"""`harness shell`: a shell, or a command, in a cell."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Annotated

import typer

from harness.cli import options as opt


def shell(
    cell: Annotated[str, typer.Argument(help="A cell's id, or a part of it that only one cell of a run has.")],
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND]...", help="A command instead of $SHELL.")
    ] = None,
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Open a shell, or run a command, in a cell: its environment, a fresh copy of its canary, its database up.

    The exit code is that of the shell or command. Everything is removed at its end.
    """
    from harness.cli import interrupt, request
    from harness.cli.board import Board
    from harness.cli.console import err
    from harness.workflow import shell as workflow

    spec, place = request.load(matrix)
    with interrupt.cancel_on_signal() as cancel, ExitStack() as stack:
        with Board(err(), verbosity=-1 if quiet else verbose) as board:
            opened = stack.enter_context(workflow.opened(spec, place, cell, board, cancel))
        if not quiet:
            for line in (*(f"note: {note}" for note in opened.notes), opened.described):
                err().print(line, markup=False)
        code = workflow.enter(opened, tuple(command or ()))
    sys.exit(code)  # not by return, which takes some codes for its own
