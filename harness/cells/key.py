"""The run key: a hash of all that decides a cell's answer (DESIGN rule 4, decision 2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from harness.cells.commands import Command, commands
from harness.cells.environ import ALLOWED
from harness.cells.job import Job
from harness.cells.services import Services
from harness.model import codec
from harness.model.server import ServerIdentity

SCHEME = 1
"""Raised when the meaning of a part changes, so that no old answer is taken for a new one."""

ANSWER_CHANGING = ALLOWED - {"TEMP", "TMP", "TMPDIR"}
"""Of the user's variables that reach a cell, those that can change its answer; its temporary folder is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    scheme: int
    lock: str
    interpreter: str
    platform: str
    sqlite: str
    server: ServerIdentity
    canary: str
    settings: str
    aliases: tuple[str, ...]
    prepare: tuple[tuple[str, ...], ...]
    runner: str
    commands: tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...]
    project: tuple[str, ...]
    mode: str
    probe: str
    inherited: tuple[tuple[str, str], ...]


def run_key(
    job: Job,
    commands: tuple[Command, ...],
    *,
    probe_hash: str,
    inherited: tuple[tuple[str, str], ...],
    passed: tuple[tuple[str, str], ...] = (),
) -> str:
    """Return 32 hexadecimal digits.

    *commands* name the probe without its place, which says nothing about the answer. *inherited* are the user's
    variables that can change an answer (TZ, LANG, …), *passed* those that a project asks for.
    """
    parts = _Parts(
        scheme=SCHEME,
        lock=job.lock.hash,
        interpreter=job.interpreter.build,
        platform=job.interpreter.platform,
        sqlite=job.interpreter.sqlite_version,
        server=job.server,
        canary=job.canary_hash,
        settings=job.canary.settings,
        aliases=job.canary.aliases,
        prepare=job.canary.prepare,
        runner=job.runner.value,
        commands=tuple((item.args, item.env) for item in commands),
        project=_project(job, commands, passed),
        mode=job.mode.value,
        probe=probe_hash,
        inherited=inherited,
    )
    return hashlib.sha256(codec.dumps(parts).encode()).hexdigest()[:32]


def key_of(job: Job, services: Services) -> str:
    """Return the run key of *job* where *services* are."""
    given, project = services.inherited, job.canary.project
    return run_key(
        job,
        commands(job.mode, job.runner, job.canary, services.probe.name),
        probe_hash=services.probe_hash,
        inherited=answer_changing(given),
        passed=tuple((name, given[name]) for name in (project.pass_env if project else ()) if name in given),
    )


def answer_changing(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the variables of *environ* that a run key holds, sorted."""
    return tuple(sorted((name, environ[name]) for name in ANSWER_CHANGING if name in environ))


def _project(job: Job, commands: tuple[Command, ...], passed: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return what decides the answer of a project, beside its files and what is installed."""
    project = job.canary.project
    if project is None:
        return ()
    programs = (command.program for command in commands)
    variables = (f"{name}={value}" for name, value in (*project.env, *passed))
    return (project.cwd, project.inject.value, project.junit, str(project.is_editable), *programs, *variables)
