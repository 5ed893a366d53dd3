"""What running one cell teaches of others: that their Django refuses their server."""

from __future__ import annotations

from harness.model.cell import DATABASE, Cell
from harness.model.plan import Nogood, Why
from harness.model.verdict import Observation, State


def refused(cell: Cell, observation: Observation) -> Nogood | None:
    """Return the reason not to try cells with the same Django on the same server; None where there is none."""
    if observation.state is not State.UNSUPPORTED or "django" not in cell.as_dict():
        return None
    values = tuple((axis, value) for axis, value in cell.values if axis in (DATABASE, "django"))
    return Nogood(values=values, why=Why.SERVER_UNSUPPORTED, detail=observation.reason)
