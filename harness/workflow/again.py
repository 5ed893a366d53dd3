"""Commands that show a change again: both of its sides."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.intervals import Change
from harness.analysis.bisect.view import Row
from harness.cells import commands as of_cell
from harness.model.cell import CANARY, DATABASE, MODE, PYTHON, Cell
from harness.model.package import Interpreter
from harness.model.record import Runner
from harness.model.spec import Engine, Mode
from harness.workflow.session import Session


def commands(
    session: Session, rows: tuple[Row, ...], seen: tuple[Change, ...], options: tuple[str, ...], *, is_run: bool
) -> tuple[tuple[str, str], ...]:
    """Return what each command shows, and the command: through the harness and, where that is enough, with uv alone.

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
    """Return a command that needs nothing but uv and the canary; "" where a server, or more than one run, is needed."""
    prepared = session.prepared
    cell = Cell.parse(row.cell) if row.cell else None
    if cell is None or cell not in prepared.locks:
        return ""
    database, canary = prepared.spec.database(cell[DATABASE]), prepared.spec.canary(cell[CANARY])
    runs = of_cell.commands(Mode(cell[MODE]), Runner.PYTEST, canary, "")
    if len(runs) > 1 or (database.engine, database.version) != (Engine.SQLITE, "memory"):
        return ""
    arguments = (*runs[0].args[:2], *runs[0].args[4:])  # all but the probe
    pins = [word for pin in prepared.locks[cell].pins for word in ("--with", f"{pin.name}=={pin.version}")]
    python = ["--python", _findable(prepared.interpreters[cell[PYTHON]], session.place.environ)]
    uv = ["uv", "run", "--no-project", "--isolated", *python, *pins, "--", "python", *arguments]
    root = session.place.matrix.parent
    folder = canary.path.relative_to(root) if canary.path.is_relative_to(root) else canary.path
    return f"(cd {shlex.quote(str(folder))} && DJANGO_SETTINGS_MODULE={canary.settings} {shlex.join(uv)})"


def _findable(interpreter: Interpreter, environ: Mapping[str, str]) -> str:
    """Return what uv finds this interpreter by: its version where it is on PATH, else its path."""
    on_path = shutil.which(f"python{'.'.join(interpreter.version.split('.')[:2])}", path=environ.get("PATH"))
    is_there = on_path is not None and Path(on_path).resolve() == Path(interpreter.path)
    return interpreter.version if is_there else interpreter.path
