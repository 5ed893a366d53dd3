"""What a canary declares about its dependencies: of a project its metadata, else the package axes of the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.errors import NothingSelected, UsageError, nearest
from harness.model.cell import is_package_axis
from harness.model.package import Interpreter
from harness.model.plan import Axis
from harness.model.spec import CanarySpec, ProjectSpec
from harness.packages import wants
from harness.packages.markers import applies
from harness.packages.resolve import CONSTRAINT


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One dependency as it is declared."""

    name: str  # normalised
    requirement: str  # as written; empty for an axis of the matrix
    specifier: str  # "" where anything is allowed
    is_axis_only: bool = False  # the matrix says it, the project says nothing: the specifier limits no search
    trouble: str = ""  # why it cannot be searched


def of_project(canary: CanarySpec, interpreter: Interpreter) -> tuple[Declared, ...]:
    """Return the direct dependencies that a project has on *interpreter*, in the order of their declaration.

    They are those of its wheel without extras; of a project that is not installed itself, those of its `install` lines.
    """
    project = canary.project
    assert project is not None
    wheel = project.wheels[0][1] if project.wheels else None
    own = wheel.name if wheel is not None else ""
    lines = wheel.requires if wheel is not None else _lines(canary, project)
    found: dict[str, list[Requirement]] = {}
    for text in lines:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue  # what cannot be read was refused when the base was resolved
        name = str(canonicalize_name(requirement.name))
        if name != own and applies(requirement, interpreter):
            found.setdefault(name, []).append(requirement)
    return tuple(_joined(name, requirements) for name, requirements in found.items())


def of_axes(axes: Iterable[Axis]) -> tuple[Declared, ...]:
    """Return the package axes: the lowest release of each is what the matrix says to work."""
    found = []
    for axis in axes:
        versions = [value.exact for value in axis.values if value.exact]
        if is_package_axis(axis.name) and versions:
            lowest = min(versions, key=Version)
            found.append(Declared(name=axis.name, requirement="", specifier=f">={lowest}", is_axis_only=True))
    return tuple(found)


def chosen(declared: Sequence[Declared], names: Iterable[str], where: str) -> tuple[Declared, ...]:
    """Return those of *names*, or all of them where none is named.

    Raises:
        UsageError: one is not declared.
        NothingSelected: there is none.
    """
    by_name: Mapping[str, Declared] = {one.name: one for one in declared}
    if not by_name:
        raise NothingSelected(f"{where} declares no dependency", remedy="a canary with `install`, or a package axis")
    wanted = list(dict.fromkeys(str(canonicalize_name(name)) for name in names))
    for name in wanted:
        if name not in by_name:
            raise UsageError(
                f"{name!r} is no direct dependency of {where}{nearest(name, by_name)}",
                remedy=f"one of {', '.join(by_name)}",
            )
    return tuple(by_name[name] for name in wanted or by_name)


def _lines(canary: CanarySpec, project: ProjectSpec) -> tuple[str, ...]:
    lines = wants.requirements(project.install, canary.path, None)
    return tuple(line for line in lines if not line.startswith(CONSTRAINT))


def _joined(name: str, requirements: Sequence[Requirement]) -> Declared:
    """Return one dependency of all lines that name it."""
    specifier = SpecifierSet(",".join(filter(None, (str(one.specifier) for one in requirements))))
    trouble = "it is taken from an address, not from the index" if any(one.url for one in requirements) else ""
    return Declared(name=name, requirement=str(requirements[0]), specifier=str(specifier), trouble=trouble)
