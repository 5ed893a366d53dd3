"""How often to ask, and how sure one is then."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.bisect import noise
from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.intervals import changes
from harness.analysis.bisect.search import promise, search

GOOD, BAD, UNKNOWN, OTHER = Answer.GOOD, Answer.BAD, Answer.UNKNOWN, Answer.OTHER


@given(st.lists(st.sampled_from(Answer), min_size=1))
def test_one_failure_decides(answers) -> None:
    """Bad before other before good before nothing."""
    assert noise.combine(answers) is next(one for one in (BAD, OTHER, GOOD, UNKNOWN) if one in answers)


def test_only_passes_are_repeated() -> None:
    """Until they are enough; what failed, or could not be tried, is not asked again."""
    assert noise.is_to_repeat([GOOD], 2)
    assert not noise.is_to_repeat([GOOD, GOOD], 2)
    assert not noise.is_to_repeat([GOOD, BAD], 5)
    assert not noise.is_to_repeat([UNKNOWN], 5)
    assert not noise.is_to_repeat([], 5)


def test_differing_answers_are_noise_and_infrastructure_is_not() -> None:
    """A run that could not be made says nothing."""
    assert noise.is_noisy([GOOD, BAD])
    assert noise.is_noisy([BAD, OTHER])
    assert not noise.is_noisy([GOOD, UNKNOWN, GOOD])


@given(st.floats(0.05, 0.95), st.integers(1, 12))
def test_repeats_reach_their_target(rate, points) -> None:
    """As many passes as asked for make the whole as sure as aimed at, and one fewer would not; but for the bound."""
    count = noise.repeats(rate, points)
    if count < noise.MOST:
        assert noise.confidence(rate, [count] * points) >= noise.TARGET - 1e-9
    if count > 1:
        assert noise.confidence(rate, [count - 1] * points) < noise.TARGET


def test_the_rate_is_never_0_or_1() -> None:
    """However few or many answers there are."""
    assert noise.rate([]) == 0.5
    assert 0 < noise.rate([GOOD] * 50) < noise.rate([BAD, GOOD]) < noise.rate([BAD] * 50) < 1
    assert noise.rate([BAD, UNKNOWN, UNKNOWN]) == noise.rate([BAD])


@dataclass
class Shaky:
    """A history whose bad points fail only now and then; its last is known to be bad."""

    length: int
    first_bad: int
    fails: float
    chance: random.Random
    passes: dict[int, int] = field(default_factory=dict)

    def ask(self, points: tuple[int, ...]) -> tuple[Answer, ...]:
        """Answer one round, each point as often as it takes."""
        return tuple(map(self.one, points))

    def one(self, point: int) -> Answer:
        """Answer for one point."""
        wanted = noise.repeats(self.fails, promise(self.length - 1))
        answers: list[Answer] = []
        while not answers or noise.is_to_repeat(answers, wanted):
            is_failing = point >= self.first_bad and self.chance.random() < self.fails
            answers.append(BAD if is_failing or point == self.length - 1 else GOOD)
        self.passes[point] = len(answers)
        return noise.combine(answers)


@pytest.mark.parametrize("fails", [0.3, 0.5, 0.8])
def test_a_search_under_noise_is_as_sure_as_it_says(fails) -> None:
    """Of 400 such histories no more are answered wrongly than the confidence that is stated allows."""
    chance = random.Random(7)
    right = stated = 0.0
    for _ in range(400):
        history = Shaky(length=12, first_bad=chance.randrange(1, 12), fails=fails, chance=chance)
        found = search(history.length, history)
        goods = [count for point, count in history.passes.items() if found.answers[point] is GOOD and point]
        stated += noise.confidence(fails, goods)
        right += [change.after for change in changes(found.answers)] == [history.first_bad]
    assert right / 400 >= stated / 400 - 0.03
    assert right / 400 >= noise.TARGET - 0.03
