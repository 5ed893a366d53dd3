"""One record's conclusion: small enough to keep for every cell of a run, unlike the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.asked import Asked
from harness.analysis.control import Control, control_says
from harness.analysis.expect import judge
from harness.analysis.observe import observe, observe_record
from harness.analysis.suspects import suspect_axes
from harness.model.cell import Cell
from harness.model.evidence import Level
from harness.model.finding import Examination
from harness.model.record import Purpose, Record, Runner, Trial
from harness.model.spec import Engine, Expectation
from harness.model.verdict import BlameFinding, Judgement, Observation, Signature, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a record comes to, as far as it can be said without looking at other cells."""

    cell: Cell
    exact: tuple[tuple[str, str], ...]
    engine: Engine
    provider: str  # empty where nothing ran
    judgement: Judgement
    purpose: Purpose = Purpose.MATRIX
    is_reused: bool = False
    level: Level | None = None  # None where nothing ran
    control: Control | None = None  # None where no control was run
    suspects: tuple[str, ...] = ()  # axes, the first to be tried first
    seconds: float = 0.0  # of all its attempts
    log: str = ""  # of the attempt that decided
    examination: Examination | None = None  # by the doctor, of the attempt that decided
    blame: BlameFinding | None = None  # set by `blame.with_blame`

    @property
    def state(self) -> State:
        """Return the state observed."""
        return self.judgement.observation.state

    @property
    def observation(self) -> Observation:
        """Return what was observed."""
        return self.judgement.observation

    @property
    def signature(self) -> Signature | None:
        """Return the failure's identity."""
        return self.judgement.observation.signature


def conclude(
    record: Record, asked: Asked, expectations: Sequence[Expectation], today: dt.date | None = None
) -> Conclusion:
    """Draw the conclusion of one record. Expectations that have expired *today* don't count."""
    observation = observe_record(record, asked)
    trials = record.deciding()
    exact = dict(record.exact) or (trials[-1].attempt.exact_dict() if trials else {})
    control = _control(record, trials, observation, asked)
    return Conclusion(
        cell=record.cell,
        exact=tuple(sorted(exact.items())),
        engine=asked.database.engine,
        provider=trials[-1].attempt.provider if trials else "",
        judgement=judge(observation, record.cell, exact, expectations, today),
        purpose=record.purpose,
        is_reused=record.is_reused,
        level=trials[-1].evidence.level if trials else None,
        control=control,
        suspects=suspect_axes(record.cell, trials[-1], observation, control) if trials else (),
        seconds=sum(trial.attempt.timings.total_s for trial in record.trials),
        log=trials[-1].attempt.log if trials else "",
        examination=trials[-1].attempt.examination if trials else None,
    )


def _control(record: Record, trials: tuple[Trial, ...], observation: Observation, asked: Asked) -> Control | None:
    """Return what the last control says that did not itself end in an error, if it was run for a failure."""
    controls = record.by(Runner.DJANGO)
    if not controls or not trials or not observation.state.is_failure:
        return None
    usable = [trial for trial in controls if observe(trial, asked).state not in (State.ERROR, State.NOT_RUN)]
    return control_says(trials[-1], observation, (usable or list(controls))[-1], asked)
