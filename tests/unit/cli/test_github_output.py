"""Outputs of a workflow's step."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.github_output import append
from harness.errors import UsageError


def test_an_output_is_a_line_of_the_file_that_actions_names(tmp_path: Path) -> None:
    """What other commands of the step wrote stays."""
    path = tmp_path / "output"
    path.write_text("other=1\n")
    append("matrix", '{"include": []}', {"GITHUB_OUTPUT": str(path)})
    append("run", "3", {"GITHUB_OUTPUT": str(path)})

    assert path.read_text() == 'other=1\nmatrix={"include": []}\nrun=3\n'


@pytest.mark.parametrize("environ", [{}, {"GITHUB_OUTPUT": ""}])
def test_elsewhere_nothing_is_written(environ: dict[str, str]) -> None:
    """Nor refused."""
    append("run", "3", environ)


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """It is told as what it is."""
    with pytest.raises(UsageError, match="cannot write GITHUB_OUTPUT"):
        append("run", "3", {"GITHUB_OUTPUT": str(tmp_path / "no" / "file")})
