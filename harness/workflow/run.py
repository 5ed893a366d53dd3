"""The main job: from a matrix to recorded, judged and summed-up cells."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import harness
from harness.analysis.asked import Asked
from harness.analysis.conclude import Conclusion
from harness.analysis.counts import reconcile
from harness.analysis.observe import observe_record
from harness.analysis.summary import RunSummary, summarise
from harness.cells import project
from harness.cells.commands import has_control
from harness.cells.crew import Crew, Threads
from harness.cells.environ import without_own_programs
from harness.cells.servers import ServerPool
from harness.cells.services import Services
from harness.databases import Context
from harness.errors import Infrastructure, NothingSelected
from harness.model import codec
from harness.model.cell import CANARY, DATABASE, Cell
from harness.model.plan import Nogood, PlanSummary
from harness.model.record import Purpose, Record, Runner
from harness.model.spec import ControlPolicy, MatrixSpec, ProviderName, next_named
from harness.model.verdict import State
from harness.packages.environments import Environments
from harness.process import Cancel
from harness.store.store import Store
from harness.workflow import shards
from harness.workflow.blame import conclude_with_neighbours
from harness.workflow.events import Watcher
from harness.workflow.join import Link, joined, linked
from harness.workflow.place import Place
from harness.workflow.prepare import Options, Prepared, learn, lock_rounds, prepare
from harness.workflow.session import Session
from harness.workflow.surroundings import around
from harness.workflow.unlike_lock import warnings

MAX_ROUNDS = 4
"""How often cells that running showed untestable are planned around."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the command line says about a run."""

    prepare: Options
    control: ControlPolicy = ControlPolicy.ON_FAILURE
    jobs: int | None = None
    rerun: bool = False
    strict: bool = False
    require: tuple[ProviderName, ...] = ()
    executor: str = ""  # dask://HOST:PORT; empty: threads of this process
    shard: shards.Asked | None = None  # run this part of the plan only


