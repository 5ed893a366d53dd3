"""Tests of facts."""

from __future__ import annotations

from harness.analysis.explain.facts import PASSED, Answer, Facts, Kind

BOOM = Answer(kind=Kind.FAILED, signature="boom")


def test_the_majority_of_executions_counts(make_space) -> None:
    """Even executions are no answer, and the point is contested until one leads by enough."""
    facts = Facts(make_space(2, 2))
    facts.add((0, 0), BOOM)
    assert facts.failing("boom") == 1
    facts.add((0, 0), PASSED)
    assert (facts.failing("boom"), facts.passing, facts.answer((0, 0))) == (0, 0, None)
    assert list(facts.contested(2)) == [(0, 0)]
    facts.add((0, 0), PASSED)
    assert facts.select(facts.passing) == [(0, 0)]
    assert facts.lead((0, 0)) == 1
    facts.add((0, 0), PASSED)
    assert list(facts.contested(2)) == []
    assert facts.executions == 4
    assert facts.signatures == ()


def test_a_point_that_never_settles_is_left_alone(make_space) -> None:
    """After nine executions."""
    facts = Facts(make_space(2))
    for _ in range(4):
        facts.add((0,), BOOM)
        facts.add((0,), PASSED)
    assert list(facts.contested(3)) == [(0,)]
    facts.add((0,), BOOM)
    assert list(facts.contested(3)) == []


def test_points_are_selected_by_box(make_space, box) -> None:
    """Those within it, in the order in which they came."""
    space = make_space(3, -3)
    facts = Facts(space)
    for point in ((2, 1), (0, 0), (1, 2), (1, 1)):
        facts.add(point, PASSED)
    assert facts.select(facts.within(box(space, "12 12"))) == [(2, 1), (1, 2), (1, 1)]
    assert not facts.is_known((2, 2))
    assert facts.tries((1, 1)) == 1
