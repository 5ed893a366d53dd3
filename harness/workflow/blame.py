"""Neighbours: the extra cells that earn a blame, one signature at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from harness.analysis.blame import with_blame
from harness.analysis.conclude import Conclusion, conclude
from harness.analysis.diagnosed import cause_in_project
from harness.analysis.suspects import neighbours as neighbours_of
from harness.errors import IndexUnreachable
from harness.model.cell import PYTHON, Cell
from harness.model.package import Lock
from harness.model.plan import Axis, Nogood
from harness.model.record import Purpose, Record
from harness.model.spec import DatabaseSpec, next_named
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
    prepared = session.prepared
    for tried in with_neighbours(
        found,
        axes=prepared.axes,
        databases=prepared.spec.databases,
        nogoods=prepared.nogoods,
        elsewhere=session.elsewhere(),
        can_try=lambda cell: _lock(session, cell),
    ):
        session.watcher.stage(f"running a neighbour: {tried.id}")
        session.do([tried], purpose=Purpose.DIAGNOSTIC)
        found.append(_concluded(session, session.record(tried)))
    return with_blame(found)


def with_neighbours(
    found: list[Conclusion],
    *,
    axes: tuple[Axis, ...],
    databases: Sequence[DatabaseSpec],
    nogoods: Sequence[Nogood],
    elsewhere: frozenset[Cell] = frozenset(),
    can_try: Callable[[Cell], bool],
) -> Iterator[Cell]:
    """Yield each neighbour to be tried, a signature at a time.

    Before the next is asked for, what it came to has to be in *found*. Cells *elsewhere* are tried by others.
    """
    for signature in _signatures(found):
        if _is_earned(found, signature):
            continue
        known = {one.cell for one in found} | elsewhere
        nearby = _candidates(found, signature, axes=axes, databases=databases, nogoods=nogoods)
        for cell in [cell for cell in nearby if cell not in known and can_try(cell)][:TRIES]:
            yield cell
            if _is_earned(found, signature):
                break


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


def _candidates(
    found: list[Conclusion],
    signature: Signature,
    *,
    axes: tuple[Axis, ...],
    databases: Sequence[DatabaseSpec],
    nogoods: Sequence[Nogood],
) -> list[Cell]:
    """Return neighbours worth running: of the cell of this signature that its control says most about."""
    failing = [one for one in _open(found) if one.signature == signature]
    one = min(failing, key=lambda item: (len(item.suspects), item.cell.id))  # whoever was quicker: the same each time
    nearby = [
        neighbours_of(
            one.cell,
            next_named(axes, name),
            databases=databases,
            is_feasible=lambda candidate: not any(nogood.covers(candidate) for nogood in nogoods),
        )
        for name in one.suspects
    ]
    # the closest of each suspect first, in the order of suspicion, then the second closest
    return [cells[rank] for rank in range(2) for cells in nearby if len(cells) > rank]


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
