"""How often to ask where answers are not always the same, and how sure the result is then.

A failure with the signature that is followed is not seen without the fault, so that one makes a point bad. A point with
the fault fails with some probability only, the *rate*: the more often a point passed, the surer it is good.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from harness.analysis.bisect.answer import Answer

TARGET = 0.95
"""The confidence that automatic repeats aim at."""

CALIBRATION = 6
"""How often the bad end is asked to learn the rate."""

MOST = 30
"""Repeats of one point at the most."""


def combine(answers: Sequence[Answer]) -> Answer:
    """Return what several answers about one point come to."""
    for decisive in (Answer.BAD, Answer.OTHER, Answer.GOOD):
        if decisive in answers:
            return decisive
    return Answer.UNKNOWN


def is_noisy(answers: Iterable[Answer]) -> bool:
    """Tell whether one and the same question got differing answers."""
    seen = {answer for answer in answers if answer is not Answer.UNKNOWN}
    return len(seen) > 1


def is_to_repeat(answers: Sequence[Answer], wanted: int) -> bool:
    """Tell whether a point is to be asked again: as long as it only passed, and not often enough yet."""
    return set(answers) == {Answer.GOOD} and len(answers) < wanted


def rate(answers: Sequence[Answer]) -> float:
    """Return the probability that a point with the fault fails, estimated from the answers of one (Laplace)."""
    told = [answer for answer in answers if answer.is_known]
    return (sum(answer is Answer.BAD for answer in told) + 1) / (len(told) + 2)


def repeats(rate: float, points: int) -> int:
    """Return how often each of *points* has to pass for `TARGET` over all of them."""
    allowed = 1 - TARGET ** (1 / max(1, points))
    return min(MOST, max(1, math.ceil(math.log(allowed) / math.log(1 - rate))))


def confidence(rate: float, passes: Iterable[int]) -> float:
    """Return the probability that no point called good has the fault, given how often each of them passed."""
    return math.prod(1 - (1 - rate) ** count for count in passes)
