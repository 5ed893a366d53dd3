"""Executes a bundle's script as a person would, outside of the harness's environments."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from harness.analysis.outside.compare import Leavings, Left
from harness.analysis.outside.tracebacks import Whereabouts
from harness.cells import junit
from harness.cells.commands import preparations, unobserved
from harness.cells.environ import without_own_programs
from harness.cells.execute import NOT_FOUND
from harness.cells.outside import databases, steps
from harness.cells.outside.bundle import SCRIPT
from harness.cells.outside.recipe import Recipe
from harness.databases.images import is_in_container
from harness.errors import Infrastructure, Interrupted
from harness.ledger import OWNER_LABEL
from harness.model.evidence import ProcessEvidence
from harness.model.protocol import parse
from harness.model.server import Absent, Server
from harness.model.spec import Engine, ProviderName
from harness.process import Completed, Stop, supervise
from harness.workflow.one_cell import OneCell, offer
from harness.workflow.probing import Ground

TIDY_S = 10
"""How long a script that is asked to end may take to remove its container."""
_LAST_LINES = 15
_FOREIGN = ("PYTEST_", "DJANGO_", "REPRO_", "HARNESS_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What a script left, and where."""

    left: Leavings
    where: Whereabouts
    log: Path
    check_server: Callable[[], None]  # raises Infrastructure if the server that it was handed died meanwhile


def execute(ground: Ground, one: OneCell, recipe: Recipe, bundle: Path) -> Executed:
    """Run the script of *bundle* to its end and return what it left.

    Raises:
        Infrastructure: no server can be had, or the script did not come to the tests; with its last words.
        Interrupted: the user asked to stop.
    """
    context, job = ground.context, one.job
    folder = (context.scratch / "outside").resolve()
    for name in ("bin", "tmp", "results"):
        (folder / name).mkdir(parents=True)
    (folder / "bin" / "uv").symlink_to(ground.uv.program)
    log = ground.place.logs / f"repro-{hashlib.sha256(job.cell.id.encode()).hexdigest()[:16]}.log"
    log.write_bytes(b"")
    with ExitStack() as stack:
        ground.watcher.stage("starting what the script needs")
        given, server = stack.enter_context(_server(ground, one))
        ground.watcher.stage("running the script")
        done = _run(ground, recipe, bundle, folder, log, given)
        left = _left(recipe, folder / "results", log, done)
        is_dead = server is not None and not server.is_alive()
    if given.get("REPRO_PASSWORD"):
        log.write_bytes(log.read_bytes().replace(given["REPRO_PASSWORD"].encode(), b"***"))

    def check_server() -> None:
        if is_dead:
            raise Infrastructure(f"the server of {job.database.name} died while the script ran")

    cwd = recipe.project.cwd if recipe.project is not None else "."
    where = Whereabouts(scratch=str(folder / "tmp"), name=recipe.name, cwd=cwd)
    return Executed(left=left, where=where, log=log, check_server=check_server)


@contextmanager
def _server(ground: Ground, one: OneCell) -> Iterator[tuple[Mapping[str, str], Server | None]]:
    """Yield the variables that tell the script of a server, and that server if it is not the script's own."""
    context = ground.context
    if one.job.database.engine is Engine.SQLITE:
        yield {}, None
    elif one.job.server.provider is ProviderName.DOCKER and _has_docker(ground.place.environ):
        with context.ledger.container(one.job.server.source):
            yield {"REPRO_DOCKER_ARGS": f"--label {OWNER_LABEL}={context.ledger.owner}"}, None
    else:
        answer = offer(ground, one)
        if isinstance(answer, Absent):
            raise Infrastructure(f"{one.job.database.name}: {answer.detail}", remedy=answer.remedy)
        with (
            answer.start(timeout_s=ground.spec.run.timeouts.server_s) as server,
            server.lease("repro", one.job.canary.aliases) as leased,
        ):
            entry, (_, name) = next(iter(leased.values())), databases.names(one.job)[0]
            fields = ("HOST", "PORT", "USER", "PASSWORD")
            given = {f"REPRO_{field}": str(entry[field]) for field in fields}
            yield {**given, "REPRO_NAME": str(entry["NAME"]).removesuffix(f"_{name}")}, server


def _has_docker(environ: Mapping[str, str]) -> bool:
    """Tell whether a container that the script starts can be reached by it at 127.0.0.1."""
    host = urlsplit(environ.get("DOCKER_HOST", ""))
    is_here = host.scheme in ("", "unix") and not is_in_container()
    return is_here and shutil.which("docker", path=environ.get("PATH")) is not None


