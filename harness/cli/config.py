"""`harness config`: the schema of matrix.toml."""

from __future__ import annotations

import typer

app = typer.Typer(help="About matrix.toml.", rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def _root() -> None:
    pass


@app.command()
def schema() -> None:
    """Print the JSON Schema of matrix.toml."""
    from harness import config

    print(config.schema(), end="")
