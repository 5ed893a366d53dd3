"""An index, and projects with a tox file."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from harness.doctor.tree import Tree
from harness.errors import UsageError
from harness.interop.tox.ask import ask
from harness.interop.tox.draft import draft
from harness.model.package import Release

INDEX = {
    "django": {
        "3.2.25": ">=3.6",
        "4.2.16": ">=3.8",
        "5.0.9": ">=3.10",
        "5.1.4": ">=3.10",
        "5.2.8": ">=3.10",
        "6.0.1": ">=3.12",
    },
    "djangorestframework": {"3.15.2": ">=3.8", "3.16.1": ">=3.9"},
    "pytest": {"8.4.2": ">=3.9"},
    "crispy-bootstrap4": {"2024.10": ""},
}


@pytest.fixture(scope="session")
def releases():
    """Return the releases of an index that never changes."""

    def of(name):
        if name.lower() not in INDEX:
            raise UsageError(f"no package {name}")
        found = INDEX[name.lower()].items()
        return [Release(name=name, version=version, requires_python=python) for version, python in found]

    return of


@pytest.fixture
def files(tmp_path):
    """Return what writes a project's files, and a reader of them."""

    def write(**texts: str) -> Tree:
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
        return Tree(root=tmp_path, paths=tuple(names))

    return write


@pytest.fixture
def read(tmp_path_factory, files, releases):
    """Return what makes a draft of files, one of them tox's, through tox itself."""

    def of(source="tox.ini", **texts: str):
        tree = files(**{"setup.py": "", **texts})
        scratch: Path = tmp_path_factory.mktemp("scratch")
        found = ask(tree.root / source, scratch=scratch, environ={"PATH": "/usr/bin:/bin", "TOXENV": "lint"})
        return draft(found, tree, releases, project="shop", path=Path(), supported=("3.12", "3.13"))

    return of
