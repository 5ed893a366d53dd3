"""A record's conclusion: state, verdict, control and suspects together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.analysis.conclude import conclude
from harness.analysis.control import Control
from harness.model.cell import Cell
from harness.model.condition import Condition
from harness.model.evidence import Level
from harness.model.plan import Nogood, Why
from harness.model.record import Ended, Purpose, Record, Runner
from harness.model.spec import Expectation
from harness.model.verdict import State, Verdict

Make = Callable[..., Any]


def test_a_failing_cell_with_a_passing_control(
    make_trial: Make, make_asked: Make, make_process: Make, make_failing_test: Make, cell: Cell
) -> None:
    """Everything that blame and reports need is there; a control's error does not count against its retry."""
    failing = make_trial(processes=[make_process(tests=(make_failing_test(),))], exit_code=1, log="a.log")
    broken = make_trial(runner=Runner.DJANGO, purpose=Purpose.CONTROL, ended=Ended.INFRASTRUCTURE)
    control = make_trial(runner=Runner.DJANGO, purpose=Purpose.CONTROL)
    entry = Expectation(when=Condition(terms=(("pytest-django", ("==4.13.0",)),)), state="fail", reason="#1303")
    record = Record(cell=cell, trials=(failing, control, broken), is_reused=True)
    found = conclude(record, make_asked(), [entry])
    assert (found.state, found.judgement.verdict) == (State.FAIL, Verdict.EXPECTED_FAILURE)
    assert found.control is Control.PASSED
    assert found.suspects == ("pytest-django", "pytest")
    assert (found.log, found.is_reused, found.level) == ("a.log", True, Level.OBSERVED)
    assert dict(found.exact)["pytest-django"] == "4.13.0"


def test_a_passing_cell_needs_no_control(make_trial: Make, make_asked: Make, cell: Cell) -> None:
    """Where one was run all the same, it says nothing."""
    control = make_trial(runner=Runner.DJANGO, purpose=Purpose.CONTROL)
    found = conclude(Record(cell=cell, trials=(make_trial(), control)), make_asked(), [])
    assert (found.state, found.control, found.suspects) == (State.PASS, None, ())


def test_an_untestable_cell_keeps_its_reason(make_asked: Make, cell: Cell) -> None:
    """And the exact versions of its plan, which expectations are matched with."""
    nogood = Nogood(values=(), why=Why.UNRESOLVABLE, detail="uv's words")
    entry = Expectation(when=Condition(terms=(("django", ("<5.2",)),)), state="fail", reason="?")
    record = Record(cell=cell, untestable=nogood, exact=(("django", "5.1.4"),))
    found = conclude(record, make_asked(), [entry])
    assert (found.state, found.observation.reason) == (State.UNRESOLVABLE, "uv's words")
    assert found.judgement.verdict is Verdict.UNEXPECTED_FAILURE
    assert (found.level, found.provider) == (None, "")
