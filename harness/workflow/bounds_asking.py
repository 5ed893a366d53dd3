"""Asks about releases of several dependencies at once, by running their cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.view import Row
from harness.analysis.observe import observe_untestable
from harness.errors import Infrastructure
from harness.model.cell import Cell
from harness.model.plan import Nogood
from harness.model.record import Purpose
from harness.model.verdict import Observation, Signature, State
from harness.workflow.asking import observations
from harness.workflow.probing import lock_all
from harness.workflow.session import Session
from harness.workflow.side_by_side import side_by_side


@dataclass(slots=True, kw_only=True)
class Asking:
    """Answers about cells: recorded attempts of one run, earlier ones of the same question included."""

    session: Session
    told: Callable[[tuple[Row, ...]], None]  # called after each round with all rows so far
    rows: dict[Cell, Row] = field(default_factory=dict)
    signatures: dict[Cell, Signature] = field(default_factory=dict)

    def ask(self, asked: Sequence[tuple[str, Cell]]) -> list[Answer]:
        """Run cells side by side and return their answers; what was asked before is run a second time.

        *asked* gives each a label for a person. The same release counts as good, or bad, only where all of its
        attempts agree.
        """
        labels = {cell: label for label, cell in asked}
        again = [cell for cell in labels if cell in self.rows]
        impossible = self._lock([cell for cell in labels if cell not in self.rows])
        self._run([cell for cell in labels if cell not in self.rows and cell not in impossible], is_again=False)
        self._run([cell for cell in again if len(observations(self.session, cell)) == 1], is_again=True)
        for cell, label in labels.items():
            nogood = impossible.get(cell)
            self.rows[cell] = self._observed(label, cell) if nogood is None else _untestable(label, cell, nogood)
        self.told(tuple(self.rows.values()))
        return [self.rows[cell].answer or Answer.UNKNOWN for _, cell in asked]

    def _lock(self, cells: Sequence[Cell]) -> dict[Cell, Nogood]:
        """Lock what can be locked; what uv could not tell of joins `Prepared.unlocked`, and is recorded as an error."""
        prepared = self.session.prepared

        def one(cell: Cell) -> dict[Cell, Nogood]:
            try:
                return lock_all(prepared, [cell])
            except Infrastructure as error:
                prepared.unlocked[cell] = error
                return {}

        found: dict[Cell, Nogood] = {}
        for nogoods in side_by_side(one, [cell for cell in cells if cell not in prepared.locks]):
            found |= nogoods
        return found

    def _run(self, cells: Sequence[Cell], *, is_again: bool) -> None:
        if not cells:
            return
        forced, self.session.rerun = self.session.rerun, self.session.rerun or is_again
        try:
            self.session.do(cells, purpose=Purpose.DIAGNOSTIC)
        finally:
            self.session.rerun = forced

    def _observed(self, label: str, cell: Cell) -> Row:
        found = observations(self.session, cell)
        answers = [answer_of(one.state) for one in found]
        known = {answer for answer in answers if answer.is_known}
        is_mixed = len(known) > 1
        answer = Answer.UNKNOWN if is_mixed or not known else known.pop()
        shown = next((one for one in found if one.state.is_failure), found[-1])
        record = self.session.record(cell)
        if shown.signature is not None:
            self.signatures[cell] = shown.signature
        return Row(
            label=label,
            cell=cell.id,
            answer=answer,
            state=State.FLAKY if is_mixed else shown.state,
            reason=_reason(shown, passes=answers.count(Answer.GOOD)),
            runs=len(found),
            passes=answers.count(Answer.GOOD),
            provider=record.trials[-1].attempt.provider if record.trials else "",
            is_known=record.is_reused,
        )


def answer_of(state: State) -> Answer:
    """Return what a state says about a release: any failure is bad, whatever its signature; what could not be tried,
    or does not always come out the same, is unknown."""
    match state:
        case State.PASS:
            return Answer.GOOD
        case State.FAIL | State.TIMEOUT | State.CRASH:
            return Answer.BAD
        case State.FLAKY | State.UNRESOLVABLE | State.UNSUPPORTED | State.ERROR | State.NOT_RUN:
            return Answer.UNKNOWN
        case _:
            assert_never(state)


def _reason(shown: Observation, *, passes: int) -> str:
    return f"fails at times: {shown.reason}" if passes and shown.state.is_failure else shown.reason


def _untestable(label: str, cell: Cell, nogood: Nogood) -> Row:
    observation = observe_untestable(nogood)
    return Row(
        label=label,
        cell=cell.id,
        answer=Answer.UNKNOWN,
        state=observation.state,
        reason=observation.reason,
        is_untestable=True,
    )
