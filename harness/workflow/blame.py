"""Neighbours: the extra cells that earn a blame, one signature at a time."""

from __future__ import annotations

from collections.abc import Iterable

from harness.analysis.blame import with_blame
from harness.analysis.conclude import Conclusion, conclude
from harness.analysis.diagnosed import cause_in_project
from harness.analysis.suspects import neighbours as neighbours_of
from harness.errors import IndexUnreachable
from harness.model.cell import PYTHON, Cell
from harness.model.package import Lock
from harness.model.plan import Axis
from harness.model.record import Purpose, Record
from harness.model.spec import next_named
from harness.model.verdict import Blame, Signature
from harness.workflow.examine import examine
from harness.workflow.prepare import requirements
from harness.workflow.session import Session

TRIES = 4
"""Neighbours run for one signature at the most: beyond that it is not one version's doing."""


def conclude_with_neighbours(session: Session) -> tuple[Conclusion, ...]:
    """Return what each record of this run comes to, blame included.

    The doctor is asked about what failed. For each signature whose blame is not yet earned, neighbours of one of its
    cells are run until it is; what a finding explains needs none.
    """
    found = [_concluded(session, record) for record in session.store.records(session.run_id)]
    examined = examine(session, found)
    found = [_concluded(session, session.record(one.cell)) if one.cell in examined else one for one in found]
    for signature in _signatures(found):
        for cell in _candidates(session, found, signature)[:TRIES]:
            session.watcher.stage(f"running a neighbour: {cell.id}")
            session.do([cell], purpose=Purpose.DIAGNOSTIC)
            found.append(_concluded(session, session.record(cell)))
            if _is_earned(found, signature):
                break
    return with_blame(found)


def _concluded(session: Session, record: Record) -> Conclusion:
    spec = session.prepared.spec
    return conclude(record, session.asked(record.cell), spec.expectations, session.place.now().date())


def _signatures(found: list[Conclusion]) -> list[Signature]:
    return list(dict.fromkeys(one.signature for one in _open(found) if one.signature is not None))


def _open(found: Iterable[Conclusion]) -> list[Conclusion]:
    """Return the failing cells of the matrix that no finding of the doctor explains."""
    failing = [one for one in found if one.state.is_failure and one.purpose is Purpose.MATRIX]
    return [one for one in failing if cause_in_project(one) is None]


def _is_earned(found: list[Conclusion], signature: Signature) -> bool:
    return any(
        one.signature == signature and one.blame is not None and one.blame.blame is not Blame.UNDETERMINED
        for one in with_blame(found)
        if one.state.is_failure and cause_in_project(one) is None
    )


def _candidates(session: Session, found: list[Conclusion], signature: Signature) -> list[Cell]:
    """Return neighbours worth running: of the cell of this signature that its control says most about."""
    if _is_earned(found, signature):
        return []
    failing = [one for one in _open(found) if one.signature == signature]
    known = {one.cell for one in found}
    one = min(failing, key=lambda item: (len(item.suspects), item.seconds))
    axes = [next_named(session.prepared.axes, name) for name in one.suspects]
    nearby = [_nearby(session, one.cell, axis) for axis in axes]
    # the closest of each suspect first, in the order of suspicion, then the second closest
    ranked = [cells[rank] for rank in range(2) for cells in nearby if len(cells) > rank]
    return [cell for cell in ranked if cell not in known and _lock(session, cell)]


def _nearby(session: Session, cell: Cell, axis: Axis) -> tuple[Cell, ...]:
    prepared = session.prepared
    return neighbours_of(
        cell,
        axis,
        databases=prepared.spec.databases,
        is_feasible=lambda candidate: not any(nogood.covers(candidate) for nogood in prepared.nogoods),
    )


def _lock(session: Session, cell: Cell) -> bool:
    """Lock a neighbour; tell whether it can be run."""
    prepared = session.prepared
    if cell in prepared.locks:
        return True
    wanted = tuple(item for items in requirements(prepared, cell).values() for item in items)
    try:
        answer = prepared.resolver.lock(wanted, prepared.interpreters[cell[PYTHON]], cancel=prepared.cancel)
    except IndexUnreachable:
        return False
    if isinstance(answer, Lock):
        prepared.locks[cell] = answer
    return isinstance(answer, Lock)
