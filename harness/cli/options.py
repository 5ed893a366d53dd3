"""Options that several commands share, and how they become a selection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MatrixOption = Annotated[Path, typer.Option("--matrix", "-m", metavar="FILE", help="The matrix file.")]
KeywordOption = Annotated[
    str, typer.Option("-k", metavar="EXPR", help="Only planned cells whose id matches: words with and, or, not.")
]
AxisOption = Annotated[
    list[str],
    typer.Option(
        "--axis", "-a", metavar="AXIS=VALUES", help="Narrow an axis before planning: django=5.2,6.0 or 'django=>=5.2'."
    ),
]
ProfileOption = Annotated[str, typer.Option("--profile", "-p", metavar="NAME", help="A [profile.NAME] of the matrix.")]
CellOption = Annotated[list[str], typer.Option("--cell", metavar="ID", help="Exactly this cell; may be given again.")]
LastFailedOption = Annotated[
    bool, typer.Option("--last-failed", "--lf", help="Only cells that failed in the last run.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; only the end.")]
VerboseOption = Annotated[int, typer.Option("--verbose", "-v", count=True, help="More lines; twice for more.")]
RefreshOption = Annotated[bool, typer.Option("--refresh", help="Ask the index again: the as-of date becomes now.")]
AsOfOption = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Resolve from what had been uploaded by then.")
]
ProviderOption = Annotated[
    list[str], typer.Option("--provider", metavar="NAME", help="Only this provider of servers (docker, embedded, url).")
]
RequireOption = Annotated[
    list[str],
    typer.Option("--require", metavar="NAME", help="End 10 if this provider is absent and cells are left out."),
]
DownloadsOption = Annotated[
    bool, typer.Option("--no-python-downloads", help="Never let uv download an interpreter that is not there.")
]
LowestOption = Annotated[
    bool,
    typer.Option("--lowest", help="Resolve to the lowest versions that are allowed; axes stay what they say."),
]
LowestDirectOption = Annotated[
    bool,
    typer.Option("--lowest-direct", help="The same, but only of what is asked for by name."),
]
DEFAULT_MATRIX = Path("matrix.toml")
