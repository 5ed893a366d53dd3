"""Projects written for one test, and what the doctor reads of them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.doctor.tree import Tree


@pytest.fixture
def project(tmp_path: Path) -> Callable[[dict[str, str]], Tree]:
    """Write files and return the tree of them."""

    def write(files: dict[str, str]) -> Tree:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        paths = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
        return Tree(root=tmp_path, paths=tuple(paths))

    return write
