"""The runs in the store, newest first, each cell summed up in a few words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.analysis.asked import Asked
from harness.analysis.chapters import Chapter, Entry, entry_of
from harness.analysis.compare import Side
from harness.analysis.conclude import conclude
from harness.analysis.masking import masked, secrets_of
from harness.model.cell import Cell
from harness.model.record import Purpose, Record
from harness.model.spec import MatrixSpec
from harness.model.verdict import State, Verdict
from harness.store.rows import RunInfo
from harness.store.store import Store
from harness.workflow.place import Place

LIMIT = 20
"""Runs of the matrix that are looked back at, and searches likewise."""

_Known = dict[tuple[str, tuple[int, ...]], Entry]


def chapters(spec: MatrixSpec, place: Place, *, before: Chapter, limit: int = LIMIT) -> tuple[Chapter, ...]:
    """Return the runs before one, newest first: at most *limit* of the matrix, and as many searches.

    A record whose attempts are those of a later run is not read again: in a matrix that has not changed, all are.
    """
    with Store.open(place.store) as store:
        return tuple(_chapters(store, spec, place, before, limit))


def _chapters(store: Store, spec: MatrixSpec, place: Place, before: Chapter, limit: int) -> Iterator[Chapter]:
    attempts = store.attempts_of(before.run)
    known: _Known = {
        (entry.cell.id, attempts[entry.cell.id]): entry for entry in before.entries if entry.cell.id in attempts
    }
    left = {True: limit, False: limit}
    for info in store.runs():
        is_matrix = store.has_matrix(info.id)
        if info.id >= before.run or info.is_shard or not left[is_matrix]:
            continue
        left[is_matrix] -= 1
        yield Chapter(
            run=info.id,
            started=info.started,
            finished=info.finished,
            as_of=info.as_of,
            exit_code=info.exit_code,
            harness_version=info.harness_version,
            platform=info.platform,
            entries=tuple(_entries(store, spec, place, info, known)),
        )


def _entries(store: Store, spec: MatrixSpec, place: Place, info: RunInfo, known: _Known) -> Iterator[Entry]:
    secrets = secrets_of(place.environ)
    attempts = store.attempts_of(info.id)
    fresh = store.fresh_attempts_of(info.id)
    for cell_id, purpose in store.purposes(info.id):
        numbers = attempts.get(cell_id, ())
        entry = known.get((cell_id, numbers)) if numbers else None
        if entry is None:
            record = store.record(info.id, cell_id)
            if record is None:  # removed while we read
                continue
            entry = _entry(masked(record, secrets), spec, place)
            known[cell_id, numbers] = entry
        is_reused = bool(numbers) and fresh.isdisjoint(numbers)
        yield replace(entry, purpose=purpose, is_reused=is_reused)


def _entry(record: Record, spec: MatrixSpec, place: Place) -> Entry:
    try:
        asked = Asked.of(record.cell, spec)
    except (KeyError, ValueError) as error:
        reason = f"{place.matrix.name} no longer describes it: {error}"
        return _unknown(record.cell, record.exact, record.purpose, reason)
    return entry_of(record, conclude(record, asked, spec.expectations, place.now().date()))


def _unknown(cell: Cell, exact: tuple[tuple[str, str], ...], purpose: Purpose, reason: str) -> Entry:
    side = Side(state=State.NOT_RUN, verdict=Verdict.INDETERMINATE, reason=reason)
    return Entry(cell=cell, exact=exact, purpose=purpose, side=side, is_reused=False)
