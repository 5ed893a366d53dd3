"""The search: every small history, and the numbers of runs that are promised."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.intervals import changes, intervals
from harness.analysis.bisect.search import CHOOSE, promise, search

LONGEST = 12
GOOD, BAD, UNKNOWN, OTHER = Answer.GOOD, Answer.BAD, Answer.UNKNOWN, Answer.OTHER


def masked(truth: Sequence[Answer], ends: bool = False) -> Iterator[list[Answer]]:
    """Yield *truth* with unknowns anywhere (at its ends only if wanted)."""
    inner = range(len(truth)) if ends else range(1, len(truth) - 1)
    for mask in itertools.product((False, True), repeat=len(inner)):
        answers = list(truth)
        for point, is_hidden in zip(inner, mask, strict=True):
            if is_hidden:
                answers[point] = UNKNOWN if point % 2 else OTHER
        yield answers


def true_changes(answers: Sequence[Answer]) -> list[tuple[int, int]]:
    """The changes between known answers, found by looking at all of them."""
    known = [(point, answer) for point, answer in enumerate(answers) if answer.is_known]
    return [(a, b) for (a, x), (b, y) in itertools.pairwise(known) if x is not y]


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_every_monotone_history(planted, workers) -> None:
    """Up to length 12, unknowns anywhere between the ends: the one window, exactly as narrow as the truth allows, in no
    more runs and rounds than promised; none is asked twice."""
    for length in range(2, LONGEST + 1):
        for good in range(1, length):
            for answers in masked([GOOD] * good + [BAD] * (length - good)):
                history = planted(answers)
                found = search(length, history, workers=workers)
                assert [(c.before, c.after) for c in changes(found.answers)] == true_changes(answers)
                assert found.stride is None
                assert len(set(history.asked)) == len(history.asked)
                unknowns = sum(not answer.is_known for answer in answers)
                ends = len(history.rounds) if length == 2 else (2 if workers == 1 else 1)
                assert len(history.rounds) - ends <= promise(length - 1, workers) + unknowns
                assert max(map(len, history.rounds)) <= workers


def test_the_promise_is_the_logarithm() -> None:
    """⌈log2 n⌉ with one worker, ⌈log(k+1) n⌉ rounds with k."""
    for steps in range(1, 200):
        assert promise(steps) == math.ceil(math.log2(steps))
    assert [promise(27, 2), promise(28, 2), promise(1, 7), promise(8, 7), promise(9, 7)] == [3, 4, 0, 1, 2]


def test_unknowns_that_are_not_met_cost_nothing(planted) -> None:
    """What counts are the points that were asked and said nothing."""
    history = planted("g???????gb")
    assert len(search(10, history).asked) <= 2 + promise(9) + 7


@pytest.mark.parametrize("is_bad_inside", [True, False])
def test_every_single_interval_history_tested_whole(planted, is_bad_inside) -> None:
    """Both ends agree: up to length 12, a sweep with stride 1 finds every change as narrow as it is."""
    inside, outside = (BAD, GOOD) if is_bad_inside else (GOOD, BAD)
    for length, start, end in spans(longest=LONGEST if is_bad_inside else 9):
        truth = [outside] * start + [inside] * (end - start) + [outside] * (length - end)
        for answers in masked(truth):
            found = search(length, planted(answers), sweep=1, workers=2)
            assert found.stride == 1
            assert [(c.before, c.after) for c in changes(found.answers)] == true_changes(answers)


@pytest.mark.parametrize("sweep", [2, 3, CHOOSE, None])
def test_every_single_interval_history_sampled(planted, sweep) -> None:
    """With a stride, an interval is found if that many of its points can be judged; what is found is as narrow as the
    truth allows; nothing is found that is not there. A stride left open finds every interval: it goes down to 1."""
    for length, start, end in spans(longest=LONGEST if sweep is None else 9):
        truth = [GOOD] * start + [BAD] * (end - start) + [GOOD] * (length - end)
        for answers in masked(truth):
            history = planted(answers)
            found = search(length, history, sweep=sweep)
            seen = [(c.before, c.after) for c in changes(found.answers)]
            assert seen in ([], true_changes(answers))
            assert len(set(history.asked)) == len(history.asked)
            assert found.stride is not None
            if answers.count(BAD) >= found.stride:
                assert seen == true_changes(answers)
            if not sweep and BAD in answers:
                assert seen


def spans(longest: int = LONGEST) -> Iterator[tuple[int, int, int]]:
    """Yield length, start and end of every interval that reaches neither end."""
    for length in range(3, longest + 1):
        for start, end in itertools.combinations(range(1, length), 2):
            yield length, start, end


@given(
    st.lists(st.sampled_from([GOOD, BAD, UNKNOWN, OTHER]), min_size=2, max_size=60),
    st.integers(0, 9),
    st.integers(1, 4),
    st.sets(st.integers(0, 59)),
)
@settings(max_examples=400, deadline=None)
def test_any_history_is_swept_as_promised(answers, sweep, workers, untestable) -> None:
    """Whatever the history: no answer is made up, no untestable point is asked, every change found is closed in, and
    every run of equal answers that is at least the stride long shows."""
    untestable &= set(range(len(answers)))
    answers = [UNKNOWN if point in untestable else answer for point, answer in enumerate(answers)]
    asked: list[int] = []

    class Asker:
        def ask(self, points: tuple[int, ...]) -> tuple[Answer, ...]:
            asked.extend(points)
            return tuple(answers[point] for point in points)

    found = search(len(answers), Asker(), workers=workers, sweep=sweep, untestable=untestable)
    assert not untestable & set(asked)
    assert all(answer in (None, truth) for answer, truth in zip(found.answers, answers, strict=True))
    for change in changes(found.answers):
        assert all(found.answers[point] in (UNKNOWN, OTHER) for point in change.between)
    assert found.stride is not None
    judged = [point for point, answer in enumerate(answers) if answer.is_known]
    for _, group in itertools.groupby(judged, key=lambda point: answers[point]):
        run = list(group)
        for start in range(len(run) - found.stride + 1):
            assert any(found.answers[point] is not None for point in run[start : start + found.stride])


def test_ends_without_an_answer_end_the_search(planted) -> None:
    """Nothing else is asked: there is no direction to search in. A sweep goes on."""
    for answers in ("?ggb", "gbb?", "ogbb"):
        history = planted(answers)
        assert changes(search(4, history).answers) == ()
        assert len(history.asked) == 2
        assert len(changes(search(4, planted(answers), sweep=1).answers)) == 1


def test_two_changes_seen_by_several_workers_are_both_narrowed_down(planted) -> None:
    """A round that shows the history not to be monotone leads to every change it shows."""
    history = planted("gggbbbgggbbb")
    found = search(12, history, workers=5)
    assert [(c.before, c.after) for c in changes(found.answers)] == [(2, 3), (5, 6), (8, 9)]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("ggg", []),
        ("bbb", [(None, None)]),
        ("ggb", [((1, 2), None)]),
        ("bbg", [(None, (1, 2))]),
        ("gbg", [((0, 1), (1, 2))]),
        ("g?b?g", [((0, 2), (2, 4))]),
        ("bgb", [(None, (0, 1)), ((1, 2), None)]),
        ("?b?", [(None, None)]),
        ("gb?bg", [((0, 1), (3, 4))]),
        ("???", []),
    ],
)
def test_intervals(planted, answers, expected) -> None:
    """Bad stretches with both their ends, windows where unknowns remain; None where the history ends."""
    found = [
        tuple(change and (change.before, change.after) for change in (one.introduced, one.fixed))
        for one in intervals(planted(answers).truth)
    ]
    assert found == expected
