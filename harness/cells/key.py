"""The run key: a hash of all that decides a cell's answer (DESIGN rule 4, decision 2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from harness.cells.commands import Command
from harness.cells.job import Job
from harness.model import codec
from harness.model.server import ServerIdentity

SCHEME = 1
"""Raised when the meaning of a part changes, so that no old answer is taken for a new one."""


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
    mode: str
    probe: str
    inherited: tuple[tuple[str, str], ...]


def run_key(job: Job, commands: tuple[Command, ...], *, probe_hash: str, inherited: tuple[tuple[str, str], ...]) -> str:
    """Return 32 hexadecimal digits.

    *commands* name the probe without its place, which says nothing about the answer. *inherited* are the user's
    variables that can change an answer (TZ, LANG, …).
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
        mode=job.mode.value,
        probe=probe_hash,
        inherited=inherited,
    )
    return hashlib.sha256(codec.dumps(parts).encode()).hexdigest()[:32]
