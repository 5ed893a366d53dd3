"""What a project says of itself as a package: name, versions, requirements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from harness.interop.project import poetry, setup_py
from harness.interop.project.files import Files, ini, lines, table, texts, toml


class Kind(Enum):
    """How a set of requirements is asked for."""

    EXTRA = "extra"
    GROUP = "dependency group"
    FILE = "requirement file"
    LISTED = "list of another tool"  # that no installer but that tool reads: to be written out


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Requirements under one name."""

    name: str
    kind: Kind
    requirements: tuple[str, ...]
    path: str  # the file that says so

    def has(self, *names: str) -> bool:
        """Tell whether it requires one of these packages."""
        return bool(package_names(self.requirements) & set(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """A project's own words; *sources* tell where a field was read."""

    name: str = ""
    is_package: bool = False  # it can be built
    requires_python: str = ""
    classifiers: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    sources: tuple[tuple[str, str], ...] = field(default=())

    def source(self, name: str) -> str:
        """Return the file in which a field was read."""
        return dict(self.sources).get(name, "")


def package_names(requirements: tuple[str, ...]) -> set[str]:
    """Return the normalised names of the packages that are required."""
    return {str(canonicalize_name(found.name)) for text in requirements if (found := parsed(text))}


def parsed(text: str) -> Requirement | None:
    """Return a requirement, None where it is none."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def read(files: Files) -> Metadata:
    """Return what pyproject.toml, setup.cfg and setup.py say; the first that says something of a field is believed."""
    found = Metadata()
    for path, part in ((path, part) for reader in _READERS for path, part in reader(files)):
        found = _joined(found, part, path)
    return found


def _joined(known: Metadata, more: Metadata, path: str) -> Metadata:
    sources = list(known.sources)
    taken: dict[str, object] = {}
    for name in ("name", "requires_python", "classifiers", "dependencies"):
        if not getattr(known, name) and getattr(more, name):
            taken[name] = getattr(more, name)
            sources.append((name, path))
    return replace(
        known,
        **taken,  # type: ignore[arg-type]  # each is of its field's type
        is_package=known.is_package or more.is_package,
        bundles=(*known.bundles, *more.bundles),
        sources=tuple(sources),
    )


def _pyproject(files: Files) -> Iterator[tuple[str, Metadata]]:
    path = "pyproject.toml"
    document = toml(files, path)
    project, tool = table(document, "project"), table(document, "tool")
    is_virtual = table(tool, "uv").get("package") is False or table(tool, "poetry").get("package-mode") is False
    has_backend = "build-system" in document
    extras = table(project, "optional-dependencies")
    yield (
        path,
        Metadata(
            name=str(project.get("name", "")),
            is_package=has_backend and not is_virtual and bool(project or "poetry" in tool or "flit" in tool),
            requires_python=str(project.get("requires-python", "")),
            classifiers=texts(project.get("classifiers")),
            dependencies=texts(project.get("dependencies")) or _dynamic(files, table(tool, "setuptools", "dynamic")),
            bundles=(
                *(_bundle(name, Kind.EXTRA, texts(extras[name]), path) for name in extras),
                *_groups(table(document, "dependency-groups"), path),
                *_listed(tool, path),
            ),
        ),
    )
    if "poetry" in tool:
        yield path, _poetry(table(tool, "poetry"), path)


def _bundle(name: str, kind: Kind, requirements: tuple[str, ...], path: str) -> Bundle:
    return Bundle(name=name, kind=kind, requirements=requirements, path=path)


def _dynamic(files: Files, said: dict[str, object]) -> tuple[str, ...]:
    """Return the dependencies that setuptools reads from files."""
    where = table(said, "dependencies").get("file", [])
    names = (where,) if isinstance(where, str) else texts(where)
    return tuple(line for name in names for line in lines(files.text(name)) if parsed(line))


def _groups(groups: dict[str, object], path: str) -> Iterator[Bundle]:
    for name in groups:
        yield _bundle(name, Kind.GROUP, tuple(_members(groups, name, ())), path)


def _members(groups: dict[str, object], name: str, above: tuple[str, ...]) -> Iterator[str]:
    """Yield the requirements of a dependency group, those of the groups that it includes, too."""
    known = {str(canonicalize_name(key)): value for key, value in groups.items()}
    key = str(canonicalize_name(name))
    members = known.get(key)
    for item in members if isinstance(members, list) and key not in above else ():
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict) and isinstance(item.get("include-group"), str):
            yield from _members(groups, item["include-group"], (*above, key))


def _listed(tool: dict[str, object], path: str) -> Iterator[Bundle]:
    """Yield what tools keep in tables of their own."""
    for name, members in table(tool, "pdm", "dev-dependencies").items():
        yield _bundle(name, Kind.LISTED, texts(members), path)
    if found := texts(table(tool, "uv").get("dev-dependencies")):
        yield _bundle("dev", Kind.LISTED, found, path)
    for name, env in table(tool, "hatch", "envs").items():
        said = env if isinstance(env, dict) else {}
        found = (*texts(said.get("dependencies")), *texts(said.get("extra-dependencies")))
        if found:
            yield _bundle(name, Kind.LISTED, found, path)


def _poetry(said: dict[str, object], path: str) -> Metadata:
    needed = table(said, "dependencies")
    groups = {"dev": table(said, "dev-dependencies")} | {
        name: table(group, "dependencies") for name, group in table(said, "group").items()
    }
    extras = table(said, "extras")
    return Metadata(
        name=str(said.get("name", "")),
        requires_python=poetry.specifier(needed.get("python", "")),
        classifiers=texts(said.get("classifiers")),
        dependencies=poetry.requirements(needed),
        bundles=(
            *(_bundle(name, Kind.EXTRA, texts(extras[name]), path) for name in extras),
            *(_bundle(name, Kind.LISTED, poetry.requirements(group), path) for name, group in groups.items() if group),
        ),
    )


def _setup_cfg(files: Files) -> Iterator[tuple[str, Metadata]]:
    path = "setup.cfg"
    parser = ini(files, path)

    def get(section: str, key: str) -> str:
        return parser.get(section, key, fallback="") or ""

    extras = parser.items("options.extras_require") if parser.has_section("options.extras_require") else []
    bundles = [_bundle(name, Kind.EXTRA, lines(text), path) for name, text in extras]
    if listed := lines(get("options", "tests_require")):
        bundles.append(_bundle("tests", Kind.LISTED, listed, path))
    yield (
        path,
        Metadata(
            name=get("metadata", "name"),
            is_package=bool(get("metadata", "name")) and (files.has("setup.py") or files.has("pyproject.toml")),
            requires_python=get("options", "python_requires"),
            classifiers=lines(get("metadata", "classifiers") or get("metadata", "classifier")),
            dependencies=lines(get("options", "install_requires")),
            bundles=tuple(bundles),
        ),
    )


def _setup_py(files: Files) -> Iterator[tuple[str, Metadata]]:
    path = "setup.py"
    said = setup_py.read(files.module(path))
    if said is None:
        return
    bundles = [_bundle(name, Kind.EXTRA, found, path) for name, found in said.extras]
    if said.tests:
        bundles.append(_bundle("tests", Kind.LISTED, said.tests, path))
    yield (
        path,
        Metadata(
            name=said.name,
            is_package=True,
            requires_python=said.requires_python,
            classifiers=said.classifiers,
            dependencies=said.dependencies,
            bundles=tuple(bundles),
        ),
    )


def _pipfile(files: Files) -> Iterator[tuple[str, Metadata]]:
    path = "Pipfile"
    document = toml(files, path)
    if not document:
        return
    python = table(document, "requires").get("python_version", "")
    dev = poetry.requirements(table(document, "dev-packages"))
    yield (
        path,
        Metadata(
            requires_python=f"=={python}.*" if python else "",
            dependencies=poetry.requirements(table(document, "packages")),
            bundles=(_bundle("dev", Kind.LISTED, dev, path),) if dev else (),
        ),
    )


_READERS = (_pyproject, _setup_cfg, _setup_py, _pipfile)
