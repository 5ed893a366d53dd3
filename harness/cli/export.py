"""`harness export`: files for other tools."""

from __future__ import annotations

import os
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


@app.command()
def tox(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to, instead of beside the matrix.")
    ] = None,
    hashes: Annotated[
        bool, typer.Option("--hashes", help="Packages with their hashes, in files of their own: tox wants it so.")
    ] = False,
    stdout: StdoutOption = False,
    force: ForceOption = False,
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    k: opt.KeywordOption = "",
    axis: opt.AxisOption = [],  # noqa: B006  (typer reads it, nobody changes it)
    profile: opt.ProfileOption = "",
    provider: opt.ProviderOption = [],  # noqa: B006
    no_python_downloads: opt.DownloadsOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Write a tox.toml whose environments are the plan's cells, with the packages that they have."""
    from harness.cli import interrupt, request
    from harness.cli.board import Board
    from harness.cli.console import err
    from harness.report.style import plain
    from harness.workflow import export_tox
    from harness.workflow.export import write

    spec, place = request.load(matrix)
    asked = request.options(
        k=k,
        axis=axis,
        profile=profile,
        cell=[],
        failed=None,
        as_of="",
        refresh=False,
        provider=provider,
        no_python_downloads=no_python_downloads,
    )
    with interrupt.cancel_on_signal() as cancel, Board(err(), verbosity=-1 if quiet else verbose) as board:
        made = export_tox.export(spec, place, asked, board, cancel, output=output, is_hashed=hashes)
    if stdout:
        print(made.text, end="")
        return 0
    write(made.path, made.text, is_forced=force)
    for path, text in made.files:
        write(path, text, is_forced=True)
    beside = f", with {len(made.files)} files in {made.files[0][0].parent.name}/" if made.files else ""
    name = Path(os.path.relpath(made.path))
    err().print(plain(f"{name} is written: {made.cells} environments{beside}; tox run -c {name} -e NAME"))
    return 0


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
