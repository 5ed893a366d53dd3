"""`harness run`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt
from harness.model.spec import ControlPolicy


def run(
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    k: opt.KeywordOption = "",
    axis: opt.AxisOption = [],  # noqa: B006  (typer reads it, nobody changes it)
    profile: opt.ProfileOption = "",
    cell: opt.CellOption = [],  # noqa: B006
    last_failed: opt.LastFailedOption = False,
    rerun: Annotated[bool, typer.Option("--rerun", help="Try every cell again, known or not.")] = False,
    refresh: opt.RefreshOption = False,
    as_of: opt.AsOfOption = "",
    lowest: opt.LowestOption = False,
    lowest_direct: opt.LowestDirectOption = False,
    control: Annotated[
        ControlPolicy, typer.Option(help="When to run the control: the same cell under Django's own runner.")
    ] = ControlPolicy.ON_FAILURE,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Cells side by side; 0: as many as cores.")] = 0,
    provider: opt.ProviderOption = [],  # noqa: B006
    require: opt.RequireOption = [],  # noqa: B006
    no_python_downloads: opt.DownloadsOption = False,
    executor: Annotated[
        str,
        typer.Option("--executor", metavar="dask://HOST:PORT", help="Run the cells on a Dask cluster's workers."),
    ] = "",
    shard: Annotated[
        str,
        typer.Option("--shard", metavar="NUMBER/OF", help="Only this part of the plan; `harness merge` joins them."),
    ] = "",
    shards: Annotated[
        Path | None,
        typer.Option(
            "--shards", metavar="FILE", help="Who runs what, and as of when: `harness plan --shards N -o FILE`."
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Flaky cells and unexpected passes count.")] = False,
    json: opt.JsonOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Run the matrix: plan, resolve, test on real databases, judge on evidence, record, sum up.

    What was asked before is not asked again. Exit codes: 0 as expected, 1 unexpected failure, 2 interrupted,
    4 usage, 5 nothing to run, 10 indeterminate, 12 unexpected pass (with --strict).
    """
    from harness.cli import interrupt, request
    from harness.cli.board import Board
    from harness.cli.console import err, out
    from harness.cli.invocation import command
    from harness.report import run_json, run_text
    from harness.workflow import run as workflow
    from harness.workflow.lowest import OPTIONS

    spec, place = request.load(matrix)
    asked = request.options(
        k=k,
        axis=axis,
        profile=profile,
        cell=cell,
        failed=workflow.last_failed(place, spec) if last_failed else None,
        as_of=as_of,
        refresh=refresh,
        provider=provider,
        no_python_downloads=no_python_downloads,
        lowest=lowest,
        lowest_direct=lowest_direct,
    )
    asked, part = request.shard(shard, shards, place, asked)
    with interrupt.cancel_on_signal() as cancel, Board(err(), verbosity=-1 if quiet else verbose) as board:
        summary = workflow.run(
            spec,
            place,
            workflow.RunOptions(
                prepare=asked,
                control=control,
                jobs=jobs or None,
                rerun=rerun,
                strict=strict,
                require=tuple(request.providers(require, "--require")),
                executor=executor,
                shard=part,
            ),
            board,
            cancel,
        )
    if json:
        print(run_json.document(summary))
    else:
        again = " ".join(filter(None, (command("run", matrix), OPTIONS[asked.selection.preference])))
        repro = command("repro", matrix)
        out().print(run_text.summary(summary, place.logs, is_verbose=verbose > 0, command=again, repro=repro))
    return summary.exit_code
