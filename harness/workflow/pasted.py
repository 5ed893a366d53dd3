"""The commands of one cell to paste into a shell, in the folder of the matrix."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import harness
from harness.cells.outside import script
from harness.cells.outside.recipe import Recipe
from harness.model.package import Interpreter
from harness.workflow.place import Place


def commands(recipe: Recipe, place: Place, source: Path, *, is_brief: bool = False) -> str:
    """Return the commands; *source* is where the canary's files lie. Brief ones have no hashes, and may be one line."""
    root = place.matrix.parent
    if recipe.server is not None and recipe.server.own is not None:
        own = replace(recipe.server.own, folder=_below(recipe.server.own.folder, root))
        recipe = replace(recipe, server=replace(recipe.server, own=own))
    changes = tuple(
        replace(change, overlay=_below(change.overlay, root)) if change.overlay is not None else change
        for change in recipe.job.canary.changes
        if source == recipe.job.canary.path
    )
    canary, python = str(_below(source, root)), _findable(recipe.job.interpreter, place.environ)
    if is_brief and script.is_simple(recipe):
        return script.one_line(recipe, canary=canary, python=python)
    copied = script.working_copy(recipe, canary, changes)
    return script.pasted(recipe, canary=copied, python=python, is_hashed=not is_brief)


def own_images() -> Path:
    """Return the folder that says how this repository's own images are built, which need not be there."""
    return Path(harness.__path__[0]).parent / "docker"


def _below(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def _findable(python: Interpreter, environ: Mapping[str, str]) -> str:
    """Return what uv finds this interpreter by: its version where PATH has it, else its path."""
    on_path = shutil.which(f"python{'.'.join(python.version.split('.')[:2])}", path=environ.get("PATH"))
    is_there = on_path is not None and Path(on_path).resolve() == Path(python.path)
    return python.version if is_there else python.path
