"""How many pairs of values a run's answers reach."""

from __future__ import annotations

from harness.analysis.reach import reach
from harness.model.plan import Axis, Nogood, Value, Why
from harness.model.record import Purpose
from harness.model.verdict import State


def axis(name: str, *values: str) -> Axis:
    """An axis."""
    return Axis(name=name, values=tuple(Value(requested=value) for value in values))


def test_pairs(make_conclusion) -> None:
    """Answered, impossible, and neither: together all of them. Errors and neighbours answer nothing."""
    axes = [axis("django", "5.1", "5.2", "6.0"), axis("pytest-django", "4.13", "4.14")]
    cells = [
        make_conclusion(State.PASS, django="5.1", pytest_django="4.13"),
        make_conclusion(State.FAIL, django="5.2", pytest_django="4.13"),
        make_conclusion(State.ERROR, django="6.0", pytest_django="4.13"),
        make_conclusion(State.UNSUPPORTED, django="6.0", pytest_django="4.14"),
        make_conclusion(State.PASS, django="5.2", pytest_django="4.14", purpose=Purpose.DIAGNOSTIC),
    ]
    nogood = Nogood(values=(("django", "5.1"), ("pytest-django", "4.14")), why=Why.EXCLUDED, detail="no")

    found = reach(cells, axes, [nogood])

    assert (found.pairs, found.answered, found.untestable) == (6, 2, 2)
    assert found.lacking == (
        (("django", "5.2"), ("pytest-django", "4.14")),
        (("django", "6.0"), ("pytest-django", "4.13")),
    )


def test_a_value_that_is_left_out() -> None:
    """Rules all of its pairs out."""
    axes = [axis("python", "3.13", "3.14"), axis("django", "5.2", "6.0"), axis("mode", "a")]
    nogood = Nogood(values=(("python", "3.14"),), why=Why.NO_INTERPRETER, detail="none here")

    assert reach([], axes, [nogood]).untestable == 3
