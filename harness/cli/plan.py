"""`harness plan`: what would be run, what not, and why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt


def plan(
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    k: opt.KeywordOption = "",
    axis: opt.AxisOption = [],  # noqa: B006  (typer reads it, nobody changes it)
    profile: opt.ProfileOption = "",
    cell: opt.CellOption = [],  # noqa: B006
    last_failed: opt.LastFailedOption = False,
    refresh: opt.RefreshOption = False,
    as_of: opt.AsOfOption = "",
    lowest: opt.LowestOption = False,
    lowest_direct: opt.LowestDirectOption = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Cells side by side, for the estimate.")] = 0,
    provider: opt.ProviderOption = [],  # noqa: B006
    no_python_downloads: opt.DownloadsOption = False,
    shards: Annotated[
        int, typer.Option("--shards", metavar="N", min=0, max=256, help="Split the plan for N jobs, by past durations.")
    ] = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the shards, for `harness run --shards`."),
    ] = None,
    github: Annotated[
        bool,
        typer.Option("--github", help="The shards as the matrix of a workflow, in one line; also to $GITHUB_OUTPUT."),
    ] = False,
    json: opt.JsonOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """List the cells that would run, what is left out with its reason, the coverage and the time it may take."""
    from harness.cli import github_output, interrupt, request
    from harness.cli.board import Board
    from harness.cli.console import err, out
    from harness.errors import UsageError
    from harness.report import plan_github, plan_json, plan_text
    from harness.workflow import run as runs
    from harness.workflow import shards as shards_file
    from harness.workflow.show_plan import show_plan

    if not shards and (github or output):
        raise UsageError(f"{'--github' if github else '--output'} needs to know how many shards", remedy="--shards 8")
    if github and json:
        raise UsageError("--github and --json are one document each", remedy="one of them")
    spec, place = request.load(matrix)
    asked = request.options(
        k=k,
        axis=axis,
        profile=profile,
        cell=cell,
        failed=runs.last_failed(place, spec) if last_failed else None,
        as_of=as_of,
        refresh=refresh,
        provider=provider,
        no_python_downloads=no_python_downloads,
        lowest=lowest,
        lowest_direct=lowest_direct,
    )
    with interrupt.cancel_on_signal() as cancel, Board(err(), verbosity=-1 if quiet else verbose) as board:
        view, assignment = show_plan(spec, place, asked, board, cancel, jobs=jobs or None, of=shards or None)
    if output is not None and assignment is not None:
        shards_file.write(output, assignment)
    if github:
        line = plan_github.matrix(view)
        github_output.append("matrix", line, os.environ)
        print(line)
    elif json:
        print(plan_json.document(view))
    else:
        out().print(plan_text.plan(view))
    return 0
