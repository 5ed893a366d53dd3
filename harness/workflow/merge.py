"""Shards' runs joined into the one run that they are parts of."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.analysis.asked import Asked
from harness.analysis.conclude import Conclusion, conclude
from harness.analysis.learned import refused
from harness.model import codec
from harness.model.cell import Cell
from harness.model.plan import Plan, PlanSummary, exact_versions
from harness.model.record import Attempt, Purpose, Record
from harness.model.spec import MatrixSpec
from harness.model.verdict import State
from harness.plan.planning import plan_again
from harness.plan.select import Selection
from harness.store.adopted import Adopted, AdoptedCell, PackedTrial
from harness.store.store import Store
from harness.workflow.blame import with_neighbours
from harness.workflow.merge_checks import check_answered, check_duplicates, check_found, check_whole, unlike
from harness.workflow.merge_parts import Part, find, open_parts
from harness.workflow.place import Place
from harness.workflow.report import open_report
from harness.workflow.run import MAX_ROUNDS
from harness.workflow.shards import matrix_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge came to."""

    run: int
    is_new: bool  # else these very shards were merged before
    shards: int
    open: tuple[Cell, ...]  # planned in place of cells that the shards found untestable, and tried by none of them
    empty: tuple[Path, ...]  # stores in which no shard was run


