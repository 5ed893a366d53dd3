"""A crew of Dask workers: hands attempts to those that can make them, and takes what comes back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from distributed import Client
from distributed.scheduler import KilledWorker

from harness.cells.execute import Made
from harness.cells.job import Job
from harness.cells.key import key_of
from harness.cells.services import Services
from harness.errors import Infrastructure
from harness.model import protocol
from harness.model.record import Attempt, Ended, Trial
from harness.workflow import parcel, worker
from harness.workflow.bounded import bounded
from harness.workflow.roster import Roster, kind_of
from harness.workflow.site import Sent, same_interpreter

T = TypeVar("T")
POLL_S = 1.0
PATIENCE_S = 60.0
"""How long nobody may be there who can try a cell, before that cell is given up, or the run."""
MOVES = 5
"""How often an attempt is handed out again because all that it was handed to have left."""
GONE = "has gone away"
END_S = 30.0
RENEWAL_S = 20.0
"""How often the workers are told that the run goes on."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Work:
    """An attempt that was handed out."""

    job: Job
    number: int
    ours: Future[Made] = field(default_factory=Future)
    hands: frozenset[str] = frozenset()  # addresses
    theirs: Future[Sent] | None = None
    moves: int = 0
    alone_since: float = 0.0  # when nobody of those was left


