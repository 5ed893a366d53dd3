"""`harness config`: the schemas of what goes in and comes out."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

app = typer.Typer(help="About matrix.toml, and what --json prints.", rich_markup_mode=None, no_args_is_help=True)


class Name(Enum):
    """What has a schema."""

    MATRIX = "matrix"
    RUN = "run"
    PLAN = "plan"
    RECORD = "record"
    BISECT = "bisect"
    BOUNDS = "bounds"
    COMPARE = "compare"
    EXPLAIN = "explain"
    COMPAT = "compat"
    LOCK = "lock"
    REPRO = "repro"
    DOCTOR = "doctor"
    INIT = "init"


@app.callback()
def _root() -> None:
    pass


@app.command()
def schema(
    name: Annotated[
        Name, typer.Argument(help="matrix.toml, or a document that --json prints; record is that of `harness show`.")
    ] = Name.MATRIX,
) -> None:
    """Print a JSON Schema: of matrix.toml, or of a document that --json prints."""
    if name is Name.MATRIX:
        from harness import config

        print(config.schema(), end="")
    else:
        from harness.report import schemas

        print(schemas.schema(schemas.Document(name.value)), end="")