def merge(spec: MatrixSpec, place: Place, paths: Sequence[Path], *, is_partial: bool = False) -> Merged:
    """Join the shards in the stores at *paths* into one run of the local store; the same ones again, harmlessly.

    Raises:
        UsageError: they are not the shards of one plan, contradict each other, or are not all there.
    """
    with Store.open(place.store) as local, open_parts(find(paths), place, local) as found:
        check_found(found, is_partial=is_partial)
        parts = found.parts
        check_whole(parts, matrix_digest(place), is_partial=is_partial)
        joint = _joint(spec, place, parts, is_partial=is_partial)
        identity = tuple(sorted(part.identity for part in parts))
        known = next((info for info in local.runs() if (plan := local.plan(info.id)) and plan.merged == identity), None)
        run = known.id if known is not None else local.adopt(_adopted(joint, place, identity))
        if known is None or not known.is_finished:
            with open_report(spec, place, run=run, command="", tail="") as report:
                code = report.summary.exit_code
            ends = [part.info.finished or part.info.started for part in parts]
            local.finish_run(run, code, finished=max(ends))
        records = ((cell, local.record(run, cell.id)) for cell in joint.open)
        untried = tuple(cell for cell, record in records if record is None or not record.trials)
        return Merged(run=run, is_new=known is None, shards=len(parts), open=untried, empty=found.empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What one shard has to say of one cell."""

    part: Part
    record: Record  # without its trials, which are large
    one: Conclusion
    attempts: tuple[Attempt, ...]

    @property
    def words(self) -> str:
        kind = self.one.signature.id if self.one.signature else ""
        return " ".join(filter(None, (self.one.state.value, kind)))


@dataclass(slots=True, kw_only=True)
class _Joint:
    """The whole, as far as the shards know it."""

    parts: Sequence[Part]
    plan: Plan
    answers: dict[Cell, _Answer]  # of cells of the matrix, in the order of the plan
    open: list[Cell] = field(default_factory=list)
    neighbours: list[_Answer] = field(default_factory=list)


def _joint(spec: MatrixSpec, place: Place, parts: Sequence[Part], *, is_partial: bool) -> _Joint:
    """Do what a run does that has the shards' answers: plan again what was lost, ask the neighbours it would ask."""
    answers, neighbours = _answers(spec, place, parts, is_partial=is_partial)
    first = parts[0]
    joint = _Joint(
        parts=parts,
        plan=Plan(
            cells=tuple(Cell.parse(cell_id) for cell_id, _ in first.shard.cells),
            left_out=first.plan.left_out,
            coverage=first.plan.coverage,
            product=first.plan.product,
        ),
        answers=answers,
    )
    nogoods = first.shard.nogoods
    selection = codec.loads(Selection, first.info.selection)
    for _ in range(MAX_ROUNDS):
        found = [refused(cell, answer.one.observation) for cell, answer in answers.items()]
        learned = [nogood for nogood in dict.fromkeys(found) if nogood is not None and nogood not in nogoods]
        if not learned:
            break
        nogoods = (*nogoods, *learned)
        joint.plan = plan_again(spec, first.plan.axes, nogoods, selection, joint.plan)
    planned = {Cell.parse(cell_id) for cell_id, _ in first.shard.cells}
    joint.open = [cell for cell in joint.plan.cells if cell not in planned]
    known = {one.record.cell: one for one in reversed(neighbours)}
    found_so_far = [answer.one for answer in answers.values()]
    for cell in with_neighbours(
        found_so_far,
        axes=first.plan.axes,
        databases=spec.databases,
        nogoods=nogoods,
        can_try=lambda cell: cell in known,
    ):
        joint.neighbours.append(known[cell])
        found_so_far.append(known[cell].one)
    return joint


def _answers(
    spec: MatrixSpec, place: Place, parts: Sequence[Part], *, is_partial: bool
) -> tuple[dict[Cell, _Answer], list[_Answer]]:
    """Return the answers for the planned cells that have any, in the order of the plan, and those for neighbours."""
    given: dict[Cell, list[_Answer]] = {}
    neighbours = []
    for part in parts:
        for answer in _said(part, spec, place):
            if answer.record.purpose is Purpose.DIAGNOSTIC:
                neighbours.append(answer)
            elif answer.one.state is not State.NOT_RUN:
                given.setdefault(answer.record.cell, []).append(answer)
    order = [(Cell.parse(cell_id), number) for cell_id, number in parts[0].shard.cells]
    for number, part in {part.shard.number: part for part in parts}.items():
        lacking = [cell for cell, owner in order if owner == number and cell not in given]
        check_answered(part, lacking, is_partial=is_partial)
    check_duplicates([words for cell, _ in order if (words := _conflict(given.get(cell, ())))])
    # of a shard that was run twice with the same answers, the later
    return {cell: given[cell][-1] for cell, _ in order if cell in given}, neighbours


def _said(part: Part, spec: MatrixSpec, place: Place) -> Iterator[_Answer]:
    today = place.now().date()
    for record in part.store.records(part.info.id):
        one = conclude(record, Asked.of(record.cell, spec), spec.expectations, today)
        yield _Answer(
            part=part, record=replace(record, trials=()), one=one, attempts=tuple(t.attempt for t in record.trials)
        )


def _conflict(answers: Sequence[_Answer]) -> str:
    """Return how the answers for one cell differ; empty where they do not."""
    if len({answer.words for answer in answers}) < 2:
        return ""
    told = " and ".join(f"{answer.words} in {answer.part.title}" for answer in answers)
    return f"{answers[0].record.cell.id}: {told}"


def _adopted(joint: _Joint, place: Place, identity: tuple[str, ...]) -> Adopted:
    infos = [part.info for part in joint.parts]
    return Adopted(
        started=min(info.started for info in infos),
        matrix_digest=infos[0].matrix_digest,
        selection=infos[0].selection,
        as_of=infos[0].as_of,
        harness_version=infos[0].harness_version,
        platform="; ".join(dict.fromkeys(info.platform for info in infos)),
        plan=_summary(joint, identity),
        cells=_cells(joint, place),
    )


def _summary(joint: _Joint, identity: tuple[str, ...]) -> PlanSummary:
    plans = [part.plan for part in joint.parts]
    made = [
        (answer.part.shard.name, attempt)
        for answer in (*joint.answers.values(), *joint.neighbours)
        for attempt in answer.attempts
    ]
    warnings = dict.fromkeys([*(words for plan in plans for words in plan.warnings), *unlike(made)])
    return PlanSummary(
        axes=plans[0].axes,
        left_out=joint.plan.left_out,
        coverage=joint.plan.coverage,
        product=joint.plan.product,
        strict=any(plan.strict for plan in plans),
        absent=tuple(dict.fromkeys(name for plan in plans for name in plan.absent)),
        warnings=tuple(warnings),
        merged=identity,
    )


def _cells(joint: _Joint, place: Place) -> Iterator[AdoptedCell]:
    first = joint.parts[0]
    for cell in dict.fromkeys([*(Cell.parse(cell_id) for cell_id, _ in first.shard.cells), *joint.open]):
        answer = joint.answers.get(cell)
        if answer is not None:
            yield _cell(answer, place)
        else:
            exact = tuple(sorted(exact_versions(cell, first.plan.axes).items()))
            yield AdoptedCell(cell=cell, exact=exact, purpose=Purpose.MATRIX, untestable=None, trials=())
    for answer in joint.neighbours:
        yield _cell(answer, place)


def _cell(answer: _Answer, place: Place) -> AdoptedCell:
    record, part = answer.record, answer.part
    return AdoptedCell(
        cell=record.cell,
        exact=record.exact,
        purpose=record.purpose,
        untestable=record.untestable,
        trials=tuple(_with_log(trial, part, place) for trial in part.store.packed(part.info.id, record.cell.id)),
    )


def _with_log(trial: PackedTrial, part: Part, place: Place) -> PackedTrial:
    """Copy an attempt's log, under a name that no other run's log has."""
    name = Path(trial.attempt.log).name
    source = part.logs / name
    if not name or part.logs.resolve() == place.logs.resolve() or not source.is_file():
        return trial
    own = f"{hashlib.sha256(f'{part.identity} {name}'.encode()).hexdigest()[:8]}-{name}"
    with suppress(shutil.SameFileError):
        shutil.copyfile(source, place.logs / own)
    return replace(trial, attempt=replace(trial.attempt, log=own))
