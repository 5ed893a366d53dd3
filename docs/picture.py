"""Draws docs/images/run.svg, the README's picture, from the last run recorded here: `python docs/picture.py`."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from harness.cli import request
from harness.process import Cancel
from harness.report import run_text
from harness.workflow.events import Silent
from harness.workflow.run import RunOptions, run

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Ask for the answers that are known already, and draw what a person would see."""
    spec, place = request.load(ROOT / "matrix.toml")
    asked = request.options(
        k="", axis=[], profile="", cell=[], failed=None, as_of="", refresh=False, provider=[], no_python_downloads=True
    )
    summary = run(spec, place, RunOptions(prepare=asked), Silent(), Cancel())
    console = Console(record=True, width=150, file=io.StringIO())
    console.print("[bold]$ harness run[/bold]")
    console.print(run_text.summary(summary, Path(".harness/logs"), is_verbose=False, command="harness run"))
    target = ROOT / "docs" / "images" / "run.svg"
    target.parent.mkdir(exist_ok=True)
    drawn = console.export_svg(title="harness", theme=MONOKAI)
    # rich has fonts fetched from elsewhere; the reader's own will do
    target.write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
