"""`harness export`: files for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt

app = typer.Typer(help="Write this matrix for another tool.", rich_markup_mode=None, no_args_is_help=True)

ShardsOption = Annotated[int, typer.Option("--shards", metavar="N", min=1, max=256, help="Jobs at the most.")]
RequirementOption = Annotated[
    str,
    typer.Option(
        "--install", metavar="REQUIREMENT", help="What installs harness there; default: what is installed here."
    ),
]
BranchOption = Annotated[
    str, typer.Option("--branch", metavar="NAME", help="The branch whose last run others are compared with.")
]
PagesOption = Annotated[
    bool, typer.Option("--pages/--no-pages", help="Publish the dashboard as the repository's pages.")
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to, instead of where the tool looks for it."),
]
StdoutOption = Annotated[bool, typer.Option("--stdout", help="Print it, write nothing.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file that is there.")]


@app.callback()
def _root() -> None:
    pass


@app.command()
def github(
    shards: ShardsOption = 8,
    install: RequirementOption = "",
    branch: BranchOption = "main",
    pages: PagesOption = True,
    output: OutputOption = None,
    stdout: StdoutOption = False,
    force: ForceOption = False,
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
) -> int:
    """Write a workflow of GitHub Actions: plan, shards side by side, merge, dashboard, a comment on what regressed."""
    return _pipeline("github", shards, install, branch, pages, output, stdout, force, matrix)


@app.command()
def gitlab(
    shards: ShardsOption = 8,
    install: RequirementOption = "",
    branch: BranchOption = "main",
    pages: PagesOption = True,
    output: OutputOption = None,
    stdout: StdoutOption = False,
    force: ForceOption = False,
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
) -> int:
    """Write the same for GitLab CI/CD; with --output, a file to `include`."""
    return _pipeline("gitlab", shards, install, branch, pages, output, stdout, force, matrix)


def _pipeline(
    service: str,
    shards: int,
    install: str,
    branch: str,
    pages: bool,
    output: Path | None,
    stdout: bool,
    force: bool,
    matrix: Path,
) -> int:
    from harness.cli import request
    from harness.cli.console import err
    from harness.interop.ci.pipeline import Service
    from harness.report.style import plain
    from harness.workflow.export import pipeline, write

    _, place = request.load(matrix)
    made = pipeline(Service(service), place, shards=shards, requirement=install, branch=branch, has_pages=pages)
    if stdout:
        print(made.text, end="")
        return 0
    path = output if output is not None else made.path
    write(path, made.text, is_forced=force)
    err().print(plain(f"{path} is written; it installs {made.requirement}"))
    return 0