def _run(ground: Ground, recipe: Recipe, bundle: Path, folder: Path, log: Path, given: Mapping[str, str]) -> Completed:
    limits = ground.spec.run.timeouts
    runs = len(unobserved(recipe.job.mode, recipe.job.canary)) + len(preparations(recipe.job.canary))
    inherited = without_own_programs(ground.uv.surroundings(folder), sys.prefix)
    passed = recipe.project.pass_env if recipe.project is not None else ()
    own = {name: value for name, value in ground.place.environ.items() if name in passed}
    env = {name: value for name, value in inherited.items() if not name.startswith(_FOREIGN)} | {
        **own,
        "PATH": f"{folder / 'bin'}{os.pathsep}{inherited['PATH']}",
        "TMPDIR": str(folder / "tmp"),
        "REPRO_PYTHON": recipe.job.interpreter.path,
        "REPRO_RESULTS": str(folder / "results"),
        **given,
    }
    with ExitStack() as registered:
        done = supervise(
            ("sh", bundle.resolve() / SCRIPT),
            timeout_s=limits.install_s + limits.server_s + limits.test_s * runs,
            cwd=folder,
            env=env,
            log=log,
            log_limit_bytes=ground.spec.run.log_limit_bytes,
            cancel=ground.context.cancel,
            guard=lambda: _is_late(folder / "results", limits.test_s, ground.context.clock()),
            started=lambda pid: registered.enter_context(ground.context.ledger.process(pid)),
            cancel_grace_s=TIDY_S,
        )
    if done.stop is Stop.CANCELLED:
        raise Interrupted("interrupted")
    return done


def _is_late(results: Path, limit_s: float, now: float) -> str:
    """Return why the script must end: a run of the tests takes longer than a cell's may. "" if none does."""
    for path in results.glob("run-*.code"):
        begun = path.stat()
        if begun.st_size == 0 and now - begun.st_mtime > limit_s:
            return f"still running after {limit_s:g} s"
    return ""


def _left(recipe: Recipe, results: Path, log: Path, done: Completed) -> Leavings:
    said = log.read_text(encoding="utf-8", errors="replace")
    runs = tuple(_runs(recipe, results))
    unprepared = _unprepared(recipe, results) or _missing(recipe, runs, said)
    if not runs and not unprepared:
        ended = "took too long" if done.stop is Stop.TIMED_OUT else f"ended with code {done.code}"
        last = "\n".join(said.splitlines()[-_LAST_LINES:])
        raise Infrastructure(f"the script {ended} before it came to the tests:\n{last}", remedy=f"read {log}")
    is_late = done.stop in (Stop.TIMED_OUT, Stop.GUARDED)
    reported = _reported(recipe, results)
    return Leavings(runs=runs, log=said, unprepared=unprepared, is_late=is_late, reported=reported)


def _unprepared(recipe: Recipe, results: Path) -> str:
    """Return which preparing command failed, as a cell says it; "" if none did."""
    for number, command in enumerate(preparations(recipe.job.canary), 1):
        code = _code(results / f"prepare-{number}.code")
        if code:
            return f"`python {' '.join(command.args)}`, before the tests, ended with code {code}"
    return ""


def _missing(recipe: Recipe, runs: tuple[Left, ...], said: str) -> str:
    """Return which program a project does not have, as a cell says it; "" if it has them all. `env` names it."""
    if recipe.project is None or not runs or runs[-1].code != NOT_FOUND:
        return ""
    program = steps.of(recipe.job, recipe.project)[len(runs) - 1].words[0]
    is_told = re.search(rf"^env: .*{re.escape(program)}", said, re.MULTILINE)
    return f"there is no program {program!r} in its environment" if is_told else ""


def _runs(recipe: Recipe, results: Path) -> Iterator[Left]:
    """Yield what each command left that was begun."""
    canary = recipe.job.canary
    known = steps.of(recipe.job, recipe.project) if recipe.project is not None else ()
    for number, _ in enumerate(unobserved(recipe.job.mode, canary), 1):
        if not (results / f"run-{number}.code").exists():
            continue
        xml, code = results / f"run-{number}.xml", _code(results / f"run-{number}.code")
        left = Left(code=code, xml=xml.read_bytes() if xml.exists() else b"", run=number)
        yield replace(left, run=known[number - 1].run, watch=known[number - 1].watch) if known else left


def _reported(recipe: Recipe, results: Path) -> ProcessEvidence | None:
    """Return what the JUnit file of a project's own tells, read as a cell's is."""
    path = results / steps.REPORT
    if not path.is_file():
        return None
    lines = junit.evidence(path.read_bytes(), python=recipe.job.interpreter.version).decode().splitlines()
    return next(iter(parse([lines]).processes), None)


def _code(path: Path) -> int | None:
    """Return an exit code that the script wrote down; None where the command never ended."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
