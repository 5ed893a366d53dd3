"""`harness explain`: from failing cells to the rule behind them."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from harness.cli import options as opt

DEFAULT_LIMIT = 60


class RefineMayStandAlone(TyperCommand):
    """A command whose ``--refine`` needs no value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give it one."""
        following = [*args, ""][1:]
        given = [
            f"--refine={DEFAULT_LIMIT}" if word == "--refine" and not after.lstrip("-").isdigit() else word
            for word, after in zip(args, following, strict=True)
        ]
        return super().parse_args(ctx, given)


def explain(
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    run: Annotated[int, typer.Option("--run", min=0, help="The run's number; 0: the last.")] = 0,
    refine: Annotated[
        int,
        typer.Option(
            "--refine",
            metavar="[N]",
            min=0,
            show_default=False,
            help=f"Run up to N further cells ({DEFAULT_LIMIT}), chosen to tell rules apart, until they are confirmed.",
        ),
    ] = 0,
    repeat: Annotated[
        int,
        typer.Option(
            "--repeat", min=0, help="Rely on an answer only where it leads by as many executions; 0: 1, or 3 if flaky."
        ),
    ] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Cells side by side; 0: as many as cores.")] = 0,
    json: opt.JsonOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Say when each failure of a run occurs: the smallest rules that hold in every failing cell and in no passing one.

    A rule is confirmed when no other says as little and a passing neighbour was run at each of its boundaries.
    """
    from harness.cli import interrupt, request
    from harness.cli.board import Board
    from harness.cli.console import err, out
    from harness.report import explain_json, explain_text
    from harness.workflow import explain as workflow

    spec, place = request.load(matrix)
    asked = workflow.ExplainRequest(
        run=run or None,
        limit=refine,
        votes=repeat or None,
        jobs=jobs or None,
    )
    with interrupt.cancel_on_signal() as cancel, Board(err(), verbosity=-1 if quiet else verbose) as board:
        found = workflow.explain(spec, place, asked, board, cancel)
    if json:
        print(explain_json.document(found))
    else:
        command = f"harness explain -m {shlex.quote(str(matrix))}" + (f" --run {run}" if run else "")
        out().print(explain_text.explanation(found, is_verbose=verbose > 0, command=command))
    return 0
