"""Projects made of a few texts."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.doctor.tree import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[Mapping[str, str]], Tree]:
    """Returns a function from names and texts to the files of a project."""

    def make(files: Mapping[str, str]) -> Tree:
        root = Path(tempfile.mkdtemp(dir=tmp_path))
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(textwrap.dedent(text), encoding="utf-8")
        return Tree(root=root, paths=tuple(sorted(files)))

    return make
