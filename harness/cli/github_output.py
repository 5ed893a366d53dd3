"""Outputs of a step of GitHub Actions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError

VARIABLE = "GITHUB_OUTPUT"
"""Names the file that Actions reads a step's outputs from; it is set in every step, and nowhere else."""


def append(name: str, line: str, environ: Mapping[str, str]) -> None:
    """Append an output of one line where Actions wants it; elsewhere do nothing.

    Raises:
        UsageError: the file cannot be written.
    """
    path = environ.get(VARIABLE)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(f"{name}={line}\n")
    except OSError as error:
        raise UsageError(f"cannot write {VARIABLE} ({path}): {error.strerror}") from error
