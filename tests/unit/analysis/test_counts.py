"""The headline hides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.analysis.conclude import Conclusion
from harness.analysis.counts import count, reconcile
from harness.model.cell import Cell
from harness.model.evidence import Level
from harness.model.record import Purpose
from harness.model.verdict import State, Verdict

Make = Callable[..., Conclusion]


def test_every_state_is_counted(make_conclusion: Make) -> None:
    """With its zeroes; flaky cells and unexpected passes by name, neighbours apart."""
    flaky = make_conclusion(State.FLAKY, django="6.0")
    found = count(
        [
            flaky,
            make_conclusion(State.PASS, is_reused=True),
            make_conclusion(State.FAIL, level=Level.EXIT_CODE),
            make_conclusion(State.PASS, purpose=Purpose.DIAGNOSTIC),
        ]
    )
    assert dict(found.states) == dict.fromkeys(State, 0) | {State.FLAKY: 1, State.PASS: 1, State.FAIL: 1}
    assert sum(number for _, number in found.verdicts) == sum(number for _, number in found.states) == found.cells == 3
    assert (found.reused, found.unobserved, found.diagnostic) == (1, 1, 1)
    assert found.flaky == (flaky.cell.id,)
    assert dict(found.verdicts)[Verdict.UNEXPECTED_FAILURE] == 1


def test_what_a_run_owes_its_plan_is_listed(make_conclusion: Callable[..., Any]) -> None:
    """A planned cell without a trial or a reason is missing, whether it has a record or not."""
    run, untestable, empty, absent, other = (Cell.of({"django": str(number)}) for number in range(5))
    found_cells = [
        replace(make_conclusion(State.PASS, level=Level.OBSERVED), cell=run),
        replace(make_conclusion(State.UNSUPPORTED), cell=untestable),
        replace(make_conclusion(State.NOT_RUN), cell=empty),
        replace(make_conclusion(State.PASS, level=Level.OBSERVED), cell=other),
        replace(make_conclusion(State.PASS, purpose=Purpose.DIAGNOSTIC), cell=Cell.of({"django": "9"})),
    ]
    found = reconcile([run, untestable, empty, absent], found_cells)
    assert found.missing == (empty, absent)
    assert found.unplanned == (other,)
    assert not found.is_complete
    assert reconcile([run], found_cells[:1]).is_complete
