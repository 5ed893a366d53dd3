"""Tests of explanations."""

from __future__ import annotations

import itertools

from harness.analysis.explain.findings import Standing, explain_run, rules_for
from harness.model.record import Purpose
from harness.model.verdict import State

DJANGO, PYTEST_DJANGO, MODES = ("4.2", "5.1", "5.2", "6.0"), ("4.12", "4.13", "4.14"), ("migrations", "xdist")


def cells(make_conclusion, fails, **more):
    """The full product, failing where *fails* says."""
    for django, plugin, mode in itertools.product(DJANGO, PYTEST_DJANGO, MODES):
        state = State.FAIL if fails(django, plugin, mode) else State.PASS
        fields = more if state is State.FAIL else {}
        yield make_conclusion(state, django=django, pytest_django=plugin, mode=mode, **fields)


def known(django, plugin, mode):
    """The known regression."""
    return plugin == "4.13" and django in ("4.2", "5.1")


def test_a_whole_run_is_explained(make_conclusion) -> None:
    """Rule, support, counter-examples, what to do, and the issue of the entry that declares it."""
    found = explain_run(list(cells(make_conclusion, known, issue="x/y#1")), (), (), run=7)
    (rule,) = found.rules
    assert rule.text == "pytest-django ==4.13 and django <5.2"
    assert rule.standing is Standing.CONFIRMED
    assert len(rule.support) == 4
    assert (rule.alternatives, rule.lacking, rule.issue, rule.declared) == ((), (), "x/y#1", "known")
    pairs = {(one.axis, one.failing, one.passing) for one in rule.counter_examples}
    below = ("django=5.1,mode=xdist,pytest-django=4.13", "django=5.1,mode=xdist,pytest-django=4.12")
    assert ("pytest-django", *below) in pairs
    for axis, failing, passing in pairs:
        differing = set(failing.split(",")) ^ set(passing.split(","))
        assert {item.partition("=")[0] for item in differing} == {axis}
    assert [one.requirement for one in rule.remedies] == ["pytest-django !=4.13", "django >=5.2"]
    assert (found.run, found.cells, found.neither, found.product) == (7, 24, 0, 24)
    assert rules_for(found, rule.signature) == ("pytest-django ==4.13 and django <5.2 (confirmed, 4 cells)",)


def test_too_few_cells_leave_a_rule_consistent(make_conclusion) -> None:
    """It says what would have to be run, and what else fits."""
    few = [one for number, one in enumerate(cells(make_conclusion, known)) if number % 5 == 3]
    (rule,) = explain_run(few, (), (), run=1).rules
    assert rule.standing is Standing.CONSISTENT
    assert rule.lacking
    assert rule.alternatives


def test_neighbours_count_as_facts_and_errors_do_not(make_conclusion) -> None:
    """A diagnostic cell shows as much as another; an error, a flaky cell and an untestable one are neither."""
    found = list(cells(make_conclusion, known))
    states = (State.ERROR, State.FLAKY, State.NOT_RUN)
    spoilt = [
        make_conclusion(state, django="5.2", pytest_django="4.13", mode=f"m{n}") for n, state in enumerate(states)
    ]
    near = make_conclusion(State.FAIL, django="5.1", pytest_django="4.13", mode="m0", purpose=Purpose.DIAGNOSTIC)
    made = explain_run([*found, *spoilt, near], (), (), run=1)
    (rule,) = made.rules
    assert near.cell.id in rule.support
    assert (made.cells, made.neither) == (25, 3)


def test_two_failures_are_two_rules(make_conclusion) -> None:
    """Undeclared first, then the larger."""
    found = [
        *cells(make_conclusion, lambda django, plugin, mode: plugin == "4.12", issue="x/y#1"),
        *cells(make_conclusion, lambda django, plugin, mode: mode == "xdist" and plugin == "4.14", message="bang"),
    ]
    unique = {one.cell: one for one in found if one.state is State.PASS} | {
        one.cell: one for one in found if one.state is State.FAIL
    }
    made = explain_run(list(unique.values()), (), (), run=1)
    assert [rule.text for rule in made.rules] == ["pytest-django ==4.14 and mode ==xdist", "pytest-django ==4.12"]
    assert [rule.signature.message for rule in made.rules] == ["bang", "boom"]


def test_nothing_failed(make_conclusion) -> None:
    """There are no rules."""
    assert explain_run(list(cells(make_conclusion, lambda *_: False)), (), (), run=1).rules == ()
    assert explain_run([], (), (), run=1).rules == ()
