"""One cell with all that it stood for: out of its record, or, where it was never run, out of the matrix."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.analysis.view import RecordView
from harness.cells import project
from harness.cells.job import Job
from harness.errors import NothingSelected, UsageError
from harness.model.cell import CANARY, DATABASE, PYTHON, Cell
from harness.model.package import Interpreter, Lock
from harness.model.record import Attempt
from harness.model.server import Absent, Offer, ServerIdentity
from harness.model.spec import CanarySpec, Change, DatabaseSpec, MatrixSpec, ProviderName
from harness.model.verdict import State
from harness.packages import interpreters
from harness.packages.environments import lock_in_cache
from harness.store.store import Store
from harness.workflow.find_record import find_record
from harness.workflow.place import Place
from harness.workflow.probing import Ground, complete, fixed_axes, lock_all, prepared
from harness.workflow.projects import installed
from harness.workflow.show_record import record_view


@dataclass(frozen=True, slots=True, kw_only=True)
class OneCell:
    """A job, the record that it comes from, and in what it is not quite that of the record."""

    job: Job
    view: RecordView | None
    source: Path  # where the canary's files lie
    changes: tuple[Change, ...]
    notes: tuple[str, ...]

    @property
    def attempt(self) -> Attempt | None:
        """Return the attempt that decided; None without a record."""
        trials = self.view.record.deciding() if self.view is not None else ()
        return trials[-1].attempt if trials else None


def look_up(spec: MatrixSpec, place: Place, store: Store, text: str) -> tuple[Cell, RecordView | None]:
    """Return the cell that *text* means, and its last record where it was run.

    Raises:
        UsageError: no cell, or several, are meant.
        NothingSelected: nothing was run, and *text* is no cell of the matrix; or the cell cannot be tested.
    """
    found = find_record(store, text)
    if found is None:
        try:
            return complete(text, spec, without=""), None
        except UsageError as error:
            words = error.message.removeprefix("--cell ")
            if store.last_run() is None:
                raise NothingSelected(
                    f"nothing was run here yet, and the matrix has no cell {words}",
                    remedy="harness run, or an id as `harness plan` lists them",
                ) from error
            message = f"no run has a cell {text!r}, nor has the matrix: {words.removeprefix(f'{text!r}: ')}"
            raise UsageError(message, remedy="an id as `harness plan` lists them") from error
    view = record_view(spec, place, store, *found)
    observation = view.conclusion.observation
    if view.record.untestable is not None or observation.state is State.UNRESOLVABLE:
        raise NothingSelected(f"{view.record.cell.id} cannot be tested:\n{observation.reason}")
    return view.record.cell, view


def revive(ground: Ground, cell: Cell, view: RecordView | None) -> OneCell:
    """Return everything that a cell stood for when it was run, or stands for now.

    Raises:
        NothingSelected: the cell cannot be tested; the message has the resolver's words.
        UsageError: this machine has no such Python, or the canary cannot be read.
        Infrastructure: the index gave no answer.
    """
    draft = _Draft(ground=ground, cell=cell)
    trials = view.record.deciding() if view is not None else ()
    if trials:
        draft.attempt = trials[-1].attempt
    spec = ground.spec
    python = draft.interpreter()
    canary = spec.canary(cell[CANARY])
    source, changes, canary_hash = draft.canary(canary)
    lock, exact = draft.lock(python)
    database = spec.database(cell[DATABASE])
    job = Job(
        cell=cell,
        exact=exact,
        lock=lock,
        interpreter=python,
        database=database,
        server=draft.server(database),
        canary=canary,
        canary_hash=canary_hash,
    )
    return OneCell(job=job, view=view, source=source, changes=changes, notes=tuple(draft.notes))


def offer(ground: Ground, one: OneCell) -> Offer | Absent:
    """Return what can serve the cell's database here, by the provider of its record where it has one."""
    database = one.job.database
    if one.attempt is not None and one.attempt.provider:
        database = replace(database, providers=(ProviderName(one.attempt.provider),))
    return ground.offer(database)


@dataclass(slots=True, kw_only=True)
class _Draft:
    ground: Ground
    cell: Cell
    attempt: Attempt | None = None
    notes: list[str] = field(default_factory=list)

    def interpreter(self) -> Interpreter:
        wanted = self.attempt.exact_dict().get(PYTHON, "") if self.attempt is not None else ""
        found = interpreters.match(f"=={wanted}", self.ground.pythons) if wanted else None
        found = found or self.ground.interpreter(self.cell[PYTHON])
        if wanted and found.version != wanted:
            self.notes.append(f"the record is of Python {wanted}, which is not here any more: this is {found.version}")
        return found

    def canary(self, spec: CanarySpec) -> tuple[Path, tuple[Change, ...], str]:
        """Return where the canary's files lie as they were, and their hash."""
        today = project.digest(spec.path, spec.changes)
        recorded = self.attempt.canary_hash if self.attempt is not None else ""
        if recorded in ("", today):
            if self.attempt is not None and not recorded:
                self.notes.append("the record does not say what the canary was like: this is the one of now")
            return spec.path, spec.changes, today
        kept = sorted((self.ground.place.cache / "canaries").glob(f"{spec.path.name}-{recorded}-*[0-9a-f]"))
        if kept:
            self.notes.append("the canary has changed since; this is a copy of what it was")
            return kept[0], (), recorded
        self.notes.append("the canary has changed since, and no copy of what it was is left: this is the one of now")
        return spec.path, spec.changes, today

    def lock(self, python: Interpreter) -> tuple[Lock, tuple[tuple[str, str], ...]]:
        """Return the lock of the record, from the environment that it was installed in, or resolved again."""
        attempt = self.attempt
        if attempt is not None and attempt.lock_hash:
            kept = lock_in_cache(self.ground.place.cache, attempt.lock_hash)
            if kept is not None:
                return kept, attempt.exact
        axes = fixed_axes(self.ground, self.cell)
        ready = prepared(self.ground, self.ground.spec, axes, {self.cell[PYTHON]: python}, {})
        impossible = lock_all(ready, [self.cell])
        if self.cell in impossible:
            raise NothingSelected(f"{self.cell.id} cannot be tested:\n{impossible[self.cell].detail}")
        lock = installed(ready.locks[self.cell], self.ground.spec.canary(self.cell[CANARY]), python)
        if attempt is not None and attempt.lock_hash not in ("", lock.hash):
            self.notes.append("other packages resolve now than those of the record, of which nothing is left")
        exact = {axis.name: axis.values[0].exact for axis in axes if axis.values[0].exact}
        return lock, tuple(sorted(exact.items()))

    def server(self, database: DatabaseSpec) -> ServerIdentity:
        """Return the server of the record, or the one that would serve now; nothing is started for it."""
        attempt = self.attempt
        if attempt is not None and attempt.provider:
            return ServerIdentity(
                provider=ProviderName(attempt.provider),
                source=attempt.server_source,
                version=attempt.server_version or database.version,
                digest=attempt.server_digest,
            )
        answer = self.ground.offer(database)
        if isinstance(answer, Absent):
            provider = database.providers[0] if database.providers else ProviderName.DOCKER
            return ServerIdentity(provider=provider, source="", version=database.version)
        return answer.identity
