"""`harness bounds`: how low a dependency may be."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import options as opt


def bounds(
    dependency: Annotated[
        list[str] | None, typer.Argument(metavar="[DEPENDENCY]...", help="Only these; all that are declared if none.")
    ] = None,
    cell: Annotated[
        str, typer.Option("--cell", metavar="ID", help="What is fixed; the newest of every other axis, SQLite first.")
    ] = "",
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    rerun: Annotated[bool, typer.Option("--rerun", help="Ask anew what is known already.")] = False,
    refresh: opt.RefreshOption = False,
    as_of: opt.AsOfOption = "",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Releases side by side; 0: as many as cores.")] = 0,
    provider: opt.ProviderOption = [],  # noqa: B006  (typer reads it, nobody changes it)
    no_python_downloads: opt.DownloadsOption = False,
    json: opt.JsonOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Search the lowest release of each dependency that still passes, and propose its >=.

    The dependencies are those that the project declares itself or, where the canary is no project, the package axes of
    the matrix. Nothing is written to the project. Exit codes: 0 every declared bound holds, 1 one is too low or
    missing, or all together fail, 2 interrupted, 4 usage, 5 nothing to search, 10 one could not be determined.
    """
    from harness.cli import interrupt, request
    from harness.cli.console import err, out
    from harness.cli.invocation import command
    from harness.cli.search_board import SearchBoard
    from harness.report import bounds_json, bounds_text
    from harness.workflow import bounds as workflow

    spec, place = request.load(matrix)
    asked = workflow.BoundsRequest(
        names=tuple(dependency or ()),
        cell=cell,
        prepare=request.options(
            k="",
            axis=[],
            profile="",
            cell=[],
            failed=None,
            as_of=as_of,
            refresh=refresh,
            provider=provider,
            no_python_downloads=no_python_downloads,
        ),
        jobs=jobs or None,
        rerun=rerun,
    )
    with interrupt.cancel_on_signal() as cancel, SearchBoard(err(), verbosity=-1 if quiet else verbose) as board:
        view = workflow.bounds(spec, place, asked, board, cancel, board.told)
    code = workflow.exit_code(view)
    if json:
        print(bounds_json.document(view, int(code)))
    else:
        out().print(bounds_text.result(view, show=command("show", matrix)))
    return code
