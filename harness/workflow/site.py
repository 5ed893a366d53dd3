"""One machine's part in a run that is led from another: what cells share there, made once, ended with the run."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import harness
from harness import databases
from harness.cells import project
from harness.cells.environ import without_own_programs
from harness.cells.execute import Made, attempt
from harness.cells.job import Job
from harness.cells.key import answer_changing, key_of
from harness.cells.servers import ServerPool
from harness.cells.services import Services
from harness.databases.shared import shared
from harness.errors import HarnessError, Infrastructure, Interrupted
from harness.model.package import Interpreter
from harness.model.server import Absent, Offer, ServerIdentity
from harness.model.spec import DatabaseSpec, RunSpec
from harness.packages import interpreters
from harness.packages.environments import Environments
from harness.packages.uv import Uv
from harness.process import Cancel
from harness.workflow import parcel
from harness.workflow.place import cache_folder, utc_now
from harness.workflow.side_by_side import side_by_side
from harness.workflow.surroundings import around

LEASE_S = 90.0
"""How long servers, and cells under way, outlive the last word of whoever leads the run."""
CLOSE_S = 15.0
PROBE = Path(harness.__path__[0]) / "probe" / "harness_probe.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a machine is told of a run. No secret is in it: addresses of databases and indexes are the machine's own."""

    name: str  # of the run, among all of its cluster
    run: RunSpec
    run_id: int
    databases: tuple[tuple[DatabaseSpec, ServerIdentity], ...]  # each as whoever leads the run would serve it


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a machine can do."""

    host: str
    harness: str  # version
    probe_hash: str
    interpreters: tuple[Interpreter, ...] = ()
    servers: tuple[tuple[str, ServerIdentity], ...] = ()
    absent: tuple[tuple[str, str], ...] = ()  # database → why it cannot be served
    inherited: tuple[tuple[str, str], ...] = ()  # variables that can change an answer
    swept: tuple[str, ...] = ()  # what runs that died had left
    trouble: str = ""  # why it can do nothing at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What comes back of an attempt: with the text of its log, since its file stays behind."""

    made: Made
    log: bytes
    host: str


@dataclass(slots=True, kw_only=True, eq=False)
class _Open:
    """What is there while cells come."""

    services: Services
    abilities: Abilities
    stack: ExitStack


@dataclass(slots=True, eq=False)
class Site:
    """This machine's part. It opens with the first question; whoever leads the run says now and then that it lives.

    Its methods may be called from several threads.
    """

    order: Order
    environ: Mapping[str, str]
    lease_s: float = LEASE_S
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _open: _Open | None = None
    _running: int = 0
    _is_stopped: bool = False
    _clock: threading.Timer | None = None

    def abilities(self) -> Abilities:
        """Return what this machine can do; what keeps it from everything is told, not raised."""
        try:
            return self._opened().abilities
        except (HarnessError, OSError) as error:
            return replace(_bare(), trouble=str(error))

    def attempt(self, job: Job, number: int) -> Sent:
        """Try *job* once, on this machine's own interpreter and server.

        Raises:
            Infrastructure: something that it needs is not here.
            Interrupted: the run was stopped before it began.
        """
        with self._busy() as opened:
            services = opened.services
            here = parcel.located(replace(job, interpreter=_interpreter(job, opened.abilities)), services.cache)
            services.environments.use(here.canary.path.parent.name)
            if dict(opened.abilities.servers).get(job.database.name) != job.server:
                raise Infrastructure(f"{opened.abilities.host} would serve {job.database.name} in another way")
            made = attempt(here, services, key=key_of(here, services), number=number, phase=lambda phase: None)
            log = services.logs / made.trial.attempt.log
            content = log.read_bytes()
            log.unlink()
            return Sent(made=made, log=content, host=opened.abilities.host)

    def renew(self) -> None:
        """Take in that whoever leads the run still lives."""
        with self._lock:
            if self._clock is not None:
                self._clock.cancel()
            if self._open is not None:
                self._clock = threading.Timer(self.lease_s, self._end)
                self._clock.daemon = True
                self._clock.start()

    def stop(self) -> None:
        """Ask what runs to end soon, and begin nothing more."""
        self._is_stopped = True
        if (opened := self._open) is not None:
            opened.services.cancel.set()

    def close(self) -> None:
        """End what runs, and all that was made here."""
        self.stop()
        self._end()

    @contextmanager
    def _busy(self) -> Iterator[_Open]:
        with self._lock:
            if self._is_stopped:
                raise Interrupted("interrupted")
            opened = self._opened()
            self._running += 1
        try:
            yield opened
        finally:
            with self._lock:
                self._running -= 1

    def _opened(self) -> _Open:
        with self._lock:
            if self._open is None:
                self._open = _opened(self.order, self.environ)
                self.renew()
            return self._open

    def _end(self) -> None:
        with self._lock:
            opened, self._open = self._open, None
            if self._clock is not None:
                self._clock.cancel()
        if opened is not None:
            opened.services.cancel.set()
            deadline = time.monotonic() + CLOSE_S
            while self._running and time.monotonic() < deadline:
                time.sleep(0.05)
            opened.stack.close()


