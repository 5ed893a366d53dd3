"""Makes the projects of a matrix ready: builds their wheels, reads what they require."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from harness.cells import project
from harness.errors import UsageError
from harness.model.cell import CANARY, PYTHON
from harness.model.package import Interpreter, Lock
from harness.model.plan import Nogood, Why
from harness.model.spec import CanarySpec, MatrixSpec
from harness.model.wheel import Wheel, with_wheel, without
from harness.packages import wants, wheels
from harness.packages.uv import Uv
from harness.packages.wheels import NotBuilt
from harness.process import Cancel
from harness.workflow.events import Watcher
from harness.workflow.side_by_side import side_by_side


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """What building takes."""

    uv: Uv
    cache: Path
    timeout_s: float
    cancel: Cancel
    watcher: Watcher


def ready(
    spec: MatrixSpec, pythons: Mapping[str, Interpreter], builder: Builder
) -> tuple[MatrixSpec, tuple[Nogood, ...]]:
    """Return the matrix with its projects' wheels and requirements filled in, and what of it cannot be tested.

    Raises:
        UsageError: a project's files, or its requirement files, cannot be read.
        Infrastructure: the index gave no answer.
    """
    axis = [value for value in spec.axis(CANARY).values if isinstance(value, str)]
    wanted = [canary for canary in spec.canaries if canary.project is not None and canary.name in axis]
    if not wanted or not pythons:
        return spec, ()
    if any(wants.wants_itself(canary.project.install) for canary in wanted if canary.project):
        builder.watcher.stage("building projects")
    found = side_by_side(lambda canary: _ready(canary, pythons, builder), wanted)
    made = dict(zip([canary.name for canary in wanted], found, strict=True))
    canaries = tuple(made[canary.name][0] if canary.name in made else canary for canary in spec.canaries)
    return replace(spec, canaries=canaries), tuple(nogood for _, nogoods in found for nogood in nogoods)


def _ready(
    canary: CanarySpec, pythons: Mapping[str, Interpreter], builder: Builder
) -> tuple[CanarySpec, tuple[Nogood, ...]]:
    assert canary.project is not None
    install = canary.project.install
    for name in wants.files(install):
        if not (canary.path / name).is_file():
            raise UsageError(f"canary.{canary.name}.install: {canary.path / name} is no file")
    built: tuple[tuple[str, Wheel], ...] = ()
    if wants.wants_itself(install):
        try:
            built = _wheels(canary, sorted(set(pythons.values()), key=_newest_first), builder)
        except NotBuilt as error:
            detail = f"the project cannot be built: {error}"
            return canary, (Nogood(values=((CANARY, canary.name),), why=Why.NOT_BUILT, detail=detail),)
    wheel = built[0][1] if built else None
    required = wants.requirements(install, canary.path, wheel)
    filled = replace(
        canary,
        requires=(*canary.requires, *required),
        project=replace(canary.project, wheels=built, is_editable=wants.is_editable(install)),
    )
    return filled, tuple(_refused(canary, wheel, pythons)) if wheel is not None else ()


def _newest_first(interpreter: Interpreter) -> tuple[int, ...]:
    return tuple(-part for part in Version(interpreter.version).release)


def _wheels(canary: CanarySpec, interpreters: Sequence[Interpreter], builder: Builder) -> tuple[tuple[str, Wheel], ...]:
    """Build with the newest Python that the project takes; for each, where what comes of it is not for all."""
    tree_hash = project.digest(canary.path, canary.changes)
    git = canary.path / ".git"

    def build(interpreter: Interpreter) -> tuple[str, Wheel]:
        wheel = wheels.build(
            tree_hash,
            lambda target: _copy(canary, target),
            interpreter,
            builder.cache,
            uv=builder.uv,
            version_control=git.resolve() if git.exists() else None,
            timeout_s=builder.timeout_s,
            cancel=builder.cancel,
        )
        return minor_of(interpreter), wheel

    first = build(interpreters[0])
    if first[1].is_for_any_python:
        return tuple((minor_of(interpreter), first[1]) for interpreter in interpreters)
    return (first, *(build(interpreter) for interpreter in interpreters[1:] if takes(first[1], interpreter)))


def _copy(canary: CanarySpec, target: Path) -> None:
    """Copy what is built; what of ours may be under version control lies there, or its version would be a dirty one."""
    project.copy(canary.path, canary.changes, target)
    for name in project.OWN_FILES:
        if (canary.path / name).is_file():
            shutil.copy2(canary.path / name, target / name)


def minor_of(interpreter: Interpreter) -> str:
    """Return "3.12" of 3.12.1."""
    return ".".join(interpreter.version.split(".")[:2])


def takes(wheel: Wheel, interpreter: Interpreter) -> bool:
    """Tell whether a project says that it runs on an interpreter."""
    try:
        return SpecifierSet(wheel.requires_python).contains(interpreter.version, prereleases=True)
    except InvalidSpecifier:
        return True


def _refused(canary: CanarySpec, wheel: Wheel, pythons: Mapping[str, Interpreter]) -> Iterable[Nogood]:
    for value, interpreter in pythons.items():
        if not takes(wheel, interpreter):
            yield Nogood(
                values=((CANARY, canary.name), (PYTHON, value)),
                why=Why.REQUIRES_PYTHON,
                detail=f"{wheel.name} {wheel.version} requires Python {wheel.requires_python}",
            )


def installed(lock: Lock, canary: CanarySpec, interpreter: Interpreter) -> Lock:
    """Return what is installed for a cell: its lock with the project's wheel, or without it where it is editable."""
    wheel = dict(canary.project.wheels).get(minor_of(interpreter)) if canary.project else None
    if wheel is None:
        return lock
    assert canary.project is not None
    return without(lock, wheel.name) if canary.project.is_editable else with_wheel(lock, wheel)
