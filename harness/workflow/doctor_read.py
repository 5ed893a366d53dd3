"""Reads what can be known of a project without running its command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from harness.doctor import choice, command, pytest_config
from harness.doctor.case import Case, Chooser, Chosen, Kind
from harness.doctor.inspection import Inspection
from harness.doctor.tree import Tree
from harness.errors import UsageError
from harness.ledger import Ledger
from harness.process import Cancel
from harness.workflow import doctor_run
from harness.workflow.doctor_run import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorRequest:
    """What the user asks."""

    path: Path
    words: tuple[str, ...] = ()  # the failing command; none: python -m pytest
    python: Path | None = None
    settings: str = ""
    is_static: bool = False
    is_server_allowed: bool = False  # use the project's own database server
    timeout_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The doctor's own surroundings."""

    cache: Path
    environ: Mapping[str, str]
    cancel: Cancel
    say: Callable[[str], None] = lambda text: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request with what lasts as long as it is worked on."""

    request: DoctorRequest
    around: Around
    ledger: Ledger
    stack: ExitStack  # ends the servers


def read(visit: Visit, stage: Stage, tree: Tree, words: tuple[str, ...]) -> Case:
    """Return what the files alone tell of the command *words*."""
    return case_of(tree, words, stage.environ, settings=visit.request.settings, cwd=stage.cwd)


def case_of(
    tree: Tree, words: tuple[str, ...], environ: Mapping[str, str], *, settings: str = "", cwd: str = ""
) -> Case:
    """Return what the files alone tell of a command run in *cwd*; *settings* is a module that the user names.

    Raises:
        UsageError: the command takes other settings than the user's.
    """
    asked = command.parse(words)
    environ = {**environ, **dict(asked.variables)}
    pytest = pytest_config.find(tree, asked.args if asked.kind is Kind.PYTEST else (), environ, cwd)
    manage = choice.find_manage(tree, asked, cwd)
    chosen = choice.choose(tree, asked, pytest, environ, manage)
    declared = _with_told(settings, chosen, choice.declared(tree, pytest, manage))
    meant = chosen.module or next((item.module for item in declared), "")
    return Case(
        tree=tree,
        command=asked,
        environ=environ,
        pytest=pytest,
        chosen=chosen,
        declared=declared,
        manage=manage,
        roots=choice.roots(tree, pytest, manage, meant, cwd),
    )


def _with_told(module: str, chosen: Chosen, declared: tuple[Chosen, ...]) -> tuple[Chosen, ...]:
    """Return the places that name settings, the user's own word first.

    Raises:
        UsageError: the command takes other settings than the user's.
    """
    if not module:
        return declared
    if chosen.module and chosen.module != module:
        where = f"{chosen.path}:{chosen.line}" if chosen.path else chosen.by.value
        raise UsageError(
            f"the command takes {chosen.module} ({where}), and --settings says {module}",
            remedy=f"leave --settings out, or let the command itself name {module} (--ds, or manage.py's --settings)",
        )
    return (Chosen(module=module, by=Chooser.USER, path="--settings"), *declared)


def inspected(visit: Visit, stage: Stage, case: Case) -> Case:
    """Return the case with Django's own description of the project.

    Raises:
        UsageError: the interpreter cannot run the inspector, or nobody says which of several settings is meant.
    """
    is_asking = not visit.request.is_static and not visit.request.is_server_allowed and not stage.servers
    found = doctor_run.inspect(stage, _module_to_inspect(case), case.roots, is_asking=is_asking)
    if isinstance(found, str):
        raise UsageError(
            f"{stage.python} cannot describe the project: {found}",
            remedy="run it there by hand: python -c 'import django; django.setup()'",
        )
    return replace(case, inspection=found)


def _module_to_inspect(case: Case) -> str:
    """Return the settings in force, or, where nobody names any, those that the project means.

    Raises:
        UsageError: there are several, and nothing names one.
    """
    if case.chosen.module:
        return case.chosen.module
    if case.declared:
        return case.declared[0].module
    known = choice.settings_modules(case.tree)
    if len(known) > 1:
        names = ", ".join(choice.dotted(path, case.roots) for path in known)
        raise UsageError(
            f"several settings modules, and nothing says which one is meant: {names}",
            remedy="harness doctor --settings MODULE, or set DJANGO_SETTINGS_MODULE",
        )
    return choice.dotted(known[0], case.roots) if known else ""


def served(visit: Visit, stage: Stage, found: Inspection | None) -> Stage:
    """Return the stage with isolated servers for what the settings need besides SQLite.

    Raises:
        UsageError: none can be started here.
        Infrastructure: one did not come up.
    """
    settings = found.settings if found is not None else None
    entries = settings.databases if settings is not None else ()
    if stage.servers or visit.request.is_server_allowed or found is None:
        return stage
    if not any(entry.vendor in ("postgresql", "mysql") for entry in entries):
        return stage
    from harness.workflow.doctor_server import stand_in  # what only such projects spend

    visit.around.say("starting an isolated database server")
    servers = stand_in(
        found,
        cache=visit.around.cache,
        scratch=stage.scratch,
        environ=visit.around.environ,
        ledger=visit.ledger,
        cancel=visit.around.cancel,
        stack=visit.stack,
    )
    return replace(stage, servers=servers)