def _bare() -> Abilities:
    return Abilities(host=socket.gethostname(), harness=version("harness"), probe_hash=project.digest(PROBE.parent))


def _interpreter(job: Job, abilities: Abilities) -> Interpreter:
    found = same_interpreter(job.interpreter, abilities.interpreters)
    if found is None:
        raise Infrastructure(f"{abilities.host} has no Python {job.interpreter.version}")
    return found


def same_interpreter(wanted: Interpreter, known: tuple[Interpreter, ...]) -> Interpreter | None:
    """Return the interpreter of *wanted*'s version and platform: its build may be another, and its key tells that."""
    for one in known:
        if (one.version, one.implementation, one.target) == (wanted.version, wanted.implementation, wanted.target):
            return one
    return None


def _opened(order: Order, environ: Mapping[str, str]) -> _Open:
    """Make what cells share on this machine.

    Raises:
        Infrastructure: the cache cannot be written.
        UsageError: there is no cache, or no uv.
    """
    cache = cache_folder(environ)
    cancel = Cancel()
    swept: list[str] = []
    with ExitStack() as stack:
        context = stack.enter_context(around(cache, environ, note=swept.append, cancel=cancel))
        found = interpreters.find(cache, environ=environ, cancel=cancel)
        offers, absent = _offers(order, context)
        logs = context.scratch / "logs"
        logs.mkdir()
        environments = Environments(
            cache,
            uv=Uv(cache=cache, environ=environ, now=utc_now),
            allow_build=order.run.allow_build,
            timeout_s=order.run.timeouts.install_s,
        )
        services = Services(
            environments=stack.enter_context(environments),
            servers=stack.enter_context(ServerPool(offers, timeout_s=order.run.timeouts.server_s)),
            ledger=context.ledger,
            cancel=cancel,
            run=order.run,
            run_id=order.run_id,
            probe=PROBE,
            probe_hash=project.digest(PROBE.parent),
            scratch=context.scratch,
            logs=logs,
            cache=cache,
            inherited=without_own_programs(environ, sys.prefix),
            now=utc_now,
        )
        able = _able(found, offers, services)
        abilities = replace(able, absent=absent, swept=tuple(swept))
        return _Open(services=services, abilities=abilities, stack=stack.pop_all())


def _able(found: tuple[Interpreter, ...], offers: Mapping[str, Offer], services: Services) -> Abilities:
    return replace(
        _bare(),
        interpreters=found,
        servers=tuple((name, offer.identity) for name, offer in offers.items()),
        inherited=answer_changing(services.inherited),
    )


def _offers(order: Order, context: databases.Context) -> tuple[dict[str, Offer], tuple[tuple[str, str], ...]]:
    """Return what can serve the run's databases here, and why nothing can serve the others."""

    def ask(wanted: tuple[DatabaseSpec, ServerIdentity]) -> Offer | Absent:
        spec, identity = wanted
        try:
            found = databases.offer(spec, context=context, providers=(identity.provider,))
        except (HarnessError, OSError) as error:
            return Absent(detail=str(error), remedy="")
        if isinstance(found, Absent):
            return found
        return shared(found, spec.engine, group=order.name, context=context)

    answers = dict(zip((spec.name for spec, _ in order.databases), side_by_side(ask, order.databases), strict=True))
    offers = {name: answer for name, answer in answers.items() if not isinstance(answer, Absent)}
    return offers, tuple((name, answer.detail) for name, answer in answers.items() if isinstance(answer, Absent))
