"""How this very program was started, as words to copy."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from harness.cli.options import DEFAULT_MATRIX


def invocation() -> str:
    """Return the command that starts this harness again from this folder: ``harness`` where PATH has it."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return f"{shlex.quote(_from_here(Path(sys.executable)))} -m harness"
    on_path = shutil.which("harness")
    if on_path is not None and program.exists() and Path(on_path).samefile(program):
        return "harness"
    return shlex.quote(_from_here(program))


def command(name: str, matrix: Path) -> str:
    """Return the beginning of a command of this harness on the same matrix."""
    where = "" if matrix == DEFAULT_MATRIX else f" -m {shlex.quote(str(matrix))}"
    return f"{invocation()} {name}{where}"


def _from_here(path: Path) -> str:
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
