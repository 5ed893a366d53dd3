"""One attempt at one cell: the exception boundary between what may fail and what is recorded."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from harness.cells import environ, junit, programs, project
from harness.cells.commands import commands, preparations
from harness.cells.folders import Folders, laid_out, settled, working_folder
from harness.cells.job import Job
from harness.cells.programs import NoProgram
from harness.cells.services import Services
from harness.errors import Infrastructure, Interrupted
from harness.model import protocol
from harness.model.cell import DATABASE
from harness.model.evidence import Evidence
from harness.model.package import Environment
from harness.model.record import Attempt, Ended, Timings, Trial
from harness.model.server import DjangoDatabases, Server
from harness.process import CUT_NOTE, Completed, Stop, end_strays, supervise

EVIDENCE_LIMIT_BYTES = 20_000_000

NOT_FOUND = 127
"""What a shell says of a program that is not there."""
_label = itertools.count(1)


class Phase(Enum):
    """What a cell is doing."""

    ENVIRONMENT = "environment"
    SERVER = "server"
    COPY = "copy"
    TESTS = "tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What an attempt left: the trial, the probe's files as they came, and whether its server outlived it."""

    trial: Trial
    evidence_files: tuple[bytes, ...]
    lost_server: bool = False


def attempt(job: Job, services: Services, *, key: str, number: int, phase: Callable[[Phase], None]) -> Made:
    """Try *job* once. Whatever goes wrong ends up in the attempt; only bugs of the harness are raised."""
    draft = Attempt(
        run_key=key,
        cell_id=job.cell.id,
        exact=job.exact,
        runner=job.runner,
        purpose=job.purpose,
        number=number,
        started_at=services.now(),
        ended=Ended.INFRASTRUCTURE,
        lock_hash=job.lock.hash,
        canary_hash=job.canary_hash,
        interpreter=f"{job.interpreter.implementation} {job.interpreter.version}",
        platform=job.interpreter.platform,
        provider=job.server.provider.value,
        server_source=job.server.source,
        server_digest=job.server.digest,
        log=f"{services.run_id:05}-{key[:16]}-{job.purpose.value}-{number}.log",
    )
    log = services.logs / draft.log
    log.write_text(f"# {job.cell.id}\n# runner: {job.runner.value}, attempt {number}\n", encoding="utf-8")
    folder = services.scratch / f"cell-{next(_label)}"
    try:
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            stack.callback(end_strays, folder)
            return _run(job, services, draft, folder, log, phase, stack)
    except Interrupted:
        draft = replace(draft, ended=Ended.CANCELLED, message="interrupted")
    except Infrastructure as error:
        draft = replace(draft, message=str(error))
    except OSError as error:
        draft = replace(draft, message=f"{error.strerror or error}: {error.filename or folder}")
    return Made(trial=Trial(attempt=draft, evidence=protocol.parse(())), evidence_files=())


def _run(
    job: Job,
    services: Services,
    draft: Attempt,
    folder: Path,
    log: Path,
    phase: Callable[[Phase], None],
    stack: ExitStack,
) -> Made:
    clock = _Clock()
    phase(Phase.ENVIRONMENT)
    made = services.environments.ensure(
        job.lock, job.interpreter, is_apart=job.canary.project is not None, cancel=services.cancel
    )
    environment_s = clock.lap()
    services.cancel.check()
    phase(Phase.SERVER)
    server = services.servers.get(job.cell[DATABASE])
    databases = stack.enter_context(server.lease(f"c{next(_label)}", job.canary.aliases))
    server_s = clock.lap()
    services.cancel.check()
    phase(Phase.COPY)
    folders = laid_out(job, services, folder)
    made, folders = settled(made, job, services, folders, environ.INJECTION)
    copy_s = clock.lap()
    phase(Phase.TESTS)
    done = _supervised(job, services, made, databases, folders, log)
    timings = Timings(environment_s=environment_s, server_s=server_s, copy_s=copy_s, test_s=clock.lap())
    secrets = _secrets(databases)
    evidence_files = (*_read(folders.evidence), *_junit(job, folders))
    files = tuple(_masked(content, secrets) for content in evidence_files)
    log.write_bytes(_masked(log.read_bytes(), secrets))
    draft = replace(
        _ended(draft, done, folder, services),
        timings=timings,
        server_version=server.version,
        log_was_cut=_was_cut(log),
    )
    is_good = draft.ended is Ended.EXITED and draft.exit_code == 0
    if not is_good and draft.ended is not Ended.CANCELLED and not server.is_alive():
        return _lost(draft, server, files, job, services)
    return Made(trial=Trial(attempt=draft, evidence=_parsed(files)), evidence_files=files)


