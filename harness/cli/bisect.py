"""`harness bisect`: since which release, day, interpreter or server."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from harness.cli import options as opt


class SweepMayStandAlone(TyperCommand):
    """A command whose ``--sweep`` needs no value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give it one."""
        return super().parse_args(ctx, ["--sweep=0" if word == "--sweep" else word for word in args])


def bisect(
    axis: Annotated[
        str, typer.Option("--axis", "-a", metavar="AXIS", help="A package of the matrix, python, database or date.")
    ],
    good: Annotated[str, typer.Option("--good", metavar="END", help="A version or day that is good.")] = "",
    bad: Annotated[str, typer.Option("--bad", metavar="END", help="A version or day that is bad.")] = "",
    cell: Annotated[
        str, typer.Option("--cell", metavar="ID", help="The other axes; those with one value may be left out.")
    ] = "",
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    sweep: Annotated[
        int,
        typer.Option(
            "--sweep",
            metavar="[STRIDE]",
            min=-1,
            show_default=False,
            help="Sample first, then narrow down every change; --sweep=1 tests all.",
        ),
    ] = -1,
    find_fix: Annotated[
        bool, typer.Option("--find-fix", help="Look for the end of a failure; --good is the newest if not given.")
    ] = False,
    bad_state: Annotated[
        str, typer.Option("--bad-state", metavar="STATE", help="What counts as bad: fail, unsupported, …")
    ] = "fail",
    repeat: Annotated[
        int,
        typer.Option("--repeat", metavar="N", min=0, help="Passes that make a point good; 0: as the evidence asks."),
    ] = 0,
    pre: Annotated[bool, typer.Option("--pre", help="Pre-releases, too.")] = False,
    rerun: Annotated[bool, typer.Option("--rerun", help="Ask anew what is known already.")] = False,
    refresh: opt.RefreshOption = False,
    as_of: opt.AsOfOption = "",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Points side by side; 0: as many as cores.")] = 0,
    provider: opt.ProviderOption = [],  # noqa: B006  (typer reads it, nobody changes it)
    no_python_downloads: opt.DownloadsOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="A report to paste into an issue, on stdout.")] = False,
    json: opt.JsonOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Find since which release, interpreter, server or day a failure is there, or until when.

    Both ends are run first; then the same failure is followed between them. Every answer is a record and is not asked
    twice. Exit codes: 0 a change was found, 2 interrupted, 4 usage, 5 no change, 10 an end could not be tried.
    """
    from harness.analysis.bisect.answer import BAD_STATES
    from harness.cli import interrupt, request
    from harness.cli.console import err, out
    from harness.cli.search_board import SearchBoard
    from harness.errors import UsageError, nearest
    from harness.model.verdict import State
    from harness.report import bisect_json, bisect_markdown, bisect_text
    from harness.workflow import bisect as workflow
    from harness.workflow.bisect_request import BisectRequest

    names = [state.value for state in BAD_STATES]
    if bad_state not in names:
        raise UsageError(
            f"--bad-state {bad_state!r} cannot be searched for{nearest(bad_state, names)}",
            remedy=f"one of {', '.join(names)}",
        )
    spec, place = request.load(matrix)
    asked = BisectRequest(
        axis=axis,
        good=good,
        bad=bad,
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
        sweep=None if sweep < 0 else sweep,
        find_fix=find_fix,
        bad_state=State(bad_state),
        repeat=repeat or None,
        with_pre=pre,
        jobs=jobs or None,
        rerun=rerun,
        options=shlex.join(
            [*(["-m", str(matrix)] if matrix != opt.DEFAULT_MATRIX else []), *(["--as-of", as_of] if as_of else [])]
        ),
    )
    with interrupt.cancel_on_signal() as cancel, SearchBoard(err(), verbosity=-1 if quiet else verbose) as board:
        view = workflow.bisect(spec, place, asked, board, cancel, board.told)
    code = workflow.exit_code(view)
    if json:
        print(bisect_json.document(view, int(code)))
    elif markdown:
        print(bisect_markdown.report(view), end="")
    else:
        out().print(bisect_text.result(view))
    return code
