"""Recipes of cells that need nothing but a Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cells.job import Job
from harness.cells.outside.recipe import Recipe, recipe
from harness.model.cell import Cell
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, Mode


@pytest.fixture
def make_recipe(make_job: Callable[..., Job], tmp_path: Path) -> Callable[..., Recipe]:
    """Returns a builder of recipes on SQLite in files; keywords are the canary's."""

    def build(mode: Mode = Mode.MIGRATIONS, name: str = "shop", **canary: Any) -> Recipe:
        folder = tmp_path / "projects" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manage.py").write_text("import sys; sys.exit(int(sys.argv[1]))\n")
        cell = Cell.parse(f"canary=shop,database=sqlite-file,django=6.0,mode={mode.value},python=3.12")
        job = make_job(
            cell=cell,
            database=DatabaseSpec(name="sqlite-file", engine=Engine.SQLITE, version="file"),
            canary=CanarySpec(name="shop", path=folder, **({"settings": "config.settings"} | canary)),
        )
        return recipe(job, said=("fail: it broke",))

    return build
