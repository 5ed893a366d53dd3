"""Tests of refining, on planted truths."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.analysis.explain.facts import PASSED, Answer, Kind
from harness.analysis.explain.lattice import holds
from harness.analysis.explain.refine import Effort, examinations, refine
from harness.analysis.explain.theory import Theory, renew

SIZES = (4, 3, -4, 3, -3)


def diagonal(sizes):
    """A few cells in which each value occurs."""
    return [tuple((number + axis) % abs(size) for axis, size in enumerate(sizes)) for number in range(max(sizes) * 2)]


def pairs(sizes):
    """Cells that hold every pair of values, none chosen well."""
    left = {
        frozenset(part)
        for point in itertools.product(*(range(abs(size)) for size in sizes))
        for part in itertools.combinations(enumerate(point), 2)
    }
    for point in itertools.product(*(range(abs(size)) for size in sizes)):
        held = {frozenset(part) for part in itertools.combinations(enumerate(point), 2)}
        if len(held & left) > 3 or (held & left and sum(point) % 3 == 0):
            left -= held
            yield point
    assert not left


def confirmed(refined, facts, votes=1):
    """The rules that are confirmed."""
    found = examinations(refined.theory, refined.space, facts, votes)
    return {(signature, one.rule) for signature, one in found if one.is_confirmed}


def test_the_known_regression_is_confirmed(make_truth, box) -> None:
    """One version of one package, the older ones of another: from two failing cells, in few more."""
    truth = make_truth((4, 5, 3, -5, -7), "2 01 * * *")
    facts = truth.facts(
        *(tuple(n * k % s for k, s in zip((1, 1, 2, 3, 5), (4, 5, 3, 5, 7), strict=True)) for n in range(35))
    )
    refined = refine(truth.space, facts, truth, Effort(limit=60, strength=2))
    assert confirmed(refined, facts) == {("boom", box(truth.space, "2 01 * * *"))}
    assert refined.executions < 60


def test_no_cell_fails(make_truth) -> None:
    """Then nothing is run."""
    truth = make_truth((3, 3))
    facts = truth.facts((0, 0), (1, 1), (2, 2))
    assert refine(truth.space, facts, truth, Effort(limit=50, strength=2)).executions == 0


def test_the_limit_is_kept(make_truth) -> None:
    """Not one execution more, whatever the width."""
    for limit, width in itertools.product((0, 1, 5, 7), (1, 4)):
        truth = make_truth(SIZES, "0 * 12 * *")
        facts = truth.facts(*diagonal(SIZES))
        before = len(truth.asked)
        refined = refine(truth.space, facts, truth, Effort(limit=limit, strength=2, width=width))
        assert refined.executions == len(truth.asked) - before <= limit


def test_without_noise_no_cell_is_run_twice(make_truth) -> None:
    """Nor one that is untestable."""
    truth = make_truth(SIZES, "01 * 12 * *", "* 2 * 0 *", nogoods=("3 * * 2 *",))
    facts = truth.facts(*(p for p in pairs(SIZES) if truth.space.is_feasible(p)))
    refine(truth.space, facts, truth, Effort(limit=300, strength=2))
    assert len(set(truth.asked)) == len(truth.asked)
    assert all(truth.space.is_feasible(point) for point in truth.asked)


def test_what_turns_out_untestable_is_not_asked_again(make_truth, box) -> None:
    """The answer brings its reason, which covers more than the cell."""
    truth = make_truth(SIZES, "01 * 1 * *")
    truth.untestable = (box(truth.space, "2 * * * *"),)
    start = [point for point in pairs(SIZES) if point[0] != 2]
    facts = truth.facts(*start)
    refined = refine(truth.space, facts, truth, Effort(limit=100, strength=2))
    assert sum(point[0] == 2 for point in truth.asked) == 1
    # the boundary is then at the next version that can be tested
    assert confirmed(refined, facts) == {("boom", box(truth.space, "01 * 1 * *"))}


def test_a_rule_with_an_unshown_boundary_is_not_confirmed(make_truth) -> None:
    """Where no passing neighbour can be had, since what lies beyond says nothing."""
    truth = make_truth((3, 3, 3), "0 * *")
    facts = truth.facts(*((0, y, z) for y in range(3) for z in range(3)), (2, 0, 0), (2, 1, 1))
    for y, z in itertools.product(range(3), range(3)):
        facts.add((1, y, z), Answer(kind=Kind.UNKNOWN))
    theory = renew(Theory(), truth.space, facts)
    (found,) = [one for _, one in examinations(theory, truth.space, facts)]
    assert not found.is_confirmed
    assert [(item.axis, item.value) for item in found.boundaries if not item.is_shown] == [(0, 1)]


def test_alternatives_are_listed_until_they_are_told_apart(make_truth, box) -> None:
    """Two axes that vary together explain a failure equally well."""
    truth = make_truth((2, 2, 3), "0 * *")
    facts = truth.facts((0, 0, 0), (0, 0, 1), (1, 1, 0), (1, 1, 2))
    theory = renew(Theory(), truth.space, facts)
    (found,) = [one for _, one in examinations(theory, truth.space, facts)]
    assert {found.rule, *found.alternatives} == {box(truth.space, "0 * *"), box(truth.space, "* 0 *")}
    refined = refine(truth.space, facts, truth, Effort(limit=20, strength=2))
    assert confirmed(refined, facts) == {("boom", box(truth.space, "0 * *"))}


def test_a_failure_hidden_by_another_is_found(make_truth, box) -> None:
    """Values that only failing cells held are tried where the known rule does not hold."""
    truth = make_truth((3, 3, 3), "one:0 * *", "two:* 2 2")
    facts = truth.facts(
        (0, 2, 2), (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0), (2, 0, 2), (2, 1, 1), (1, 2, 0), (2, 2, 1)
    )
    assert facts.signatures == ("one",)
    refined = refine(truth.space, facts, truth, Effort(limit=60, strength=2))
    assert dict(refined.theory.rules) == {"one": (box(truth.space, "0 * *"),), "two": (box(truth.space, "* 2 2"),)}


def test_a_flaky_failure_is_not_explained(make_truth) -> None:
    """A cell that failed once is run again before anything is made of it."""
    truth = make_truth(SIZES)
    spot = (1, 1, 1, 1, 1)
    truth.lies = {spot: [Answer(kind=Kind.FAILED, signature="odd")]}
    facts = truth.facts(spot, *(p for p in diagonal(SIZES) if p != spot))
    refined = refine(truth.space, facts, truth, Effort(limit=30, strength=2, votes=3))
    assert refined.theory.rules == ()
    assert facts.answer(spot) == PASSED


def test_a_flaky_pass_does_not_split_a_rule(make_truth, box) -> None:
    """Where answers have to lead, a cell that passed once inside the rule is run again."""
    truth = make_truth(SIZES, "01 * * * *")
    spot = (0, 1, 1, 1, 1)
    truth.lies = {spot: [PASSED]}
    facts = truth.facts(spot, *(p for p in pairs(SIZES) if p != spot))
    refined = refine(truth.space, facts, truth, Effort(limit=400, strength=2, votes=3))
    assert confirmed(refined, facts, 3) == {("boom", box(truth.space, "01 * * * *"))}


BOXES = st.lists(
    st.tuples(
        *(
            st.just("*") if n > 2 else st.sampled_from(words)
            for n, words in enumerate((("*", "0", "12", "3"), ("*", "0", "12"), ("*", "02", "1", "3"), ("*",), ("*",)))
        )
    )
    .map(" ".join)
    .filter(lambda text: text.count("*") in (3, 4)),
    min_size=1,
    max_size=2,
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(["12 * 02 * *", "12 0 * * *"], False, 1)  # each would hide from the other what passes
@given(BOXES, st.booleans(), st.integers(1, 3))
def test_planted_conjunctions_are_recovered(make_truth, boxes, is_one_failure, width) -> None:
    """From cells that hold every pair: the rules hold exactly where cells fail so, and nothing false is confirmed."""
    truth = make_truth(
        SIZES, *(f"failure {0 if is_one_failure else number}:{text}" for number, text in enumerate(boxes))
    )
    facts = truth.facts(*pairs(SIZES))
    refined = refine(truth.space, facts, truth, Effort(limit=400, strength=2, width=width))
    for point in itertools.product(*(range(abs(size)) for size in SIZES)):
        true = truth.answer(point)
        said = {name for name, rules in refined.theory.rules if any(holds(rule, point) for rule in rules)}
        assert bool(said) == (true.kind is Kind.FAILED)
        assert true.kind is not Kind.FAILED or true.signature in said
