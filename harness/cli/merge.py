"""`harness merge`: shards become one run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt


def merge(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="The shards' .harness folders, or folders that hold them."),
    ],
    partial: Annotated[
        bool, typer.Option("--partial", help="Merge what there is; cells of missing shards count as not run.")
    ] = False,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="Try here what is planned in place of cells that the shards found untestable."),
    ] = False,
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    json: opt.JsonOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Join the runs of all shards of a plan into one run of this store, and sum it up as `harness run` does.

    Ends as that run would have: 0, 1, 10, 12. 4: a shard is missing, or they are not parts of one plan.
    """
    from harness.cli import github_output, interrupt, request
    from harness.cli.board import Board
    from harness.cli.console import err, out
    from harness.cli.invocation import command
    from harness.report import run_json, run_text
    from harness.report.style import counted, plain
    from harness.workflow import merge_finish as rest
    from harness.workflow.merge import merge as joined
    from harness.workflow.report import open_report

    spec, place = request.load(matrix)
    merged = joined(spec, place, paths, is_partial=partial)
    for path in merged.empty:
        err().print(plain(f"{path} holds no run of a shard: its job ended too early", "yellow"))
    if not merged.is_new:
        err().print(plain(f"merged before, as run {merged.run}"))
    if merged.open and finish:
        with interrupt.cancel_on_signal() as cancel, Board(err(), verbosity=-1 if quiet else verbose) as board:
            rest.finish(spec, place, merged.run, merged.open, board, cancel)
    elif merged.open:
        what = f"{counted(len(merged.open), 'cell')} planned in place of what the shards found untestable"
        err().print(plain(f"{what}, tried by none of them: --finish tries them here", "yellow"))
    github_output.append("run", str(merged.run), os.environ)
    with open_report(spec, place, run=merged.run, command="harness", tail="") as report:
        summary = report.summary
        if json:
            print(run_json.document(summary))
        else:
            again, repro = command("run", matrix), command("repro", matrix)
            out().print(run_text.summary(summary, place.logs, is_verbose=verbose > 0, command=again, repro=repro))
    return summary.exit_code
