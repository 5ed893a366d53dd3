"""A cell to enter: its environment, a working copy and its database, for as long as somebody is in it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import harness
from harness.cells import environ, project
from harness.cells.commands import Command, unobserved
from harness.cells.folders import Folders, laid_out, settled, working_folder
from harness.cells.servers import ServerPool
from harness.cells.services import Services
from harness.databases import Context
from harness.errors import Infrastructure, UsageError
from harness.model.cell import DATABASE
from harness.model.package import Environment
from harness.model.server import Absent, DjangoDatabases, Server
from harness.model.spec import Engine, MatrixSpec
from harness.packages.environments import Environments
from harness.plan.select import Selection
from harness.process import Cancel, end_strays, foreground
from harness.store.store import Store
from harness.workflow.events import Watcher
from harness.workflow.one_cell import OneCell, look_up, offer, revive
from harness.workflow.place import Place
from harness.workflow.prepare import Options
from harness.workflow.probing import Ground, survey
from harness.workflow.run import surroundings

_OF_A_TERMINAL = (
    *("TERM", "TERMINFO", "COLORTERM", "NO_COLOR", "LINES", "COLUMNS", "EDITOR", "VISUAL", "PAGER"),
    *("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"),
)
"""What a person at a terminal needs beside a cell's variables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A cell that can be entered."""

    work: Path
    env: Mapping[str, str]
    described: str  # what is where, in one line
    notes: tuple[str, ...]


@contextmanager
def opened(spec: MatrixSpec, place: Place, text: str, watcher: Watcher, cancel: Cancel) -> Iterator[Opened]:
    """Make everything that a cell runs in, and remove it afterwards.

    Raises:
        UsageError: no cell is meant.
        NothingSelected: the cell cannot be tested.
        Infrastructure: its environment cannot be made, or its server does not start.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(place.store))
        cell, view = look_up(spec, place, store, text)
        as_of = store.run(view.run).as_of if view is not None else None
        context = stack.enter_context(surroundings(place, watcher, cancel))
        ground = survey(spec, place, Options(selection=Selection(), as_of=as_of), context, watcher)
        one = revive(ground, cell, view)
        answer = offer(ground, one)
        if isinstance(answer, Absent):
            raise Infrastructure(f"{cell[DATABASE]}: {answer.detail}", remedy=answer.remedy)
        one = replace(one, job=replace(one.job, server=answer.identity))
        watcher.stage(f"preparing {cell.id}")
        pool = stack.enter_context(ServerPool({cell[DATABASE]: answer}, timeout_s=spec.run.timeouts.server_s))
        services = _services(ground, context, pool, stack)
        made = services.environments.ensure(
            one.job.lock, one.job.interpreter, is_apart=one.job.canary.project is not None, cancel=cancel
        )
        server = pool.get(cell[DATABASE])
        databases = stack.enter_context(server.lease("shell", one.job.canary.aliases))
        root = context.scratch / "cell"
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        stack.callback(end_strays, root)
        folders = laid_out(one.job, services, root)
        made, folders = settled(made, one.job, services, folders, environ.INJECTION)
        yield Opened(
            work=working_folder(one.job, folders),
            env=_environment(place, one, services, made, databases, folders),
            described=_described(one, server, made, folders),
            notes=one.notes,
        )


def enter(place: Opened, command: tuple[str, ...]) -> int:
    """Run *command*, or the user's shell, in the cell and return its exit code.

    Raises:
        UsageError: there is no such program.
    """
    command = command or (place.env.get("SHELL") or "/bin/sh",)
    name = str(place.work / command[0]) if os.sep in command[0] else command[0]
    program = shutil.which(name, path=place.env["PATH"])
    if program is None:
        raise UsageError(f"the cell has no program {command[0]}", remedy="a program on its PATH, or a path to one")
    return foreground((program, *command[1:]), cwd=place.work, env=place.env)


def _services(ground: Ground, context: Context, pool: ServerPool, stack: ExitStack) -> Services:
    place, run = ground.place, ground.spec.run
    probe = Path(harness.__path__[0]) / "probe" / "harness_probe.py"
    environments = Environments(
        place.cache, uv=ground.uv, allow_build=run.allow_build, timeout_s=run.timeouts.install_s
    )
    return Services(
        environments=stack.enter_context(environments),
        servers=pool,
        ledger=context.ledger,
        cancel=context.cancel,
        run=run,
        run_id=0,
        probe=probe,
        probe_hash=project.digest(probe.parent),
        scratch=context.scratch,
        logs=place.logs,
        cache=place.cache,
        inherited=environ.without_own_programs(place.environ, sys.prefix),
        now=place.now,
    )


def _environment(
    place: Place,
    one: OneCell,
    services: Services,
    made: Environment,
    databases: DjangoDatabases,
    folders: Folders,
) -> dict[str, str]:
    cell = environ.environment(
        one.job,
        Command(args=()),
        number=1,
        inherited=services.inherited,
        databases=databases,
        probe=folders.probe / services.probe.name,
        evidence=folders.evidence,
        scratch=folders.scratch,
        bin_dir=Path(made.python).parent,
    )
    terminal = {name: place.environ[name] for name in _OF_A_TERMINAL if name in place.environ}
    return {**terminal, **cell, "VIRTUAL_ENV": made.path}


def _described(one: OneCell, server: Server, made: Environment, folders: Folders) -> str:
    job = one.job
    database = job.database.name
    if job.database.engine is not Engine.SQLITE:
        database += f" {server.version} ({server.identity.provider.value})"
    runs = " && ".join(" ".join(words) for words in unobserved(job.mode, job.canary))
    return (
        f"{job.interpreter.implementation} {job.interpreter.version} of {made.path}, {database} in HARNESS_DATABASES,"
        f" a copy of {job.canary.name} in {folders.work}; its tests: {runs}"
    )
