"""Who is in a Dask cluster, looked at again and again, with what each worker can do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from distributed import Client

from harness.cells.job import Job
from harness.errors import Infrastructure
from harness.workflow import worker
from harness.workflow.bounded import bounded
from harness.workflow.site import Abilities, same_interpreter

SURVEY_S = 300.0
"""What a worker is given to say what it can do: it may have to fetch a server's binaries first."""
ANSWER_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A worker process."""

    address: str
    threads: int
    abilities: Abilities

    def lack(self, job: Job) -> str:
        """Return what keeps it from trying *job*, "" where nothing does."""
        own, name = self.abilities, job.database.name
        if own.trouble:
            return own.trouble
        if same_interpreter(job.interpreter, own.interpreters) is None:
            wanted = f"{job.interpreter.implementation} {job.interpreter.version} ({job.interpreter.platform})"
            return f"it has no {wanted}, but {', '.join(one.version for one in own.interpreters) or 'none at all'}"
        server = dict(own.servers).get(name)
        if server is None:
            return f"{name}: {dict(own.absent).get(name, 'not offered')}"
        if server != job.server:
            ours, theirs = (f"{one.provider.value} {one.source} {one.version}" for one in (job.server, server))
            is_alike = ours == theirs
            return f"{name}: it has {theirs}{' of another build' if is_alike else f', not {ours}'}"
        return ""


def kind_of(job: Job) -> Hashable:
    """Return what a worker must have for *job*: the same can try all jobs of one kind."""
    python = job.interpreter
    return (python.implementation, python.version, python.target, job.database.name, job.server)


@dataclass(slots=True, eq=False)
class Roster:
    """The workers that said what they can do. Its methods may be called from several threads."""

    client: Client
    name: str  # the run's, on the cluster
    own: Abilities  # of this machine: a worker with another harness can try nothing
    note: Callable[[str], None]
    _members: dict[str, Member] = field(default_factory=dict)
    _present: frozenset[str] = frozenset()
    _asked: set[str] = field(default_factory=set)
    _able: dict[Hashable, frozenset[str]] = field(default_factory=dict)  # by kind; emptied when somebody comes or goes
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def look(self) -> None:
        """See who is there, and ask those who are new.

        Raises:
            Infrastructure: the scheduler does not answer.
        """
        known = bounded(
            lambda: self.client.scheduler_info(n_workers=-1),
            timeout_s=ANSWER_S,
            is_hopeful=lambda: self.client.status == "running",
        )
        if known is None or self.client.status != "running":
            raise Infrastructure("the scheduler does not answer any more")
        threads = {str(address): int(facts["nthreads"]) for address, facts in known["workers"].items()}
        with self._lock:
            for gone in sorted(self._members.keys() - threads.keys()):
                self.note(f"the worker {gone} ({self._members.pop(gone).abilities.host}) has left")
                self._able.clear()
            self._present = frozenset(threads)
            new = {address: count for address, count in threads.items() if address not in self._asked}
            self._asked.update(new)
        if new:
            threading.Thread(target=self._ask, args=(new,), name="survey", daemon=True).start()

    def wait(self, timeout_s: float = SURVEY_S) -> None:
        """Wait until everybody who is there has answered."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not self.present() <= self._members.keys():
            time.sleep(0.05)

    def add(self, member: Member) -> None:
        """Take in what a worker can do."""
        with self._lock:
            self._members[member.address] = member
            self._able.clear()

    def present(self) -> frozenset[str]:
        """Return the addresses of all that were there at the last look."""
        return self._present

    def members(self) -> tuple[Member, ...]:
        """Return those that have said what they can do."""
        with self._lock:
            return tuple(self._members[address] for address in sorted(self._members))

    def able(self, job: Job) -> frozenset[str]:
        """Return the addresses of those that can try *job*."""
        kind = kind_of(job)
        with self._lock:
            if kind not in self._able:
                self._able[kind] = frozenset(one.address for one in self.members() if not one.lack(job))
            return self._able[kind]

    def threads(self, addresses: Iterable[str]) -> int:
        """Return how many attempts these make side by side."""
        with self._lock:
            return sum(self._members[address].threads for address in addresses if address in self._members)

    def sorts(self) -> tuple[Abilities, ...]:
        """Return one of each sort of machine that a run key tells apart."""
        found: dict[Hashable, Abilities] = {}
        for one in self.members():
            builds = tuple((python.build, python.sqlite_version) for python in one.abilities.interpreters)
            found.setdefault((builds, one.abilities.inherited), one.abilities)
        return tuple(found.values())

    def lacks(self, job: Job) -> str:
        """Return for a person what each worker lacks for *job*; workers of one lack together."""
        lacking: dict[str, list[str]] = {}
        for one in self.members():
            lacking.setdefault(one.lack(job), []).append(f"{one.abilities.host} ({one.address})")
        return "; ".join(f"{', '.join(names)}: {lack}" for lack, names in lacking.items()) or "there is no worker"

    def _ask(self, threads: dict[str, int]) -> None:
        answers = bounded(
            lambda: self.client.run(worker.abilities, self.name, workers=sorted(threads), on_error="return"),
            timeout_s=SURVEY_S,
        )
        for address, count in sorted(threads.items()):
            answer = (answers or {}).get(address)
            if not isinstance(answer, Abilities):
                words = f"{type(answer).__name__}: {answer}" if answer is not None else "no answer"
                answer = Abilities(host="?", harness="", probe_hash="", trouble=f"it could not be asked: {words}")
            elif (answer.harness, answer.probe_hash) != (self.own.harness, self.own.probe_hash):
                answer = Abilities(
                    host=answer.host,
                    harness=answer.harness,
                    probe_hash=answer.probe_hash,
                    trouble=f"it has harness {answer.harness} (probe {answer.probe_hash}), not ours"
                    f" ({self.own.harness}, {self.own.probe_hash})",
                )
            for swept in answer.swept:
                self.note(f"{answer.host}: left by a run that died, now removed: {swept}")
            if answer.trouble:
                self.note(f"the worker {address} ({answer.host}) tries no cells: {answer.trouble}")
            self.add(Member(address=address, threads=count, abilities=answer))
