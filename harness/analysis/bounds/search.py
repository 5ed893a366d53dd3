"""The search for a lower bound: which releases of a history to ask, round by round.

Points are numbered from the oldest. The bound is the lowest point that is good and has no bad one above it. Where a bad
one is known below, what lies between is cut in parts, as in a bisection. Where none is, because the oldest could not be
tried, the lowest that can is looked for in the same way, and what lies below it is sampled. Histories are not always
monotonic, so that what lies above is sampled, too: what turns out bad there moves the bound up. At last the bad point
that decides is asked a second time: it may have failed by chance.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.search import divide

SAMPLES = 4
"""About how many points are asked above a bound, and below the lowest that could be tried."""

Searching = Generator[tuple[int, ...], Sequence[Answer], tuple[Answer | None, ...]]
"""Yields the points of a round, takes their answers, returns all of them by point; None where one was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What the answers say; positions of points."""

    first: int | None  # the lowest good one without a bad one above; None where the newest is not good
    last_bad: int | None  # the highest bad one
    between: tuple[int, ...]  # above the last bad one and below the first: asked, and without an answer
    below: tuple[int, ...]  # good ones below the last bad one: the history is not monotonic
    unasked: tuple[int, ...]  # above the first
    untried: int  # like `between`, but not asked


def searching(count: int, *, workers: int = 1, newest: Answer | None = None) -> Searching:
    """Search a history of *count* points, at most *workers* in a round; the answer of the *newest* may be known.

    A point is asked a second time where its answer decides; the second answer is what counts.
    """
    known = {} if newest is None else {count - 1: newest}
    confirmed: set[int] = set()
    while todo := _todo(known, confirmed, count, workers):
        batch = tuple(todo[:workers])
        confirmed.update(point for point in batch if point in known)
        answers = yield batch
        known.update(zip(batch, answers, strict=True))
    return tuple(known.get(point) for point in range(count))


def bound(answers: Sequence[Answer | None]) -> Bound:
    """Return what *answers* say, oldest first."""
    bad = [point for point, answer in enumerate(answers) if answer is Answer.BAD]
    good = [point for point, answer in enumerate(answers) if answer is Answer.GOOD]
    last_bad = max(bad, default=None)
    is_open = bool(answers) and answers[-1] is Answer.GOOD
    first = min((point for point in good if last_bad is None or point > last_bad), default=None) if is_open else None
    lowest = -1 if last_bad is None else last_bad
    inside = range(lowest + 1, first if first is not None else len(answers))
    return Bound(
        first=first,
        last_bad=last_bad,
        between=tuple(point for point in inside if answers[point] is not None),
        below=tuple(point for point in good if last_bad is not None and point < last_bad),
        unasked=() if first is None else tuple(p for p in range(first, len(answers)) if answers[p] is None),
        untried=sum(answers[point] is None for point in inside),
    )


def _todo(known: dict[int, Answer], confirmed: set[int], count: int, workers: int) -> list[int]:
    """Return the points to ask next, those of most use first; none at the end."""
    ends = [point for point in dict.fromkeys((count - 1, 0)) if point not in known]
    if count - 1 in ends or (ends and known[count - 1] is Answer.GOOD):
        return ends
    found = bound([known.get(point) for point in range(count)])
    if found.first is None:
        return []
    lowest = -1 if found.last_bad is None else found.last_bad
    steps: tuple[Callable[[], list[int]], ...] = (
        lambda: divide(_between(known, lowest, found.first), workers),
        lambda: _sample(known, range(found.first or 0)) if found.last_bad is None else [],
        lambda: _sample(known, range(found.first or 0, count)),
        lambda: [point for point in (found.last_bad,) if point is not None and point not in confirmed],
    )
    return next((points for points in (step() for step in steps) if points), [])


def _between(known: dict[int, Answer], lowest: int, first: int | None) -> list[int]:
    """Return the points to cut: those above the last bad one or, where there is none, above an unknown one."""
    assert first is not None
    if lowest < 0:
        lowest = max((point for point in known if point < first), default=-1)
    return [point for point in range(lowest + 1, first) if point not in known]


def _sample(known: dict[int, Answer], points: Iterable[int]) -> list[int]:
    """Return points so that no long row of them stays unasked; a row is long that has a fifth of them."""
    every = list(points)
    longest = (len(every) - 1) // (SAMPLES + 1)
    chosen = []
    for is_asked, group in itertools.groupby(every, key=lambda point: point in known):
        row = list(group)
        if not is_asked and len(row) > longest:
            chosen += divide(row, max(1, len(row) // (longest + 1)))
    return chosen
