"""Recipes of cells that need nothing but a Python, and a shell that runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cells.job import Job
from harness.cells.outside.recipe import Recipe, recipe
from harness.model.cell import Cell
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, Mode

UV = """#!/bin/sh
for last; do :; done
case "$1" in
    venv)
        mkdir -p "$last/bin"
        printf '#!/bin/sh\\nexec "%s" "$@"\\n' "$PYTHON" >"$last/bin/python"
        chmod +x "$last/bin/python" ;;
    pip)
        printf '%s\\n' "$SETUPTOOLS_SCM_PRETEND_VERSION $*" >>"$SEEN/pip"
        [ -d "$last" ] && cp -R "$last" "$SEEN/installed" || cp "$last" "$SEEN/requirements.txt" ;;
esac
"""


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


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Returns a function that runs a text, or a bundle, by sh; what was seen lies in tmp_path / "seen"."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").write_text(UV)
    (tmp_path / "bin" / "uv").chmod(0o755)
    (tmp_path / "tmp").mkdir()
    seen = tmp_path / "seen"
    seen.mkdir()
    (seen / "code").write_text("0")

    def start(what: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        words = ["sh", "-c", what] if isinstance(what, str) else ["sh", str(what)]
        return subprocess.run(
            words,
            cwd=tmp_path,
            env={
                "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.defpath}",
                "TMPDIR": str(tmp_path / "tmp"),
                "PYTHON": sys.executable,
                "SEEN": str(seen),
                "HOME": str(seen),
                "SECRET": "of the user",
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return start