@dataclass(slots=True, eq=False)
class Cluster:
    """See `harness.cells.crew.Crew`. A context manager: on exit everything that it made on the workers is ended."""

    client: Client
    name: str  # the run's, on the cluster
    address: str  # for messages
    roster: Roster
    services: Services  # of this machine: its clock, its cache and its folder of logs
    patience_s: float = PATIENCE_S
    _executors: dict[frozenset[str], Executor] = field(default_factory=dict)
    _works: set[_Work] = field(default_factory=set)
    _handed: Counter[frozenset[str]] = field(default_factory=Counter)  # attempts under way, by whom they were given to
    _sent: set[str] = field(default_factory=set)  # names of what the workers were given
    _unable_since: dict[Hashable, float] = field(default_factory=dict)
    _loss: Infrastructure | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _is_leaving: threading.Event = field(default_factory=threading.Event)
    # what comes back is taken in a thread of our own: the client's must stay free for the network
    _landing: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=1, thread_name_prefix="landing")
    )

    def __enter__(self) -> Cluster:
        threading.Thread(target=self._watch, name="cluster", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_leaving.set()
        if self._loss is None:
            self.stop()
            for name in (self.name, *sorted(self._sent)):
                self._asked(lambda name=name: self.client.unregister_worker_plugin(name))  # type: ignore[misc]
        self._landing.shutdown(wait=False, cancel_futures=True)

    @property
    def width(self) -> int:
        """The threads of all workers."""
        return max(1, sum(one.threads for one in self.roster.members()))

    def refusal(self, job: Job) -> str:
        """Return what each worker lacks, where none can try *job*."""
        return "" if self.roster.able(job) else f"no worker of {self.address} can try it: {self.roster.lacks(job)}"

    def keys(self, job: Job) -> tuple[str, ...]:
        """Return the key that it would get here, and those that it would get there."""
        found = {key_of(job, self.services): None}
        for one in self.roster.sorts():
            interpreter = same_interpreter(job.interpreter, one.interpreters)
            if interpreter is not None:
                inherited = {**self.services.inherited, **dict(one.inherited)}
                there = replace(self.services, inherited=inherited)
                found[key_of(replace(job, interpreter=interpreter), there)] = None
        return tuple(found)

    def warm(self, jobs: Sequence[Job]) -> None:
        """Give every worker the files that these jobs need, once."""
        for item in dict.fromkeys(item for job in jobs for item in parcel.wanted(job, self.services.cache)):
            name = f"{self.name}-{item.kind.value}-{item.digest}"
            if name in self._sent:
                continue
            plugin = worker.ParcelPlugin(name, item.kind, item.digest, item.name, parcel.packed(item))
            self._sent.add(name)
            if self._asked(lambda plugin=plugin: self.client.register_plugin(plugin)) is None:  # type: ignore[misc]
                self._lose("does not take files" if self.client.status == "running" else GONE)

    def kind(self, job: Job) -> Hashable:
        """Return what a worker must have for it."""
        return kind_of(job)

    def has_room(self, job: Job, running: int) -> bool:  # noqa: ARG002  (the Protocol's)
        """Tell whether those who can try *job* have but few to go on with, or have been missed for too long."""
        able, kind = self.roster.able(job), self.kind(job)
        if not able and self._loss is None:
            return time.monotonic() - self._unable_since.setdefault(kind, time.monotonic()) > self.patience_s
        self._unable_since.pop(kind, None)
        with self._lock:
            return self._handed[able] < 2 * self.roster.threads(able)

    def begin(self, job: Job, number: int) -> Future[Made]:
        """Hand it to the workers that can try it: whichever is free first makes it."""
        work = _Work(job=job, number=number)
        work.ours.set_running_or_notify_cancel()
        with self._lock:
            self._works.add(work)
            if self._loss is not None:
                self._settle(work, self._loss)
            elif refusal := self.refusal(job):
                self._settle(work, self._failed(work, refusal))
            else:
                self._hand_out(work)
        return work.ours

    def stop(self) -> None:
        """Tell the workers to end what runs, and to begin nothing more."""
        if self._loss is None:
            self._asked(lambda: self.client.run(worker.stop, self.name, on_error="ignore"))

    def _asked(self, ask: Callable[[], T]) -> T | None:
        """Return what the cluster answers, None where it does not, or not in time."""
        return bounded(ask, timeout_s=END_S, is_hopeful=lambda: self.client.status == "running")

    def _hand_out(self, work: _Work) -> None:
        if work.hands:
            self._handed[work.hands] -= 1
        work.hands, work.alone_since = self.roster.able(work.job), 0.0
        self._handed[work.hands] += 1
        if work.hands not in self._executors:
            self._executors[work.hands] = self.client.get_executor(pure=False, workers=sorted(work.hands))
        before, work.theirs = work.theirs, None
        if before is not None:
            before.cancel()
        work.theirs = self._executors[work.hands].submit(worker.attempt, self.name, work.job, work.number)
        work.theirs.add_done_callback(lambda theirs: self._came(work, theirs))

    def _came(self, work: _Work, theirs: Future[Sent]) -> None:
        with suppress(RuntimeError):  # nobody waits for it any more
            self._landing.submit(self._land, work, theirs)

    def _land(self, work: _Work, theirs: Future[Sent]) -> None:
        with self._lock:
            if work.theirs is not theirs:
                return  # handed out again meanwhile
        try:
            made: Made | BaseException = self._made(work, theirs)
        except Exception as error:  # noqa: BLE001  (raised again where the future is asked)
            made = error
        with self._lock:
            self._settle(work, made)

    def _made(self, work: _Work, theirs: Future[Sent]) -> Made:
        try:
            sent = theirs.result()
        except CancelledError:
            raise self._lose(GONE) from None
        except KilledWorker as error:
            count, last = error.allowed_failures + 1, error.last_worker.address
            died = f"{count} workers died while they tried it, the last one" if count > 1 else "a worker died under it:"
            return self._failed(work, f"{died} {last}; it, or a cell that was tried beside it, ends workers")
        except Infrastructure as error:
            return self._failed(work, str(error))
        log = self.services.logs / sent.made.trial.attempt.log
        head, _, rest = sent.log.partition(b"\n")
        log.write_bytes(head + f"\n# on {sent.host}\n".encode() + rest)
        return sent.made

    def _settle(self, work: _Work, made: Made | BaseException) -> None:
        if work in self._works and work.hands:
            self._handed[work.hands] -= 1
        self._works.discard(work)
        if work.ours.done():
            return
        if isinstance(made, BaseException):
            work.ours.set_exception(made)
        else:
            work.ours.set_result(made)

    def _failed(self, work: _Work, words: str) -> Made:
        """Return an attempt that no worker made: the infrastructure's, and so tried again, within bounds."""
        job = work.job
        attempt = Attempt(
            run_key=key_of(job, self.services),
            cell_id=job.cell.id,
            exact=job.exact,
            runner=job.runner,
            purpose=job.purpose,
            number=work.number,
            started_at=self.services.now(),
            ended=Ended.INFRASTRUCTURE,
            message=words,
            lock_hash=job.lock.hash,
            canary_hash=job.canary_hash,
            provider=job.server.provider.value,
        )
        return Made(trial=Trial(attempt=attempt, evidence=protocol.parse(())), evidence_files=())

    def _lose(self, words: str) -> Infrastructure:
        with self._lock:
            if self._loss is None:
                self._loss = Infrastructure(
                    f"the cluster at {self.address} {words}; what is finished is kept",
                    remedy="see to the cluster, then repeat the command: it goes on from there",
                )
            return self._loss

    def _watch(self) -> None:
        """Look at the cluster until we leave: who is new, who has gone, and whose cells must go to others."""
        empty_since, renewed = 0.0, time.monotonic()
        while not self._is_leaving.wait(POLL_S):
            try:
                self.roster.look()
            except Infrastructure:
                self._give_up(self._lose(GONE))
                return
            now = time.monotonic()
            if now - renewed > RENEWAL_S:
                renewed = now
                self._asked(lambda: self.client.run(worker.renew, self.name, on_error="ignore"))
            empty_since = 0.0 if self.roster.present() else empty_since or now
            if empty_since and now - empty_since > self.patience_s:
                self._give_up(self._lose(f"has had no worker for {self.patience_s:g} s"))
                return
            with self._lock:
                for work in [work for work in self._works if not work.hands & self.roster.present()]:
                    self._move(work, now)

    def _move(self, work: _Work, now: float) -> None:
        work.alone_since = work.alone_since or now
        if work.moves >= MOVES:
            self._settle(work, self._failed(work, f"the workers that it was given to have left, {MOVES} times over"))
        elif self.roster.able(work.job):
            work.moves += 1
            self._hand_out(work)
        elif now - work.alone_since > self.patience_s:
            self._settle(work, self._failed(work, self.refusal(work.job)))

    def _give_up(self, loss: Infrastructure) -> None:
        with self._lock:
            for work in list(self._works):
                self._settle(work, loss)
