"""Makes a `tox.toml` of a matrix's plan."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cells.job import Job
from harness.cells.outside.tox import environment
from harness.interop.tox import write
from harness.model.cell import BUILT_IN_AXES, CANARY, DATABASE, PYTHON, Cell
from harness.model.plan import exact_versions
from harness.model.spec import MatrixSpec
from harness.process import Cancel
from harness.workflow.events import Watcher
from harness.workflow.place import Place
from harness.workflow.prepare import Options, Prepared, prepare
from harness.workflow.projects import installed
from harness.workflow.run import surroundings

NAME = "tox.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxExport:
    """A `tox.toml` with the files that it refers to, each with its place; and what was left out of the plan."""

    path: Path
    text: str
    files: tuple[tuple[Path, str], ...]
    cells: int
    unlocked: tuple[str, ...]  # cells whose packages the index kept from us


def export(
    spec: MatrixSpec,
    place: Place,
    options: Options,
    watcher: Watcher,
    cancel: Cancel,
    *,
    output: Path | None,
    is_hashed: bool,
) -> ToxExport:
    """Return the plan's cells as environments; *output* is where the file is to lie, else beside the matrix.

    Raises:
        HarnessError: nothing can be planned.
    """
    path = output or place.matrix.parent / NAME
    root = path.parent.resolve()
    with surroundings(place, watcher, cancel) as context:
        prepared = prepare(spec, place, options, context, watcher)
    jobs = [_job(prepared, cell) for cell in prepared.plan.cells if cell in prepared.locks]
    names = environment_names([job.cell for job in jobs])
    made = [environment(job, name, root) for job, name in zip(jobs, names, strict=True)]
    matrix = tomllib.loads(place.matrix.read_text(encoding="utf-8"))
    folder = root / write.FOLDER
    return ToxExport(
        path=path,
        text=write.text(made, _moved(matrix, place.matrix.parent.resolve(), root), is_hashed=is_hashed),
        files=tuple((folder / name, text) for name, text in write.files(made, is_hashed=is_hashed)),
        cells=len(made),
        unlocked=tuple(cell.id for cell in prepared.unlocked),
    )


def _job(prepared: Prepared, cell: Cell) -> Job:
    spec = prepared.spec
    canary, interpreter = spec.canary(cell[CANARY]), prepared.interpreters[cell[PYTHON]]
    return Job(
        cell=cell,
        exact=tuple(sorted(exact_versions(cell, prepared.axes).items())),
        lock=installed(prepared.locks[cell], canary, interpreter),
        interpreter=interpreter,
        database=spec.database(cell[DATABASE]),
        server=prepared.offers[cell[DATABASE]].identity,
        canary=canary,
        canary_hash="",
    )


def environment_names(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Return a readable name for each cell, made of the axes in which the cells differ; Python comes first.

    Factors that begin with a digit would be taken for versions of Python.
    """
    axes = [axis for axis, _ in cells[0].values] if cells else []
    several = [axis for axis in axes if len({cell[axis] for cell in cells}) > 1]
    packages = [axis for axis in several if axis not in BUILT_IN_AXES]
    rest = [axis for axis in (DATABASE, CANARY, "mode") if axis in several]
    found: list[str] = []
    for cell in cells:
        parts = [f"py{cell[PYTHON].removeprefix('==').replace('.', '')}"]
        parts += [_factor(f"{axis}{cell[axis].removeprefix('==')}") for axis in packages]
        parts += [_factor(cell[axis]) for axis in rest]
        found.append(_free("-".join(parts), found))
    return tuple(found)


def _factor(text: str) -> str:
    plain = re.sub(r"[^a-z0-9.]+", "_", text.lower()).strip("_.")
    return plain if plain[:1].isalpha() else f"x{plain}"


def _free(name: str, taken: Iterable[str]) -> str:
    known, wanted, number = set(taken), name, 2
    while wanted in known:
        wanted, number = f"{name}-x{number}", number + 1
    return wanted


def _moved(matrix: Mapping[str, Any], folder: Path, root: Path) -> dict[str, Any]:
    """Return a matrix with the paths of its canaries relative to another folder."""
    found = dict(matrix)
    found["canary"] = {
        name: {
            key: os.path.relpath(folder / value, root) if key in ("path", "overlay") else value
            for key, value in table.items()
        }
        for name, table in matrix.get("canary", {}).items()
    }
    return found
