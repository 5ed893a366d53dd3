"""Tests of what repetitions leave as it is."""

from __future__ import annotations

import pytest

from harness.analysis.observe import observe_record
from harness.model.record import Purpose, Record
from harness.model.verdict import State


@pytest.mark.parametrize(
    ("cell_is", "first", "expected"),
    [
        (Purpose.MATRIX, Purpose.MATRIX, State.FAIL),
        (Purpose.MATRIX, Purpose.DIAGNOSTIC, State.FLAKY),  # taken over from a neighbour: there is nothing else
        (Purpose.DIAGNOSTIC, Purpose.MATRIX, State.FLAKY),
    ],
)
def test_a_repetition_does_not_change_a_planned_cell(
    cell, make_trial, make_process, make_failing_test, make_asked, cell_is, first, expected
) -> None:
    """It failed in its run, and passed when `explain` ran it again: it failed. A neighbour has no verdict to keep."""
    failing = make_trial(
        processes=[make_process(tests=(make_failing_test(),), exit_status=1)], exit_code=1, purpose=first
    )
    again = make_trial(purpose=Purpose.DIAGNOSTIC)
    record = Record(cell=cell, trials=(failing, again), purpose=cell_is)
    assert observe_record(record, make_asked()).state is expected
