"""A project, read, as a draft of its matrix."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.interop.draft import Draft, DraftAxis
from harness.interop.project import (
    axes,
    databases,
    hints,
    import_path,
    install,
    needed,
    reach,
    requirement_files,
    settings_chain,
)
from harness.interop.project import metadata as metadata_of
from harness.interop.project.axes import Releases
from harness.interop.project.files import Files, broken
from harness.interop.project.how_tested import Asked, HowTested, Runner, has_tests
from harness.interop.project.how_tested import find as find_how_tested
from harness.interop.project.import_path import Place
from harness.interop.project.install import Install
from harness.interop.project.metadata import Metadata, package_names
from harness.interop.project.needed import Needed
from harness.interop.project.question import Ask
from harness.interop.project.reach import Reach
from harness.interop.project.requirement_files import RequirementFile
from harness.interop.project.settings_chain import Chain
from harness.interop.project.variables import variables_in
from harness.model.cell import CANARY, DATABASE, MODE
from harness.model.spec import CanarySpec, Engine, Injection, Mode, ProjectSpec

Unbuilt = Callable[[Collection[str], Collection[str]], frozenset[str]]
"""Tells which of some requirements come as source alone to one of some Pythons: they are built, or not to be had."""
TEST_S = 1800
"""A project's suite may be long."""
_CONFIGURES = ("conftest.py", "runtests.py", "run_tests.py", "boot_django.py", "__init__.py")
"""Files that configure Django by themselves, where no settings module does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What is read first: it decides how the rest is to be understood."""

    metadata: Metadata
    requirement_files: tuple[RequirementFile, ...]
    how_tested: HowTested

    @property
    def packages(self) -> frozenset[str]:
        """Return the names of all packages that the project requires anywhere."""
        found = [*self.metadata.dependencies, *(text for item in self.metadata.bundles for text in item.requirements)]
        found += [text for item in self.requirement_files for text in item.requirements]
        return frozenset(package_names(tuple(found)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of the command's surroundings: who chooses the settings, and what configures pytest."""

    settings: str  # empty: none is known, or the project's own code decides
    settings_because: str
    roots: tuple[str, ...]  # folders that modules are imported from
    manage: str
    cwd: str  # where the command is run; empty: at the top
    addopts: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    is_pytest_django: bool = False  # pytest's configuration names settings
    left: tuple[str, ...] = ()


def basis(files: Files, *, pytest_section: str, manage: str) -> Basis:
    """Read what does not depend on the settings."""
    found = metadata_of.read(files)
    known = requirement_files.find(files)
    first = Basis(
        metadata=found,
        requirement_files=known,
        how_tested=HowTested(runner=Runner.PYTEST, line="", because=""),
    )
    asked = Asked(pytest_section=pytest_section, manage=manage, requirements=first.packages)
    return Basis(metadata=found, requirement_files=known, how_tested=find_how_tested(files, asked))


def draft(
    files: Files,
    read: Basis,
    told: Told,
    *,
    path: Path,
    name: str,
    releases: Releases,
    unbuilt: Unbuilt,
    today: dt.date,
    ask: Ask,
) -> Draft:
    """Return the draft. *path* leads from the file to the project, *name* is the folder's."""
    wanted = install.decide(
        read.metadata,
        read.requirement_files,
        read.how_tested.runner,
        told.addopts,
        is_pytest_django=told.is_pytest_django,
        told=hints.tox_requirements(files),
    )
    chain, reached = _chain(files, told), reach_of(files, read, told, ask)
    variables = needed.find(files, chain, [key for key, _ in reached.env] + ["DATABASE_URL"], ask)
    found = axes.find(files, read.metadata, wanted, releases, today)
    place = _place(files, read, told)
    canary = _canary(files, read, told, wanted, reached, variables, place, path, _name(read.metadata.name or name))
    return Draft(
        axes=(
            *found.axes,
            DraftAxis(name=DATABASE, values=tuple(item.name for item in reached.databases), because=reached.because),
            DraftAxis(name=CANARY, values=(canary.name,)),
            DraftAxis(name=MODE, values=(Mode.PLAIN.value,), because="as the project's own configuration says"),
        ),
        databases=tuple(item for item in reached.databases if item.engine is not Engine.SQLITE),
        canaries=(canary,),
        allow_build=tuple(sorted({*reached.allow_build, *unbuilt(wanted.requirements, found.axes[0].values)})),
        test_s=TEST_S,
        because=tuple(_because(canary.name, read, told, wanted, reached, variables, place)),
        left=(*broken(files), *told.left, *wanted.left, *reached.left, *found.left, *variables.left, *_left(files)),
    )


def _place(files: Files, read: Basis, told: Told) -> Place:
    """Return where the command is run."""
    return import_path.find(
        files,
        read.how_tested.runner,
        cwd=told.cwd,
        settings=told.settings,
        roots=told.roots,
        pythonpath=told.pythonpath,
    )


def reach_of(files: Files, read: Basis, told: Told, ask: Ask) -> Reach:
    """Return how a cell's database gets into the project."""
    chain = _chain(files, told)
    context = reach.Context(
        files=files,
        packages=read.packages,
        settings=told.settings,
        needs_postgresql=_needs_postgresql(files, chain),
    )
    taken = databases.read(files, chain)
    others = [entry for entry in databases.read(files, chain, is_every=True) if entry not in taken]
    return reach.with_others(reach.decide(taken, context, ask), others)


def variables_of(files: Files, told: Told) -> frozenset[str]:
    """Return the variables that the settings read."""
    modules = filter(None, map(files.module, _chain(files, told).paths))
    return frozenset(found.name for module in modules for found in variables_in(module))


def _chain(files: Files, told: Told) -> Chain:
    """Return the settings' files, or the script or conftest that configures Django by itself."""
    if told.settings:
        return settings_chain.chain(files, told.settings, told.roots)
    known = (path for path in files.paths if path.rpartition("/")[2] in _CONFIGURES)
    found = next((path for path in known if "settings.configure(" in files.text(path)), "")
    return settings_chain.of_file(files, found) if found else Chain(paths=(), names={})


def _needs_postgresql(files: Files, chain: Chain) -> str:
    """Return a file that cannot do without PostgreSQL: its app is installed, or a model has its fields."""
    for path in chain.paths:
        if re.search(r"[\"']django\.contrib\.postgres[\"']", files.text(path)):
            return path
    for path in files.paths:
        if path.rpartition("/")[2] == "models.py" and "django.contrib.postgres" in files.text(path):
            return path
    return ""


def _canary(
    files: Files,
    read: Basis,
    told: Told,
    wanted: Install,
    reached: Reach,
    variables: Needed,
    place: Place,
    path: Path,
    name: str,
) -> CanarySpec:
    engines = {item.engine: f"{item.name.partition('-')[0]}-*" for item in reached.databases}
    return CanarySpec(
        name=name,
        path=path,
        settings=told.settings,
        requires=wanted.requires,
        databases=tuple(engines.values()),
        aliases=reached.aliases,
        allow_skips=True,
        project=ProjectSpec(
            install=wanted.install,
            commands=(tuple(_command(files, read.how_tested, told, place)),),
            cwd=place.cwd or ".",
            env=(*reached.env, *variables.env, *((("PYTHONPATH", place.path),) if place.path else ())),
            pass_env=variables.pass_env,
            inject=reached.inject,
        ),
    )


def _command(files: Files, run: HowTested, told: Told, place: Place) -> Iterator[str]:
    if run.line and run.runner is not Runner.PYTEST:
        yield from shlex.split(run.line)
        return
    match run.runner:
        case Runner.PYTEST:
            yield from ("python", "-m", "pytest") if _needs_own_folder(files, told, place) else ("pytest",)
        case Runner.MANAGE:
            script = told.manage.removeprefix(f"{told.cwd}/") if told.cwd else told.manage
            yield from ("python", script, "test")
        case Runner.SCRIPT | Runner.DJANGO:
            yield from ("python", "-m", "django", "test")


def _needs_own_folder(files: Files, told: Told, place: Place) -> bool:
    """Tell whether pytest finds the settings only if it is run as a module: nothing else puts their folder in place."""
    file = files.module_file(told.settings, told.roots) if told.settings else ""
    if not file or place.path or file.startswith("src/") or any(_inside(file, folder) for folder in told.pythonpath):
        return False
    return not import_path.finds_manage(files, place.cwd, import_path.root_of(file, told.settings))


def _inside(file: str, folder: str) -> bool:
    return folder in ("", ".") or file.startswith(f"{folder.rstrip('/')}/")


def _name(text: str) -> str:
    """Return a name for the canary: letters, digits, dots, dashes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._") or "project"


def _because(
    name: str, read: Basis, told: Told, wanted: Install, reached: Reach, variables: Needed, place: Place
) -> Iterator[tuple[str, str]]:
    yield f"canary.{name}.install", wanted.because
    yield f"canary.{name}.settings", told.settings_because
    yield f"canary.{name}.command", read.how_tested.because
    if reached.inject is Injection.SETTINGS:
        yield f"canary.{name}.inject", reached.inject_because
    if place.cwd != told.cwd:
        yield f"canary.{name}.cwd", place.because
    words = [*([reached.env_because] if reached.env else []), *variables.because]
    yield f"canary.{name}.env", "; ".join([*words, *([place.because] if place.path else [])])
    yield "run.timeouts", "a project's suite may be long"
    yield "run.allow_build", "has no wheels"


def _left(files: Files) -> Iterator[str]:
    if not has_tests(files):
        yield "no file looks like tests: a run without any is a failure"
