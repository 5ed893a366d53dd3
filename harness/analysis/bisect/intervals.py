"""What answers along a history amount to: where something changed, and for how long it was bad."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.bisect.answer import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Between two known answers that differ: a point where nothing lies between, else a window."""

    before: int  # the last point known to be as before
    after: int  # the first point known to be as after
    to: Answer  # BAD: something was introduced; GOOD: it was fixed

    @property
    def is_exact(self) -> bool:
        """Tell whether the change is between two neighbours."""
        return self.after == self.before + 1

    @property
    def between(self) -> range:
        """Return the points that may be on either side."""
        return range(self.before + 1, self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A bad stretch: where it was introduced and fixed; None where the history does not reach so far."""

    introduced: Change | None
    fixed: Change | None


def changes(answers: Sequence[Answer | None]) -> tuple[Change, ...]:
    """Return the changes, oldest first."""
    known = [(point, answer) for point, answer in enumerate(answers) if answer is not None and answer.is_known]
    return tuple(
        Change(before=a, after=b, to=after) for (a, before), (b, after) in itertools.pairwise(known) if before != after
    )


def intervals(answers: Sequence[Answer | None]) -> tuple[Interval, ...]:
    """Return the bad stretches, oldest first."""
    return tuple(_intervals(answers))


def _intervals(answers: Sequence[Answer | None]) -> Iterator[Interval]:
    found = changes(answers)
    first = next((answer for answer in answers if answer is not None and answer.is_known), None)
    is_bad, introduced = first is Answer.BAD, None
    for change in found:
        if change.to is Answer.BAD:
            is_bad, introduced = True, change
        else:
            yield Interval(introduced=introduced, fixed=change)
            is_bad, introduced = False, None
    if is_bad:
        yield Interval(introduced=introduced, fixed=None)
