"""`harness report`: a run's results for people and programs."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt


def report(
    format: Annotated[  # noqa: A002  (the option's name)
        list[str], typer.Option("--format", "-f", metavar="NAME", help="A format; may be given again.")
    ] = [],  # noqa: B006  (typer reads it, nobody changes it)
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="PATH", help="A file for one document, or a folder for all of them."),
    ] = "",
    html: Annotated[
        str | None, typer.Option("--html", metavar="DIR", help="The dashboard: a static site, in a folder of its own.")
    ] = None,
    run: Annotated[int, typer.Option("--run", min=0, help="The run's number; 0: the last one of the matrix.")] = 0,
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
) -> int:
    """Write a run's results as a site, JUnit, CTRF, JSON Lines, compat.json, badges, …; without options, list them.

    Ends 0 whatever the run came to: 4 usage, 5 no run to report, 10 the store or the disk failed.
    """
    from harness.cli import request
    from harness.cli.console import err
    from harness.errors import UsageError
    from harness.report import deliver, formats
    from harness.report.style import plain
    from harness.workflow.report import open_report

    if output and not format:
        raise UsageError("--output is where a --format goes", remedy="--format NAME, or --html DIR")
    if html == "":  # a variable that was not set: a job that makes no site is not to end well
        raise UsageError("--html names no folder", remedy="--html DIR")
    wanted = tuple(formats.find(name) for name in dict.fromkeys(format))
    if html:
        _site(html, run, matrix)
    elif not format:
        for one in formats.FORMATS:
            print(f"{one.name:10}{one.title}")
    if not format:
        return 0
    spec, place = request.load(matrix)
    with open_report(spec, place, run=run or None, command="harness", tail=_tail(matrix)) as found:
        for note in found.notes:
            err().print(plain(note, "yellow"))
        for text in deliver.deliver(wanted, found, output, os.environ):
            print(text, end="")
    return 0


def _site(folder: str, run: int, matrix: Path) -> None:
    from harness.cli import request
    from harness.cli.console import err
    from harness.report.publish import publish
    from harness.report.site.build import site
    from harness.report.style import plain
    from harness.workflow.dashboard import open_dashboard

    spec, place = request.load(matrix)
    with open_dashboard(spec, place, run=run or None, command="harness", tail=_tail(matrix)) as board:
        for note in board.report.notes:
            err().print(plain(note, "yellow"))
        count = publish(Path(folder), site(board))
    err().print(plain(f"{count} files; open {Path(folder) / 'index.html'}"))


def _tail(matrix: Path) -> str:
    return "" if matrix == opt.DEFAULT_MATRIX else f" -m {shlex.quote(str(matrix))}"
