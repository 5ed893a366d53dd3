"""What each axis's values come to, in a sentence."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from harness.analysis.explain.findings import explain_run
from harness.analysis.fitness import Fitness, fitness
from harness.model.plan import Axis, Value
from harness.model.record import Purpose
from harness.model.verdict import State

DJANGO = ("4.2", "5.1", "5.2", "6.0", "6.1")
PLUGIN = ("4.11.1", "4.12", "4.13", "4.14")


@pytest.fixture
def say(make_conclusion):
    """Returns a function from what cells come to, to the sentence and the values of each axis."""

    def build(state_of, *, axes=(("django", DJANGO), ("pytest-django", PLUGIN)), named=(), more=()):
        names = [name.replace("-", "_") for name, _ in axes]
        cells = []
        for values in itertools.product(*(values for _, values in axes)):
            one = make_conclusion(state_of(*values), **dict(zip(names, values, strict=True)))
            exact = [(axis, f"{value}.0" if value.count(".") < 2 else value) for axis, value in one.cell.values]
            cells.append(replace(one, exact=tuple(exact)))
        cells += more
        found = explain_run(cells, (), (), run=1)
        return {one.axis: one for one in fitness(cells, found, named)}

    return build


def test_known_regression(say) -> None:
    """What works, what fails and where, from each axis's side; the exact version of what fails alone."""
    found = say(lambda django, plugin: State.FAIL if plugin == "4.13" and django < "5.2" else State.PASS)

    assert found["pytest-django"].sentence == (
        "Works with pytest-django 4.11.1–4.12 and 4.14; 4.13.0 fails below Django 5.2."
    )
    assert found["django"].sentence == "Works with Django 5.2–6.1; 4.2–5.1 fail with pytest-django 4.13.0."
    assert [value.fitness for value in found["pytest-django"].values] == [
        Fitness.WORKS,
        Fitness.WORKS,
        Fitness.PARTLY,
        Fitness.WORKS,
    ]


def test_failures_of_another_axis_do_not_count(say) -> None:
    """A version of Python works, though the cells with it that have the broken plugin fail."""
    axes = (("python", ("3.12", "3.13")), ("pytest-django", PLUGIN))
    found = say(lambda _python, plugin: State.FAIL if plugin == "4.13" else State.PASS, axes=axes)

    assert found["python"].sentence == "Works with Python 3.12–3.13."
    assert [(value.failing, value.elsewhere) for value in found["python"].values] == [(1, 1), (1, 1)]
    assert found["pytest-django"].sentence == "Works with pytest-django 4.11.1–4.12 and 4.14; 4.13.0 fails."


def test_all_fail_and_none_fails(say) -> None:
    """Then there is little to say."""
    assert say(lambda *_: State.PASS)["django"].sentence == "Works with Django 4.2–6.1."
    assert say(lambda *_: State.FAIL)["django"].sentence == "No Django works."


def test_what_nobody_tested(say) -> None:
    """A value of the matrix without a cell is not known, nor is one whose cells say nothing; errors are no failures."""
    named = [Axis(name="django", values=tuple(Value(requested=value) for value in (*DJANGO, "6.2")))]
    found = say(lambda django, _: State.ERROR if django == "6.1" else State.PASS, named=named)

    assert found["django"].sentence == "Works with Django 4.2–6.0; 6.1–6.2 not known."
    assert found["django"].values[-1].cells == 0
    assert found["django"].values[-2].other == 4


def test_many_odd_failures_are_counted(say) -> None:
    """A sentence does not list what no rule of two axes tells."""
    axes = (("django", DJANGO), ("pytest-django", PLUGIN), ("mode", ("a", "b", "c")))
    odd = {("4.2", "4.11.1", "b"), ("5.1", "4.13", "c"), ("6.0", "4.12", "a"), ("6.1", "4.14", "c")}
    found = say(lambda *values: State.FAIL if values in odd else State.PASS, axes=axes)

    assert found["django"].sentence == ("Works with Django 5.2; 4.2–5.1 and 6.0–6.1 fail in 4 of 48 cells.")
    assert len(found["mode"].sentence) < 120


def test_neighbours_do_not_count(say, make_conclusion) -> None:
    """A cell that was run to earn a blame has no part in it."""
    extra = make_conclusion(State.FAIL, django="7.0", pytest_django="4.14", purpose=Purpose.DIAGNOSTIC)
    found = say(lambda *_: State.PASS, more=[extra])

    assert [value.requested for value in found["django"].values] == list(DJANGO)