def _supervised(
    job: Job,
    services: Services,
    made: Environment,
    databases: DjangoDatabases,
    folders: Folders,
    log: Path,
) -> _Done:
    """Run the commands one after the other until one does not simply exit; return how the last one ended."""
    limit = services.run.disk_limit_bytes
    probe = folders.probe / services.probe.name
    done = Completed(code=0, stop=Stop.EXITED)
    worst = 0
    for command in (*preparations(job.canary), *commands(job.mode, job.runner, job.canary, str(probe))):
        cwd = working_folder(job, folders) if command.run else folders.work
        env = environ.environment(
            job,
            command,
            number=command.run,
            inherited=services.inherited,
            databases=databases,
            probe=probe,
            evidence=folders.evidence,
            scratch=folders.scratch,
            bin_dir=Path(made.python).parent,
        )
        try:
            program = programs.find(command, made.python, env, cwd)
        except NoProgram as error:
            return _Done(completed=Completed(code=NOT_FOUND, stop=Stop.EXITED), unprepared=str(error))
        with ExitStack() as registered:
            done = supervise(
                (program, *command.args),
                timeout_s=services.run.timeouts.test_s,
                cwd=cwd,
                env=env,
                log=log,
                log_limit_bytes=services.run.log_limit_bytes,
                cancel=services.cancel,
                guard=lambda: _disk_guard(folders.root, limit),
                file_limit_bytes=limit,
                started=lambda pid, stack=registered: stack.enter_context(services.ledger.process(pid)),  # type: ignore[misc]
            )
        worst = worst or done.code
        if command.run == 0 and done.code != 0:
            words = f"`python {' '.join(command.args)}`, before the tests, ended with code {done.code}"
            return _Done(completed=done, unprepared=words)
        if done.stop is not Stop.EXITED or done.code < 0 or (command.is_step and done.code):
            return _Done(completed=done)
    return _Done(completed=replace(done, code=worst))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """How an attempt's last command ended; *unprepared* says why the tests were not begun, where they were not."""

    completed: Completed
    unprepared: str = ""


def _disk_guard(folder: Path, limit_bytes: int) -> str:
    used = project.size_bytes(folder)
    return f"wrote {used} bytes, more than the {limit_bytes} allowed" if used >= limit_bytes else ""


def _ended(draft: Attempt, last: _Done, folder: Path, services: Services) -> Attempt:
    done = last.completed
    message = done.guard_message or _disk_guard(folder, services.run.disk_limit_bytes)
    if message and done.stop is not Stop.CANCELLED:
        return replace(draft, ended=Ended.DISK_LIMIT, exit_code=done.code, message=message)
    match done.stop:
        case Stop.CANCELLED:
            return replace(draft, ended=Ended.CANCELLED, exit_code=done.code, message="interrupted")
        case Stop.TIMED_OUT:
            limit = services.run.timeouts.test_s
            return replace(
                draft, ended=Ended.TIMED_OUT, exit_code=done.code, message=f"still running after {limit:g} s"
            )
        case _ if done.code < 0:
            return replace(draft, ended=Ended.SIGNALLED, exit_code=done.code, message=f"ended by signal {-done.code}")
        case _ if last.unprepared:
            return replace(draft, ended=Ended.UNPREPARED, exit_code=done.code, message=last.unprepared)
        case _:
            return replace(draft, ended=Ended.EXITED, exit_code=done.code)


def _lost(draft: Attempt, server: Server, files: tuple[bytes, ...], job: Job, services: Services) -> Made:
    """The server died under the cell: that says nothing about the cell."""
    name = job.cell[DATABASE]
    draft = replace(
        draft, ended=Ended.INFRASTRUCTURE, message=f"the server of {name} died; its last words:\n{server.log_tail()}"
    )
    services.servers.replace(name, server)
    return Made(trial=Trial(attempt=draft, evidence=_parsed(files)), evidence_files=files, lost_server=True)


def _secrets(databases: DjangoDatabases) -> tuple[bytes, ...]:
    passwords = {str(entry["PASSWORD"]) for entry in databases.values() if entry.get("PASSWORD")}
    return tuple(password.encode() for password in sorted(passwords))


def _masked(content: bytes, secrets: tuple[bytes, ...]) -> bytes:
    """Return what a cell wrote without the passwords it was given (DESIGN rule 9)."""
    for secret in secrets:
        content = content.replace(secret, b"***")
    return content


def _was_cut(log: Path) -> bool:
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 300))
        return CUT_NOTE.encode() in file.read()


def _read(folder: Path) -> tuple[bytes, ...]:
    contents = []
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as file:
            contents.append(file.read(EVIDENCE_LIMIT_BYTES + 1_000_000))
    return tuple(contents)


def _junit(job: Job, folders: Folders) -> tuple[bytes, ...]:
    """Return the tests of the project's own JUnit file as evidence, where it says which that is."""
    if job.canary.project is None or not job.canary.project.junit:
        return ()
    path = working_folder(job, folders) / job.canary.project.junit
    if not path.is_file() or path.stat().st_size > EVIDENCE_LIMIT_BYTES:
        return ()
    found = junit.evidence(path.read_bytes(), python=job.interpreter.version)
    return (found,) if found else ()


def _parsed(files: tuple[bytes, ...]) -> Evidence:
    lines = [content.decode("utf-8", "replace").split("\n") for content in files]
    return protocol.parse([[line for line in one if line] for one in lines])


class _Clock:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def lap(self) -> float:
        now = time.monotonic()
        self._last, passed = now, now - self._last
        return passed
