"""The search for the true lower bound of each dependency, and the check of all of them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.view import Row
from harness.analysis.bounds import search
from harness.analysis.bounds.search import Searching
from harness.analysis.bounds.told import Question, told_of
from harness.analysis.bounds.view import BoundState, BoundsView, DependencyBound, Joint
from harness.errors import ExitCode
from harness.model.cell import CANARY, PYTHON, Cell
from harness.model.spec import MatrixSpec
from harness.plan.select import Selection
from harness.process import Cancel
from harness.store.store import Store
from harness.workflow.base_cell import base_cell, package_axes
from harness.workflow.bounds_asking import Asking
from harness.workflow.bounds_joint import joint
from harness.workflow.declared import Declared, chosen, of_axes, of_project
from harness.workflow.events import Watcher
from harness.workflow.place import Place
from harness.workflow.prepare import Options, Prepared
from harness.workflow.probing import Ground, survey
from harness.workflow.releases import Releases, histories
from harness.workflow.run import RunOptions, open_session, surroundings

NEWEST = "the newest of everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundsRequest:
    """What the command line says about a search for bounds."""

    names: tuple[str, ...]  # dependencies; none: all
    cell: str  # what is fixed of the cell
    prepare: Options
    jobs: int | None = None
    rerun: bool = False


@dataclass(slots=True, kw_only=True)
class _Search:
    """The search of one dependency."""

    releases: Releases
    steps: Searching
    todo: tuple[int, ...] = ()
    rounds: int = 0


def bounds(
    spec: MatrixSpec,
    place: Place,
    request: BoundsRequest,
    watcher: Watcher,
    cancel: Cancel,
    told: Callable[[tuple[Row, ...]], None],
) -> BoundsView:
    """Search the lower bounds of a canary's dependencies side by side; *told* gets all answers after each round.

    Raises:
        UsageError: the request cannot mean anything; nothing was run.
        NothingSelected: there is nothing to search, or no cell can be tested.
        Infrastructure: the index gave no answer.
        KeyboardInterrupt: passed on; the answers so far are kept, and are not asked again.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(place.store))
        context = stack.enter_context(surroundings(place, watcher, cancel))
        watcher.stage("looking for the newest of everything")
        ground = survey(spec, place, request.prepare, context, watcher)
        for warning in ground.pins.warnings:
            watcher.note(warning)
        newest, base = base_cell(ground, request.cell)
        watcher.stage("looking for releases")
        ready, found = histories(ground, newest, base, _declared(ground, newest, base, request.names))
        options = RunOptions(
            prepare=replace(request.prepare, selection=Selection(cells=(base.id,))),
            jobs=request.jobs,
            rerun=request.rerun,
        )
        session = stack.enter_context(open_session(ready.spec, place, options, context, ready, store, watcher, cancel))
        asking = Asking(session=session, told=told)
        watcher.stage(f"asking {base.id}")
        is_good = asking.ask([(NEWEST, base)]) == [Answer.GOOD]
        searched = _searched(asking, found, is_good=is_good)
        together = joint(ground, asking, base, searched) if is_good else None
        view = _view(asking, base, searched, together)
        store.finish_run(session.run_id, exit_code(view), finished=place.now())
        return view


def _view(asking: Asking, base: Cell, searched: tuple[DependencyBound, ...], together: Joint | None) -> BoundsView:
    session = asking.session
    begun = session.store.run(session.run_id).started
    return BoundsView(
        run=session.run_id,
        canary=base[CANARY],
        is_project=session.prepared.spec.canary(base[CANARY]).project is not None,
        cell=base.id,
        newest=asking.rows[base],
        as_of=session.prepared.as_of,
        bounds=searched,
        joint=together,
        ran=session.ran,
        reused=session.reused,
        duration_s=(session.place.now() - begun).total_seconds(),
    )


def _searched(asking: Asking, found: Sequence[Releases], *, is_good: bool) -> tuple[DependencyBound, ...]:
    """Search all histories side by side; none of them where not even the newest of everything is good."""
    searches = [_begun(one, max(1, asking.session.jobs // len(found)), is_good=is_good) for one in found]
    while live := [one for one in searches if one.todo]:
        _round(asking, live)
    return tuple(_told(asking, one.releases, one.rounds) for one in searches)


def exit_code(view: BoundsView) -> ExitCode:
    """Return 0 where every declared bound holds, 1 where one is too low or missing or all together fail, else 10."""
    states = {one.state for one in view.bounds}
    if states & {BoundState.TOO_LOW, BoundState.MISSING} or _is(view.joint, Answer.BAD):
        return ExitCode.UNEXPECTED_FAILURE
    if BoundState.UNDETERMINED in states or _is(view.joint, Answer.UNKNOWN):
        return ExitCode.INDETERMINATE
    return ExitCode.OK


def _declared(ground: Ground, newest: Prepared, base: Cell, names: Sequence[str]) -> tuple[Declared, ...]:
    """Return the dependencies to search: a project's own, or the package axes where the canary is none."""
    canary = newest.spec.canary(base[CANARY])
    if canary.project is None:
        return chosen(of_axes(package_axes(ground)), names, str(ground.spec.path.name))
    return chosen(of_project(canary, newest.interpreters[base[PYTHON]]), names, f"canary {canary.name}")


def _is(joint: Joint | None, answer: Answer) -> bool:
    return joint is not None and joint.row.answer is answer


def _begun(releases: Releases, workers: int, *, is_good: bool) -> _Search:
    steps = search.searching(len(releases.versions), workers=workers, newest=Answer.GOOD)
    made = _Search(releases=releases, steps=steps)
    if releases.versions and is_good:
        _advance(made, None)
    return made


def _advance(one: _Search, answers: Sequence[Answer] | None) -> None:
    """Tell a search its answers, and learn what it wants to know next."""
    try:
        one.todo = next(one.steps) if answers is None else one.steps.send(answers)
    except StopIteration:
        one.todo = ()


def _round(asking: Asking, live: Sequence[_Search]) -> None:
    """Ask what each search wants to know next, all side by side."""
    asked = [
        (f"{one.releases.declared.name} {one.releases.versions[point]}", one.releases.cells[point])
        for one in live
        for point in one.todo
    ]
    asking.session.watcher.stage(f"asking {', '.join(label for label, _ in asked)}")
    answers = iter(asking.ask(asked))
    for one in live:
        given = [next(answers) for _ in one.todo]
        one.rounds += 1
        _advance(one, given)


def _told(asking: Asking, releases: Releases, rounds: int) -> DependencyBound:
    declared = releases.declared
    rows = tuple(
        replace(asking.rows[cell], label=version) if cell in asking.rows else Row(label=version, cell="")
        for version, cell in zip(releases.versions, releases.cells, strict=True)
    )
    question = Question(
        name=declared.name,
        requirement=declared.requirement,
        declared=declared.specifier,
        is_axis_only=declared.is_axis_only,
        notes=releases.notes,
        trouble=releases.trouble,
    )
    signatures = {cell.id: signature for cell, signature in asking.signatures.items()}
    return told_of(question, rows, signatures, rounds=rounds)
