"""Asks about points of a history by running their cells, as often as it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from harness.analysis.bisect import noise
from harness.analysis.bisect.answer import Answer, classify, followed
from harness.analysis.bisect.view import Row
from harness.analysis.observe import observe, observe_untestable
from harness.model.cell import Cell
from harness.model.plan import Nogood
from harness.model.record import Purpose
from harness.model.verdict import Observation, Signature, State
from harness.workflow.history import History
from harness.workflow.session import Session
from harness.workflow.side_by_side import side_by_side


class MoreRepeats(Exception):
    """Answers turned out to be noisy: those that rest on too few passes are to be looked at again."""


@dataclass(slots=True, kw_only=True)
class SessionAsker:
    """An `Asker` whose answers are recorded attempts of one run, earlier ones of the same question included."""

    session: Session
    history: History
    bad_state: State
    repeat: int | None  # None: as the evidence asks
    points: int  # about how many have to be called good in one search
    told: Callable[[tuple[Row, ...]], None]
    signature: Signature | None = None
    example: str = ""
    rate: float | None = None  # how often a bad point fails, once something was repeated
    rows: dict[int, Row] = field(default_factory=dict)
    _calibrated: Cell | None = None

    @property
    def wanted(self) -> int:
        """Return how often a point has to pass to be good."""
        if self.repeat is not None:
            return self.repeat
        return 1 if self.rate is None else noise.repeats(self.rate, self.points)

    def ask(self, points: tuple[int, ...]) -> tuple[Answer, ...]:
        """Run the cells of *points* side by side.

        Raises:
            MoreRepeats: begin again; what is known already costs nothing.
        """
        labels = [self.history.labels[point] for point in points]
        self.session.watcher.stage(f"asking {', '.join(labels)}")
        cells = side_by_side(self.history.ready, points)
        # the bad end first: its failure is the one that is followed
        first = sorted(range(len(points)), key=lambda number: points[number] != self.history.bad)
        answers = self.answer([cells[number] for number in first])
        for number, (answer, row) in zip(first, answers, strict=True):
            self.rows[points[number]] = self._labelled(points[number], answer, row)
        self.told(self.table())
        return tuple(self.rows[point].answer or Answer.UNKNOWN for point in points)

    def answer(self, cells: Sequence[Cell | Nogood]) -> list[tuple[Answer, Row]]:
        """Run cells side by side, and again where passes are too few."""
        todo = [cell for cell in cells if isinstance(cell, Cell)]
        self._run(todo, is_again=False)
        self._repeat(todo)
        self._learn(todo)
        return [self._told_by(cell) for cell in cells]

    def table(self) -> tuple[Row, ...]:
        """Return a row for each point, asked or not."""
        untestable = dict(self.history.untestable)
        return tuple(
            self.rows.get(point) or self._unasked(point, untestable.get(point))
            for point in range(len(self.history.labels))
        )

    def _run(self, cells: Sequence[Cell], *, is_again: bool) -> None:
        if self.bad_state is State.UNRESOLVABLE:
            return  # what has a lock resolves: nothing is left to find out
        forced, self.session.rerun = self.session.rerun, self.session.rerun or is_again
        try:
            self.session.do(cells, purpose=Purpose.DIAGNOSTIC)
        finally:
            self.session.rerun = forced

    def _repeat(self, cells: Sequence[Cell]) -> None:
        for _ in range(noise.MOST):  # attempts that could not be made do not count, and must not go on forever
            again = [cell for cell in cells if self._is_to_repeat(cell)]
            if not again:
                return
            self._run(again, is_again=True)

    def _is_to_repeat(self, cell: Cell) -> bool:
        answers = [classify(one, self.bad_state, self.signature) for one in observations(self.session, cell)]
        if cell == self._calibrated:
            return len(answers) < (self.repeat or noise.CALIBRATION) and Answer.UNKNOWN not in answers
        return noise.is_to_repeat(answers, self.wanted)

    def _learn(self, cells: Sequence[Cell]) -> None:
        """Take in the signature to follow and, where answers are noisy, how often a bad point fails."""
        seen = {cell: observations(self.session, cell) for cell in cells}
        if self.signature is None:
            self.signature = followed([one for found in seen.values() for one in found], self.bad_state)
        for cell, found in seen.items():
            answers = [classify(one, self.bad_state, self.signature) for one in found]
            if Answer.BAD in answers and not self.example:
                self.example = found[answers.index(Answer.BAD)].reason
            is_repeated = (self.repeat or 1) > 1 or noise.is_noisy(answers)
            if self.rate is None and is_repeated and Answer.BAD in answers:
                self._calibrate(cell)

    def _calibrate(self, cell: Cell) -> None:
        self._calibrated = cell
        self._repeat([cell])
        answers = [classify(one, self.bad_state, self.signature) for one in observations(self.session, cell)]
        before, self.rate = self.wanted, noise.rate(answers)
        if self.wanted > before:
            raise MoreRepeats

    def _told_by(self, cell: Cell | Nogood) -> tuple[Answer, Row]:
        if isinstance(cell, Nogood):
            observation = observe_untestable(cell)
            answer = classify(observation, self.bad_state, self.signature)
            return answer, Row(label="", cell="", state=observation.state, reason=cell.detail, is_untestable=True)
        if self.bad_state is State.UNRESOLVABLE:
            return Answer.GOOD, Row(label="", cell=cell.id, reason="resolves")
        found = observations(self.session, cell)
        answers = [classify(one, self.bad_state, self.signature) for one in found]
        answer = noise.combine(answers)
        shown = found[answers.index(answer)]
        record = self.session.record(cell)
        return answer, Row(
            label="",
            cell=cell.id,
            state=shown.state,
            reason=shown.reason,
            runs=len(found),
            passes=answers.count(Answer.GOOD),
            provider=record.trials[-1].attempt.provider if record.trials else "",
            is_known=record.is_reused,
        )

    def _labelled(self, point: int, answer: Answer, row: Row) -> Row:
        return replace(row, label=self.history.labels[point], answer=answer)

    def _unasked(self, point: int, nogood: Nogood | None) -> Row:
        label = self.history.labels[point]
        if nogood is None:
            return Row(label=label, cell="")
        answer, row = self._told_by(nogood)
        return self._labelled(point, answer, row)


def observations(session: Session, cell: Cell) -> list[Observation]:
    """Return what each attempt came to that ever asked this question; with a forced run, what this run saw."""
    asked, record = session.asked(cell), session.record(cell)
    trials = list(record.trials)
    key = trials[-1].attempt.run_key if trials else ""
    if key and not session.rerun:
        trials = [item.trial for item in reversed(session.store.find(key))]
    told = [observe(trial, asked) for trial in trials]
    # an attempt that could not be made was followed by another, or is all there is
    useful = [one for one in told if one.state not in (State.ERROR, State.NOT_RUN)]
    return useful or told[-1:] or [Observation(state=State.NOT_RUN, reason="no attempt was recorded")]
