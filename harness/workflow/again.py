"""Commands that show a change again: both of its sides."""

from __future__ import annotations

import shlex

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.intervals import Change
from harness.analysis.bisect.view import Row
from harness.cells.outside.recipe import recipe
from harness.model.cell import Cell
from harness.model.record import Purpose, Runner
from harness.workflow.pasted import commands as commands_of
from harness.workflow.pasted import own_images
from harness.workflow.session import Session


def commands(
    session: Session, rows: tuple[Row, ...], seen: tuple[Change, ...], options: tuple[str, ...], *, is_run: bool
) -> tuple[tuple[str, str], ...]:
    """Return what each command shows, and the command: through the harness, and with uv and a server alone.

    *options* are those of ``harness bisect`` but for the ends; *is_run*: running the tests shows both sides. They are
    about the first change for the worse.
    """
    if not seen:
        return ()
    change = next((one for one in seen if one.to is Answer.BAD), seen[0])
    before, after = rows[change.before], rows[change.after]
    good, bad = (before, after) if change.to is Answer.BAD else (after, before)
    both = ["harness", "bisect", *options, "--good", good.label, "--bad", bad.label, "--rerun"]
    alone = [(name, with_uv(session, row)) for name, row in (("good", good), ("bad", bad)) if is_run]
    return (("both", shlex.join(both)), *((name, line) for name, line in alone if line))


def with_uv(session: Session, row: Row) -> str:
    """Return commands that need nothing but uv, the canary and, for a server, Docker; "" for a row without a cell."""
    prepared = session.prepared
    cell = Cell.parse(row.cell) if row.cell else None
    if cell is None or cell not in prepared.locks:
        return ""
    job = session.job(cell, Runner.PYTEST, Purpose.MATRIX)
    made = recipe(job, may_build=bool(prepared.spec.run.allow_build), docker=own_images())
    return commands_of(made, session.place, job.canary.path, is_brief=True).rstrip("\n")
