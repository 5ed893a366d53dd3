"""`harness lock`: pins what a matrix stands for."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import options as opt


def lock(
    axes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[AXIS]...", help="With --upgrade: the axes to renew, packages or database.", show_default=False
        ),
    ] = None,
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Renew what is locked: all, or the axes named.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; end 1 if the lock is stale.")] = False,
    as_of: opt.AsOfOption = "",
    no_python_downloads: opt.DownloadsOption = False,
    json: opt.JsonOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Write matrix.lock, to be committed: exact versions, pins with hashes, servers, the as-of date.

    What is locked stays until --upgrade renews it; what the matrix asks anew is added, what it no longer asks goes.
    """
    from harness.cli import interrupt, request
    from harness.cli.board import Board
    from harness.cli.console import err, out
    from harness.errors import UsageError
    from harness.report import lock_json, lock_text
    from harness.workflow import lock as workflow

    spec, place = request.load(matrix)
    if check and (upgrade or axes or as_of):
        raise UsageError(
            "--check writes nothing, so it takes no --upgrade, AXIS or --as-of", remedy="harness lock --check"
        )
    if check:
        view = workflow.check(spec, place)
    else:
        asked = workflow.LockRequest(
            is_upgrade=upgrade,
            axes=tuple(axes or ()),
            as_of=request.moment(as_of) if as_of else None,
            python_downloads=not no_python_downloads,
        )
        with interrupt.cancel_on_signal() as cancel, Board(err(), verbosity=-1 if quiet else verbose) as board:
            view = workflow.lock(spec, place, asked, board, cancel)
    if json:
        print(lock_json.document(view))
    else:
        out().print(lock_text.check(view) if check else lock_text.lock(view, is_verbose=verbose > 0))
    return view.exit_code
