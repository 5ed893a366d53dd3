"""Commands, or a folder, that reproduce one cell without the harness; on request it is tried whether they do."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from harness.analysis.asked import Asked
from harness.analysis.outside.compare import Answer, Leavings, compare, observe_outside
from harness.analysis.outside.view import Reproduction
from harness.cells import project
from harness.cells.outside import bundle
from harness.cells.outside.recipe import Recipe, recipe
from harness.errors import ExitCode, NothingSelected, UsageError
from harness.model.cell import CANARY, Cell
from harness.model.plan import Why
from harness.model.record import Attempt, Ended, Purpose, Runner
from harness.model.spec import CanarySpec, MatrixSpec
from harness.model.verdict import Observation, State
from harness.plan.select import Selection
from harness.process import Cancel
from harness.store.store import Store
from harness.workflow.events import Watcher
from harness.workflow.execute_bundle import execute
from harness.workflow.one_cell import OneCell, look_up, revive
from harness.workflow.pasted import commands, own_images
from harness.workflow.place import Place
from harness.workflow.prepare import Options
from harness.workflow.probing import Ground, survey
from harness.workflow.run import surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproRequest:
    """What the command line says."""

    cell: str
    out: Path | None = None
    is_run: bool = False


def repro(spec: MatrixSpec, place: Place, request: ReproRequest, watcher: Watcher, cancel: Cancel) -> Reproduction:
    """Return how a cell is seen without the harness; execute that if it is asked for.

    Raises:
        UsageError: no cell is meant, or the folder for the bundle holds something else.
        NothingSelected: the cell cannot be tested; the message has the resolver's words.
        Infrastructure: the script did not come to the tests, or the index gave no answer.
    """
    if request.out is not None:
        bundle.check(request.out)
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(place.store))
        cell, view = look_up(spec, place, store, request.cell)
        context = stack.enter_context(surroundings(place, watcher, cancel))
        as_of = store.run(view.run).as_of if view is not None else None
        ground = survey(spec, place, Options(selection=Selection(), as_of=as_of), context, watcher)
        _check_built(ground, cell)
        if request.out is not None:
            _check_apart(request.out, spec.canary(cell[CANARY]))
        watcher.stage("looking up what the cell stands for")
        one = revive(ground, cell, view)
        made = _recipe(ground, one)
        found = _described(place, one, made)
        folder = request.out or context.scratch / "bundle"
        if request.out is not None or request.is_run:
            bundle.write(made, folder, canary=one.source, changes=one.changes)
            found = replace(found, bundle=str(request.out or ""))
        return _tried(ground, one, made, folder, found) if request.is_run else found


def _check_built(ground: Ground, cell: Cell) -> None:
    """See that a project could be built, without which nobody knows what to install."""
    for nogood in ground.unready:
        if nogood.why is Why.NOT_BUILT and nogood.covers(cell):
            raise NothingSelected(f"{cell.id} cannot be tested:\n{nogood.detail}")


def _check_apart(folder: Path, canary: CanarySpec) -> None:
    """See that a bundle does not become part of what is tested, which would be another project then."""
    at, root = folder.resolve(), canary.path.resolve()
    if at.is_relative_to(root) and project.SKIPPED_DIRS.isdisjoint(at.relative_to(root).parts):
        raise UsageError(
            f"{folder} lies among the files of {canary.name}, and would be tested with them",
            remedy="--out with a folder elsewhere, or below .harness",
        )


def _recipe(ground: Ground, one: OneCell) -> Recipe:
    said = [] if one.view is None else _said(one.view.conclusion.observation)
    may_build = bool(ground.spec.run.allow_build)
    return recipe(one.job, said=tuple(said), may_build=may_build, docker=own_images())


def _said(seen: Observation) -> list[str]:
    lines = [f"{seen.state.value}: {seen.reason}" if seen.reason else seen.state.value]
    if seen.signature is not None:
        where = f" in {seen.signature.frame}" if seen.signature.frame else ""
        lines.append(f"signature {seen.signature.id}: {seen.signature.type}{where}")
    return lines


def _described(place: Place, one: OneCell, made: Recipe) -> Reproduction:
    view = one.view
    return Reproduction(
        cell=one.job.cell.id,
        run=view.run if view is not None else None,
        expected=view.conclusion.observation if view is not None else None,
        python=one.job.interpreter.version,
        provider=one.job.server.provider.value,
        image=made.server.image if made.server is not None else "",
        notes=one.notes,
        commands=commands(made, place, one.source),
    )


def _tried(ground: Ground, one: OneCell, made: Recipe, folder: Path, found: Reproduction) -> Reproduction:
    executed = execute(ground, one, made, folder)
    asked = Asked.of(one.job.cell, ground.spec)
    came = observe_outside(executed.left, one.attempt or _unmade(ground, one), asked, executed.where)
    if came.state is not State.PASS:
        executed.check_server()
    answer, why = Answer.UNCOMPARED, "the cell was never run"
    if found.expected is not None:
        answer, why = compare(found.expected, came, by_code=_by_code(executed.left, one.attempt))
    return replace(
        found, came=came, answer=answer, why=why, log=str(executed.log), exit_code=_exit_code(answer, found, came)
    )


def _by_code(left: Leavings, attempt: Attempt | None) -> bool | None:
    """Tell whether the exit code is the record's; None where the tests are known, which say more."""
    return None if left.is_seen or attempt is None else left.code == attempt.exit_code


def _exit_code(answer: Answer, found: Reproduction, came: Observation) -> ExitCode:
    if answer is Answer.SAME:
        return ExitCode.OK
    if answer is Answer.DIFFERENT:
        return ExitCode.UNEXPECTED_FAILURE
    if found.expected is None:
        return ExitCode.OK if came.state is State.PASS else ExitCode.UNEXPECTED_FAILURE
    return ExitCode.INDETERMINATE


def _unmade(ground: Ground, one: OneCell) -> Attempt:
    return Attempt(
        run_key="",
        cell_id=one.job.cell.id,
        exact=one.job.exact,
        runner=Runner.PYTEST,
        purpose=Purpose.MATRIX,
        started_at=ground.place.now(),
        ended=Ended.EXITED,
    )
