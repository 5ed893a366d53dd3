"""Writes a matrix for a project: what `harness init` does."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness import config
from harness.doctor.tree import Tree
from harness.errors import HarnessError, UsageError
from harness.interop.draft import Draft
from harness.interop.matrix_toml import written
from harness.interop.project import series
from harness.interop.project.complete import completed
from harness.interop.project.into_draft import draft, reach_of
from harness.interop.project.metadata import parsed
from harness.interop.project.question import Ask, Question
from harness.interop.project.series import Released
from harness.interop.view import InitView
from harness.model.cell import PYTHON
from harness.model.package import Release
from harness.packages.files import write_whole
from harness.packages.index import Index
from harness.packages.uv import Uv
from harness.process import Cancel
from harness.workflow import doctor_copy, init_read
from harness.workflow.init_tox import from_tox
from harness.workflow.place import Place
from harness.workflow.side_by_side import side_by_side

STDOUT = Path("-")
_DAY = dt.timedelta(days=1)
"""How old the index's answer may be."""


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
        read_project(tree, place, ask) if request.source is None else _of_tool(request.source, tree, place, ask, cancel)
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


def read_project(tree: Tree, place: Place, ask: Ask) -> Draft:
    """Return the draft of the project in *tree*.

    Raises:
        UsageError: nothing of Django is to be seen.
    """
    reading = init_read.read(tree, ask)
    if not init_read.speaks_of_django(tree, reading.basis):
        raise UsageError(
            f"{tree.root}: nothing of Django is to be seen: no requirement, no settings, no manage.py",
            remedy="name the folder of a Django project, or of a package for Django",
        )
    relative = os.path.relpath(tree.root.resolve(), place.matrix.parent.resolve())
    return draft(
        tree,
        reading.basis,
        reading.told,
        path=PurePosixPath(Path(relative).as_posix()),
        name=tree.root.resolve().name,
        releases=lambda: _django(place),
        unbuilt=lambda requirements, pythons: _unbuilt(requirements, pythons, place),
        today=place.now().date(),
        ask=ask,
    )


def _of_tool(source: Path, tree: Tree, place: Place, ask: Ask, cancel: Cancel) -> Draft:
    """Return the draft that another tool's file gives, completed with what the settings say of databases."""
    made = from_tox(source, tree, place, cancel)
    reading = init_read.read(tree, ask)
    reached = reach_of(tree, reading.basis, reading.told, ask)
    made = completed(made, reached, reading.told.settings)
    required = [text for canary in made.canaries for text in canary.requires]
    pythons = next((axis.values for axis in made.axes if axis.name == PYTHON), ())
    return replace(made, allow_build=tuple(sorted({*made.allow_build, *_unbuilt(required, pythons, place)})))


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


def _django(place: Place) -> tuple[Released, ...]:
    """Return Django's releases; none where the index gives no answer: a matrix can be written without it."""
    found = _releases("django", _index(place))
    return tuple(Released(version=item.version, uploaded=item.uploaded) for item in found if item.uploaded)


def _unbuilt(requirements: Collection[str], pythons: Collection[str], place: Place) -> frozenset[str]:
    """Return the packages that come as source alone: their newest release, or the one that is pinned, has no wheel
    for Linux, a pinned one for each of *pythons*. None where the index gives no answer."""
    index = _index(place)

    def is_unbuilt(text: str) -> bool:
        requirement = Requirement(text)
        known = _releases(requirement.name, index)
        pin = series.pinned(str(requirement.specifier))
        if pin:
            found = [item for item in known if Version(item.version) == Version(pin)]
            return any(not _has_wheel(item, python) for item in found for python in pythons)
        return any(not _has_wheel(item, "") for item in known[-1:])

    asked = sorted(text for text in requirements if parsed(text) is not None)
    found = zip(asked, side_by_side(is_unbuilt, asked), strict=True)
    return frozenset(str(canonicalize_name(Requirement(text).name)) for text, is_found in found if is_found)


def _has_wheel(release: Release, python: str) -> bool:
    """Tell whether a release has a wheel for Linux, and for a Python where one is named."""
    plain = f"cp{python.replace('.', '')}"
    return not release.has_sdist or any(
        (tag.endswith("-any") or "linux" in tag)
        and (not python or tag.startswith(("py3", "py2.py3", plain)) or "-abi3-" in tag)
        for tag in release.wheel_tags
    )


def _index(place: Place) -> Index:
    now = place.now()
    uv = Uv(cache=place.cache, environ=place.environ, project=place.matrix.parent, as_of=now, now=place.now)
    return Index(place.cache, as_of=now - _DAY, urls=uv.urls, now=place.now)


def _releases(name: str, index: Index) -> tuple[Release, ...]:
    try:
        return index.releases(name)
    except HarnessError:
        return ()


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text)
    except OSError as error:
        raise UsageError(
            f"cannot write {target}: {error.strerror}", remedy="--output FILE writes it elsewhere, --output - shows it"
        ) from error
