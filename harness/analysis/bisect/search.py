"""The search itself: which points of a history to ask, round by round.

Points are numbered from the oldest. Their answers are kept, so that none is asked twice, and wherever two neighbouring
known answers differ, the points between them are halved (or, with k workers, cut into k + 1 parts) until none is left.
With one change in n steps that is a bisection in at most ⌈log2 n⌉ runs beside the two ends, or ⌈log(k+1) n⌉ rounds; a
point that answers neither good nor bad costs one run more. Where both ends agree, or a sweep was asked for, the history
is first sampled: no *stride* points in a row that can be judged stay unasked.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.analysis.bisect.answer import Answer, Asker

CHOOSE = 0
"""The stride of a sweep that chooses its own: about eight samples, then twice as many until a change shows."""
_SAMPLES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search came to know."""

    answers: tuple[Answer | None, ...]  # by point; None where it was not asked
    asked: tuple[int, ...]  # in the order of asking, the untestable ones left out
    rounds: int  # the ends' included
    stride: int | None  # every interval at least so long was found; None: one change was taken for granted


def promise(steps: int, workers: int = 1) -> int:
    """Return how many rounds a single change in *steps* takes at the most, beside the ends and without unknowns."""
    rounds = 0
    while (workers + 1) ** rounds < steps:
        rounds += 1
    return rounds


def search(
    count: int, asker: Asker, *, workers: int = 1, sweep: int | None = None, untestable: Iterable[int] = ()
) -> Found:
    """Find the changes in a history of *count* points.

    Args:
        count: the number of points; the first and the last are the ends, asked first.
        asker: finds out about points, at most *workers* at once.
        workers: how many points are looked into side by side.
        sweep: the stride of a sweep, `CHOOSE` to leave it open; None to sweep only if the ends agree.
        untestable: points known to have no answer; they are not asked.

    An end without an answer ends the search, unless it sweeps.
    """
    state = _Search(count, asker, workers, dict.fromkeys(untestable, Answer.UNKNOWN))
    state.ask([0, count - 1])
    ends = (state.known[0], state.known[count - 1])
    stride = None
    if sweep is None and not all(end.is_known for end in ends):
        return state.found(None)
    if sweep is not None or ends[0] is ends[1]:
        stride = state.sweep(CHOOSE if sweep is None else sweep)
    while gaps := state.open_changes():
        state.ask(_share(gaps, workers))
    return state.found(stride)


class _Search:
    """The answers so far, and what they leave open."""

    def __init__(self, count: int, asker: Asker, workers: int, known: dict[int, Answer]) -> None:
        self.known = known
        self._count, self._asker, self._workers = count, asker, workers
        self._asked: list[int] = []
        self._rounds = 0

    def ask(self, points: Sequence[int]) -> None:
        todo = [point for point in dict.fromkeys(points) if point not in self.known]
        for start in range(0, len(todo), self._workers):
            batch = tuple(todo[start : start + self._workers])
            self.known.update(zip(batch, self._asker.ask(batch), strict=True))
            self._asked += batch
            self._rounds += 1

    def sweep(self, wanted: int) -> int:
        """Sample; return the stride that was kept to."""
        stride = wanted or 2 ** max(0, int(math.log2(max(1, self._count - 1) / _SAMPLES)))
        while True:
            while points := self._undersampled(stride):
                self.ask(points)
            if wanted or stride == 1 or self._changes():
                return stride
            stride //= 2

    def open_changes(self) -> list[tuple[int, ...]]:
        """Return, for each change that is not yet narrowed down, the points within it that may be asked."""
        gaps = [tuple(point for point in range(a + 1, b) if point not in self.known) for a, b in self._changes()]
        return [gap for gap in gaps if gap]

    def found(self, stride: int | None) -> Found:
        answers = tuple(self.known.get(point) for point in range(self._count))
        return Found(answers=answers, asked=tuple(self._asked), rounds=self._rounds, stride=stride)

    def _changes(self) -> list[tuple[int, int]]:
        points = sorted(point for point, answer in self.known.items() if answer.is_known)
        return [(a, b) for a, b in itertools.pairwise(points) if self.known[a] is not self.known[b]]

    def _undersampled(self, stride: int) -> list[int]:
        """Return points to ask so that no *stride* of them in a row stay unasked."""
        points: list[int] = []
        gap: list[int] = []
        for point in range(self._count + 1):
            answer = self.known.get(point)
            if point < self._count and answer is None:
                gap.append(point)
            elif answer is None or answer.is_known:  # the end, or a sample; a point without an answer is no sample
                points += divide(gap, len(gap) // stride)
                gap = []
        return points


def _share(gaps: Sequence[Sequence[int]], workers: int) -> list[int]:
    """Return a round's points: the workers shared out among the open changes, the first ones first."""
    least, more = divmod(workers, len(gaps))
    return [point for number, gap in enumerate(gaps) for point in divide(gap, least + (number < more))]


def divide(points: Sequence[int], cuts: int) -> list[int]:
    """Return at most *cuts* of *points* that leave no more than ⌈(points + 1) / (cuts + 1)⌉ - 1 between them."""
    parts = len(points) + 1
    chosen = {number * parts // (cuts + 1) for number in range(1, cuts + 1)} - {0}
    return [points[number - 1] for number in sorted(chosen)]
