"""Finds the record that a person means."""

from __future__ import annotations

from harness.errors import UsageError
from harness.store.rows import RunInfo
from harness.store.store import Store


def find_record(store: Store, text: str, *, run: int | None = None) -> tuple[RunInfo, str] | None:
    """Return the run, that one or the last that has it, and the id of the cell that *text* is, or is a part of.

    None if no run has such a cell.

    Raises:
        UsageError: several cells of the run are meant, or there is no such run.
    """
    for info in [store.run(run)] if run is not None else store.runs():
        ids = store.cell_ids(info.id)
        found = [cell_id for cell_id in ids if cell_id == text] or [cell_id for cell_id in ids if text in cell_id]
        if len(found) > 1:
            shown = "\n    ".join(found[:5])
            raise UsageError(f"{len(found)} cells of run {info.id} are meant by {text!r}:\n    {shown}")
        if found:
            return info, found[0]
    return None
