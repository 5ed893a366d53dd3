"""What is asked of a search, with what can be refused before anything is looked up."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from harness.analysis.bisect.answer import BAD_STATES
from harness.errors import UsageError, nearest
from harness.model.cell import CANARY, DATE, MODE
from harness.model.spec import MatrixSpec
from harness.model.verdict import State
from harness.workflow import history
from harness.workflow.prepare import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class BisectRequest:
    """What the command line says about a search."""

    axis: str
    good: str
    bad: str
    cell: str
    prepare: Options
    sweep: int | None = None  # a stride, 0 to choose one; None: only if the ends agree
    find_fix: bool = False
    bad_state: State = State.FAIL
    repeat: int | None = None
    with_pre: bool = False
    jobs: int | None = None
    rerun: bool = False
    options: str = (
        ""  # "-m other.toml --as-of 2026-01-20": what the commands that are shown have in common with this one
    )


def check(request: BisectRequest, spec: MatrixSpec) -> None:
    """Refuse what can be refused without looking anything up.

    Raises:
        UsageError: saying what to try.
    """
    names = [axis.name for axis in spec.axes]
    if request.axis not in (*names, DATE):
        raise UsageError(
            f"--axis {request.axis!r} is not in {spec.path}{nearest(request.axis, [*names, DATE])}",
            remedy=f"one of {', '.join((*names, DATE))}",
        )
    if request.axis in (CANARY, MODE):
        raise UsageError(
            f"--axis {request.axis}: its values have no order", remedy="python, database, date or a package"
        )
    if request.bad_state not in BAD_STATES:
        raise UsageError(
            f"--bad-state {request.bad_state.value} cannot be searched for",
            remedy=f"one of {', '.join(state.value for state in BAD_STATES)}",
        )
    if not request.bad or not (request.good or request.find_fix):
        raise UsageError("a search needs two ends", remedy="--good VERSION --bad VERSION")
    if request.good == request.bad:
        raise history.same_ends(request.good)


def words(request: BisectRequest) -> tuple[str, ...]:
    """Return the options of a command that asks the same of other ends."""
    words = [*shlex.split(request.options), "--axis", request.axis]
    words += ["--cell", request.cell] if request.cell else []
    words += ["--bad-state", request.bad_state.value] if request.bad_state is not State.FAIL else []
    return (*words, *(["--pre"] if request.with_pre else []))