def run(spec: MatrixSpec, place: Place, options: RunOptions, watcher: Watcher, cancel: Cancel) -> RunSummary:
    """Do the main job and return what came of it.

    Raises:
        HarnessError: nothing could be planned, so nothing was run.
        KeyboardInterrupt: passed on; what is finished is kept.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(place.store))  # first: what is no store is told before minutes are spent
        link = stack.enter_context(linked(options.executor)) if options.executor else None
        context = stack.enter_context(surroundings(place, watcher, cancel))
        try:
            prepared = prepare(spec, place, options.prepare, context, watcher)
        except NothingSelected as error:
            if options.require and error.is_provider_missing:
                raise Infrastructure(error.message, remedy=error.remedy) from error
            raise
        if not prepared.plan.cells:
            raise NothingSelected("every cell is left out", remedy="`harness plan` says why")
        shard = shards.shard(prepared, place, options.shard) if options.shard is not None else None
        if shard is not None:  # what is left to others is none of this run's
            cells = tuple(
                cell
                for cell, (_, number) in zip(prepared.plan.cells, shard.cells, strict=True)
                if number == shard.number
            )
            prepared.plan = replace(prepared.plan, cells=cells)
        for warning in warnings(prepared):
            watcher.note(warning)
        session = stack.enter_context(
            open_session(spec, place, options, context, prepared, store, watcher, cancel, link=link)
        )
        session.shard = shard
        do_rounds(session, options)
        do_controls(session, options.control)
        found = conclude_with_neighbours(session)
        for path in session.touched():
            watcher.note(f"{path} is not as it was when its cells began: somebody wrote there, perhaps its own tests")
        summary = _summary(session, found, options)
        store.finish_run(session.run_id, summary.exit_code, finished=place.now())
        return summary


def last_failed(place: Place, spec: MatrixSpec) -> tuple[str, ...]:
    """Return the ids of the cells that failed in the last run; none where there was no run."""
    with Store.open(place.store) as store:
        for run in store.runs():
            records = [record for record in store.records(run.id) if record.purpose is Purpose.MATRIX]
            if records:  # a search's run has none
                return tuple(record.cell.id for record in records if _has_failed(record, spec))
        return ()


def _has_failed(record: Record, spec: MatrixSpec) -> bool:
    try:
        state = observe_record(record, Asked.of(record.cell, spec)).state
    except (KeyError, ValueError):
        return False  # the matrix has changed since: there is no such cell any more
    return state.is_failure or state is State.ERROR


def surroundings(place: Place, watcher: Watcher, cancel: Cancel) -> AbstractContextManager[Context]:
    """Return what providers need; what dead runs left is swept, and nothing is left behind."""
    return around(place.cache, place.environ, note=watcher.note, cancel=cancel)


@contextmanager
def open_session(
    spec: MatrixSpec,
    place: Place,
    options: RunOptions,
    context: Context,
    prepared: Prepared,
    store: Store,
    watcher: Watcher,
    cancel: Cancel,
    run_id: int | None = None,
    link: Link | None = None,
) -> Iterator[Session]:
    """Begin a run in the store and yield the session whose cells it records; end its servers on exit.

    With *run_id* the cells are further ones of that run; with *link* the workers of that cluster try them.
    """
    jobs = options.jobs or spec.run.jobs or os.cpu_count() or 1
    probe = Path(harness.__path__[0]) / "probe" / "harness_probe.py"
    run_id = run_id or store.begin_run(
        started=place.now(),
        matrix_digest=shards.matrix_digest(place),
        selection=codec.dumps(options.prepare.selection),
        as_of=prepared.as_of,
        harness_version=version("harness"),
        platform=platform.platform(),
    )
    with ExitStack() as stack:
        servers = stack.enter_context(ServerPool(prepared.offers, timeout_s=spec.run.timeouts.server_s))
        environments = stack.enter_context(
            Environments(
                place.cache, uv=prepared.uv, allow_build=spec.run.allow_build, timeout_s=spec.run.timeouts.install_s
            )
        )
        executor = stack.enter_context(ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="cell"))
        services = Services(
            environments=environments,
            servers=servers,
            ledger=context.ledger,
            cancel=cancel,
            run=spec.run,
            run_id=run_id,
            probe=probe,
            probe_hash=project.digest(probe.parent),
            scratch=context.scratch,
            logs=place.logs,
            cache=place.cache,
            inherited=without_own_programs(place.environ, sys.prefix),
            now=place.now,
        )
        crew: Crew = Threads(
            executor=executor,
            services=services,
            width=jobs,
            phase=lambda job, phase: watcher.phase(job.cell, job.purpose, phase),
        )
        if link is not None:
            crew = stack.enter_context(joined(link, spec, prepared.offers, services, note=watcher.note))
        yield Session(
            place=place,
            prepared=prepared,
            services=services,
            store=store,
            run_id=run_id,
            watcher=watcher,
            executor=executor,
            crew=crew,
            rerun=options.rerun,
        )


def do_rounds(session: Session, options: RunOptions, answered: Iterable[Cell] = ()) -> None:
    """Run the plan but for what is *answered*; where running shows cells untestable, plan the lost tuples again, in
    bounded rounds."""
    prepared, done = session.prepared, set(answered)
    for _ in range(MAX_ROUNDS):
        _keep_plan(session, options)
        cells = [cell for cell in prepared.plan.cells if cell not in done]
        session.watcher.stage(f"running {len(cells)} cells")
        session.do(cells)
        done.update(cells)
        learned = _learned(session, cells)
        if not learned or session.shard is not None:  # no shard can know what the others learn: the merge plans again
            return
        learn(prepared, learned)
        lock_rounds(prepared, session.watcher)
    _keep_plan(session, options)


def _keep_plan(session: Session, options: RunOptions) -> None:
    """Let the store know what is left out and covered, so that reports need nothing but records."""
    prepared = session.prepared
    summary = PlanSummary(
        axes=prepared.axes,
        left_out=prepared.plan.left_out,
        coverage=prepared.plan.coverage,
        product=prepared.plan.product,
        strict=options.strict,
        absent=_absent(options, prepared),
        warnings=warnings(prepared),
        shard=session.shard,
    )
    session.store.keep_plan(session.run_id, summary)


def _learned(session: Session, cells: list[Cell]) -> tuple[Nogood, ...]:
    """Return what running has shown to be untestable: a Django that refuses a server."""
    found = [session.unsupported(cell) for cell in cells]
    return tuple(dict.fromkeys(nogood for nogood in found if nogood is not None))


def do_controls(session: Session, policy: ControlPolicy) -> None:
    """Run the control: the same cells under Django's own runner."""
    match policy:
        case ControlPolicy.NEVER:
            return
        case ControlPolicy.ALWAYS:
            cells = [cell for cell in session.prepared.plan.cells if cell not in session.prepared.unlocked]
        case ControlPolicy.ON_FAILURE:
            cells = list(session.failing())
    cells = [cell for cell in cells if has_control(session.prepared.spec.canary(cell[CANARY]))]
    session.watcher.stage(f"running {len(cells)} controls")
    session.do(cells, Runner.DJANGO, Purpose.CONTROL)


def _summary(session: Session, found: tuple[Conclusion, ...], options: RunOptions) -> RunSummary:
    prepared, kept = session.prepared, session.store.plan(session.run_id)
    return summarise(
        found,
        run_id=session.run_id,
        as_of=prepared.as_of,
        plan=prepared.plan,
        missing=reconcile(prepared.plan.cells, found).missing,
        ran=session.ran,
        reused=session.reused,
        duration_s=(session.place.now() - session.store.run(session.run_id).started).total_seconds(),
        strict=options.strict,
        absent=_absent(options, prepared),
        databases=prepared.spec.databases,
        warnings=kept.warnings if kept is not None else (),  # of the plan: neighbours were locked since
        shard=session.shard,
    )


def _absent(options: RunOptions, prepared: Prepared) -> tuple[ProviderName, ...]:
    return tuple(name for name in options.require if _is_missed(name, prepared))


def _is_missed(name: ProviderName, prepared: Prepared) -> bool:
    """Tell whether a database that prefers this provider is served by another, or one that lists it by none."""
    on_axis = {value.requested for value in next_named(prepared.axes, DATABASE).values}
    for database in prepared.spec.databases:
        offer = prepared.offers.get(database.name)
        if database.name in on_axis and name in database.providers:
            is_fallback = database.providers[0] is name and offer is not None and offer.identity.provider is not name
            if offer is None or is_fallback:
                return True
    return False
