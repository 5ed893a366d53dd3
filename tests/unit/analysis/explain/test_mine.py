"""Tests of mining."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis.explain.facts import PASSED, Answer, Facts, Kind
from harness.analysis.explain.lattice import Dimension, Space, span
from harness.analysis.explain.mine import cost, mine


def everything(truth):
    """Facts about every point."""
    return truth.facts(*itertools.product(*(range(d.size) for d in truth.space.dimensions)))


def test_one_conjunction_is_found(make_truth, box) -> None:
    """Of an interval and a set, whatever the other axes are."""
    truth = make_truth((4, -3, 2, 3), "12 02 * *")
    assert mine(truth.space, everything(truth), "boom") == (box(truth.space, "12 02 * *"),)


def test_a_disjunction_takes_as_many_rules_as_it_has_parts(make_truth, box) -> None:
    """Two overlapping conjunctions of one signature are two rules."""
    truth = make_truth((4, 4, 3), "0 * *", "* 3 *")
    assert set(mine(truth.space, everything(truth), "boom")) == {box(truth.space, "0 * *"), box(truth.space, "* 3 *")}


def test_two_signatures_are_two_rules(make_truth, box) -> None:
    """Even if one interval would hold for both; what fails otherwise does not speak against a rule."""
    truth = make_truth((4, 3), "one:0 *", "two:1 *")
    assert mine(truth.space, everything(truth), "one") == (box(truth.space, "0 *"),)
    assert mine(truth.space, everything(truth), "two") == (box(truth.space, "1 *"),)


def test_the_fewest_predicates_that_fit_are_taken(make_truth, box) -> None:
    """A rule says no more than the cells ask for."""
    truth = make_truth((3, 3, 3), "0 * *")
    assert mine(truth.space, truth.facts((0, 0, 0), (0, 1, 1), (1, 0, 0), (2, 2, 2)), "boom") == (
        box(truth.space, "0 * *"),
    )


def test_everything_fails(make_truth) -> None:
    """Where nothing passes, the rule has no predicate."""
    truth = make_truth((3, 3), "* *")
    assert mine(truth.space, truth.facts((0, 0), (1, 2)), "boom") == (truth.space.whole,)


def test_neither_is_neither(make_truth, box) -> None:
    """A cell that said nothing neither supports a rule nor speaks against one."""
    truth = make_truth((3, 3), "0 *")
    facts = truth.facts((0, 0), (0, 2), (1, 1), (2, 0))
    facts.add((0, 1), Answer(kind=Kind.UNKNOWN))
    assert mine(truth.space, facts, "boom") == (box(truth.space, "0 *"),)


OUTCOMES = st.sampled_from((PASSED, Answer(kind=Kind.FAILED, signature="a"), Answer(kind=Kind.FAILED, signature="b")))


@settings(deadline=None)
@given(
    st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)), OUTCOMES, min_size=1),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_rules_hold_in_every_failing_cell_and_in_no_passing_one(outcomes, ordered) -> None:
    """Whatever was observed, in whatever order; on ordered axes they are intervals, and none is superfluous."""
    sizes = (4, 3, 3)
    space = Space(dimensions=tuple(Dimension(size=s, is_ordered=o) for s, o in zip(sizes, ordered, strict=True)))
    facts = Facts(space)
    for point, answer in outcomes.items():
        facts.add(point, answer)
    for signature in facts.signatures:
        rules = mine(space, facts, signature)
        held = 0
        for rule in rules:
            assert not facts.within(rule) & facts.passing
            assert all(span(mask) == mask for mask, is_ordered in zip(rule, ordered, strict=True) if is_ordered)
            held |= facts.within(rule)
        assert not facts.failing(signature) & ~held
        assert len(set(rules)) == len(rules)
        assert sum(cost(space, rule) for rule in rules) <= len(facts.select(facts.failing(signature))) * 30
