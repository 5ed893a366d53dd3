"""The search for a lower bound, on histories whose truth is planted."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.bisect.answer import Answer
from harness.analysis.bounds.search import SAMPLES, Bound, bound, searching

GOOD, BAD, UNKNOWN = Answer.GOOD, Answer.BAD, Answer.UNKNOWN
LETTERS = {"g": GOOD, "b": BAD, "?": UNKNOWN}


@dataclass(kw_only=True)
class Searched:
    """What a search of a planted history came to."""

    answers: tuple[Answer | None, ...]
    rounds: list[tuple[int, ...]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    @property
    def bound(self) -> Bound:
        """What its answers say."""
        return bound(self.answers)


def search(
    truth: Sequence[Answer], *, workers: int = 1, newest: Answer | None = None, second: dict[int, Answer] | None = None
) -> Searched:
    """Search a history; *second* are answers that differ when a point is asked again."""
    steps = searching(len(truth), workers=workers, newest=newest)
    found, given_answers = Searched(answers=()), None
    try:
        while True:
            batch = next(steps) if given_answers is None else steps.send(given_answers)
            assert 0 < len(batch) <= workers
            given_answers = [(second or {}).get(p, truth[p]) if p in found.asked else truth[p] for p in batch]
            found.rounds.append(batch)
            found.asked += batch
    except StopIteration as end:
        found.answers = end.value
    return found


def planted(text: str) -> list[Answer]:
    """Read ``b?gg``."""
    return [LETTERS[letter] for letter in text]


@pytest.mark.parametrize("workers", [1, 3])
@given(data=st.data())
def test_a_monotonic_history(data, workers) -> None:
    """Bad ones, then good ones, unknown points anywhere but at the newest: the lowest good one is found exactly, beside
    the last bad one that can be told, and everything between them was asked."""
    count = data.draw(st.integers(1, 60))
    change = data.draw(st.integers(0, count - 1))
    hidden = data.draw(st.sets(st.integers(0, count - 2), max_size=count // 3)) if count > 1 else set()
    truth = [UNKNOWN if point in hidden else BAD if point < change else GOOD for point in range(count)]

    found = search(truth, workers=workers)

    bad = [point for point, answer in enumerate(truth) if answer is BAD]
    good = [point for point, answer in enumerate(truth) if answer is GOOD]
    if found.bound.last_bad is not None:
        assert (found.bound.last_bad, found.bound.first) == (max(bad), min(good))
        assert found.bound.between == tuple(range(max(bad) + 1, min(good)))
        assert not found.bound.untried
    else:  # the oldest could not be tried: nothing is claimed of what lies below
        assert truth[0] is not BAD
        assert found.bound.first is not None
        below = range(found.bound.first)
        assert {truth[point] for point in below if found.answers[point] is not None} <= {UNKNOWN}
    assert not found.bound.below


@given(st.integers(2, 400), st.data())
def test_it_takes_few_runs(count, data) -> None:
    """A monotonic history without unknown points: a bisection, some samples above, the bad one twice."""
    change = data.draw(st.integers(0, count - 1))

    found = search([BAD] * change + [GOOD] * (count - change))

    assert found.bound.first == change
    assert len(found.asked) <= 2 + math.ceil(math.log2(count)) + 2 * SAMPLES + 1
    assert len(found.asked) - len(set(found.asked)) == (1 if change else 0)


@given(st.lists(st.sampled_from([GOOD, BAD, UNKNOWN]), min_size=1, max_size=50), st.integers(1, 4))
def test_any_history(truth, workers) -> None:
    """Whatever the history: it ends; what is called the bound is good, nothing that was asked above it is bad, and what
    is said to lie below is as planted. Good ones below a bad one are told."""
    found = search(truth, workers=workers)
    told = found.bound

    assert all(answer in (None, truth[point]) for point, answer in enumerate(found.answers))
    if truth[-1] is not GOOD:
        assert told.first is None
        return
    assert told.first is not None
    assert truth[told.first] is GOOD
    assert all(found.answers[point] in (None, GOOD, UNKNOWN) for point in range(told.first, len(truth)))
    assert all(truth[point] is UNKNOWN for point in told.between)
    if told.last_bad is not None:
        assert truth[told.last_bad] is BAD
        assert not told.untried
        assert all(truth[point] is GOOD for point in told.below)


@given(st.integers(6, 200), st.data())
def test_a_bad_stretch_above_moves_the_bound(count, data) -> None:
    """A history that is good, bad, then good again: if the stretch is long enough to be sampled, the bound lies right
    above it, and that lower ones pass as well is told."""
    start = data.draw(st.integers(1, count - 3))
    longest = (count - 1) // (SAMPLES + 1) + 1
    end = data.draw(st.integers(min(count - 1, start + longest), count - 1))
    truth = [GOOD] * start + [BAD] * (end - start) + [GOOD] * (count - end)
    if end - start < longest:
        return

    found = search(truth)

    assert (found.bound.last_bad, found.bound.first) == (end - 1, end)
    assert 0 in found.bound.below


def test_nothing_is_left_out_of_a_short_history() -> None:
    """Of up to five releases above the bound, all are asked."""
    for letters in itertools.product("gb?", repeat=4):
        found = search(planted(f"{''.join(letters)}g"))
        assert not found.bound.unasked


def test_the_newest_has_to_pass() -> None:
    """Where it does not, nothing more is asked."""
    for newest in (BAD, UNKNOWN):
        assert search([GOOD, GOOD, newest]).asked == [2]
        assert search([GOOD, newest], newest=newest).asked == []


def test_what_is_known_of_the_newest_is_not_asked() -> None:
    """A history of one release costs nothing then."""
    assert search([GOOD], newest=GOOD).asked == []
    assert 2 not in search([BAD, GOOD, GOOD], newest=GOOD).asked


def test_a_hole_is_no_end() -> None:
    """The oldest cannot be tried, nor can one in the middle by accident: what is below it is looked into, too."""
    truth = planted("?" * 4 + "b" * 10 + "g" * 5 + "?" + "g" * 9)
    assert search(truth).bound.first == 14


def test_a_failure_by_chance_does_not_decide() -> None:
    """The bad one that decides is asked twice; where the answers differ, it is unknown, and the search goes on."""
    truth = planted("bbbbbgbg")
    found = search(truth, second={6: UNKNOWN})
    assert (found.bound.last_bad, found.bound.first, found.bound.between) == (4, 5, ())
    assert found.asked.count(6) == 2


def test_what_was_not_asked_is_told() -> None:
    """A long history that is good throughout is only sampled."""
    found = search([GOOD] * 100)
    assert found.bound.first == 0
    assert len(found.bound.unasked) == 100 - len(found.asked)
    assert max(len(list(row)) for answer, row in itertools.groupby(found.answers) if answer is None) <= 100 // 5


def test_below_an_unknown_end_it_is_told_how_many_were_not_asked() -> None:
    """What cannot be tried is sampled."""
    found = search([UNKNOWN] * 50 + [GOOD] * 10)
    assert (found.bound.first, found.bound.last_bad) == (50, None)
    assert found.bound.untried == 50 - len(found.bound.between) > 0
