"""Writes a matrix for a project: what `harness init` does."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.utils import canonicalize_name

from harness import config
from harness.doctor.tree import Tree
from harness.errors import UsageError
from harness.interop.draft import Draft
from harness.interop.matrix_toml import written
from harness.interop.project.complete import completed
from harness.interop.project.files import broken
from harness.interop.project.into_draft import draft, reach_of, variables_of
from harness.interop.project.metadata import package_names
from harness.interop.project.question import Ask, Question
from harness.interop.view import InitView
from harness.model.cell import PYTHON
from harness.packages.files import write_whole
from harness.process import Cancel
from harness.workflow import doctor_copy, init_index, init_read
from harness.workflow.init_tox import from_tox
from harness.workflow.place import Place

STDOUT = Path("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class InitRequest:
    """What the user asks."""

    path: Path
    source: Path | None = None  # another tool's file that says what is tested
    output: Path | None = None  # `STDOUT`: nowhere; without it, `matrix.toml` in *path*
    is_forced: bool = False


def init(request: InitRequest, place: Place, ask: Ask, cancel: Cancel) -> InitView:
    """Read a project and write its matrix. *place* is that of the file to be.

    Raises:
        UsageError: there is no such folder, nothing of Django in it, or the file is there already or cannot be written.
    """
    target = None if request.output == STDOUT else place.matrix
    if target is not None and target.exists() and not request.is_forced:
        raise UsageError(f"{target} is there already", remedy="--force replaces it, --output FILE writes another")
    tree = _tree(request.path, ask)
    made = (
        read_project(tree, place, ask, cancel)
        if request.source is None
        else _of_tool(request.source, tree, place, ask, cancel)
    )
    text = written(made)
    if target is not None:
        _write(target, text)
        config.load(target, today=place.now().date())
    return InitView(path=target, text=text, draft=made)


def place_of(request: InitRequest, cache: Path, environ: dict[str, str]) -> Place:
    """Return where the matrix is going to lie."""
    output = request.output if request.output not in (None, STDOUT) else None
    matrix = output or request.path / "matrix.toml"
    return Place(
        matrix=matrix,
        state=matrix.parent / ".harness",
        cache=cache,
        environ=environ,
        now=lambda: dt.datetime.now(dt.UTC),
    )


def read_project(tree: Tree, place: Place, ask: Ask, cancel: Cancel) -> Draft:
    """Return the draft of the project in *tree*.

    Raises:
        UsageError: nothing of Django is to be seen.
    """
    reading = init_read.read(tree, ask)
    if not init_read.speaks_of_django(tree, reading.basis):
        words = f"{tree.root}: nothing of Django is to be seen: no requirement, no settings, no manage.py"
        raise UsageError(
            "; ".join((words, *broken(tree))),
            remedy="name the folder of a Django project, or of a package for Django",
        )
    relative = os.path.relpath(tree.root.resolve(), place.matrix.parent.resolve())
    return draft(
        tree,
        reading.basis,
        reading.told,
        path=Path(relative),
        name=tree.root.resolve().name,
        releases=lambda: init_index.django(place),
        unbuilt=lambda requirements, pythons: init_index.to_be_built(
            _of_others(requirements, reading.basis.metadata.name), pythons, place, init_index.resolving(place, cancel)
        ),
        today=place.now().date(),
        ask=ask,
    )


def _of_others(requirements: Collection[str], name: str) -> tuple[str, ...]:
    """Return the requirements without those on the project itself: it need not be on the index."""
    return tuple(text for text in requirements if canonicalize_name(name) not in package_names((text,)))


def _of_tool(source: Path, tree: Tree, place: Place, ask: Ask, cancel: Cancel) -> Draft:
    """Return the draft that another tool's file gives, completed with what the settings say of databases."""
    reading = init_read.read(tree, ask)
    reached = reach_of(tree, reading.basis, reading.told, ask)
    made = from_tox(source, tree, place, cancel, told=reading.told, reached=reached)
    made = completed(made, reached, reading.told.settings, variables_of(tree, reading.told))
    required = [text for canary in made.canaries for text in canary.requires]
    pythons = next((axis.values for axis in made.axes if axis.name == PYTHON), ())
    return replace(made, allow_build=tuple(sorted({*made.allow_build, *init_index.unbuilt(required, pythons, place)})))


def _tree(path: Path, ask: Ask) -> Tree:
    """Return the project's files: those of *path*, or of the project below it where it is none itself."""
    if not path.is_dir():
        raise UsageError(f"there is no folder {path}", remedy="name the folder of a Django project")
    whole = _files(path)
    found = init_read.projects(whole)
    if not found or found == ("",):
        return whole
    chosen = found[0]
    if len(found) > 1:
        text = f"{path} holds several projects. Which one is it?"
        chosen = ask(Question(text=text, default=_with_manage(whole, found), choices=found))
    return _files(path / chosen)


def _with_manage(tree: Tree, folders: Sequence[str]) -> str:
    return next((folder for folder in folders if tree.has(f"{folder}/manage.py")), folders[0])


def _files(folder: Path) -> Tree:
    try:
        return Tree(root=folder, paths=tuple(sorted(doctor_copy.names(folder))))
    except OSError as error:
        raise UsageError(f"cannot read {error.filename or folder}: {error.strerror}") from error


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text)
    except OSError as error:
        raise UsageError(
            f"cannot write {target}: {error.strerror}", remedy="--output FILE writes it elsewhere, --output - shows it"
        ) from error
