"""Delta debugging: of things that changed together, the fewest that make the difference."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

from harness.analysis.bisect.answer import Answer

T = TypeVar("T")


def isolate(changes: Sequence[T], test: Callable[[tuple[T, ...]], Answer]) -> tuple[T, ...]:
    """Return a part of *changes* that is bad when applied alone, and from which none can be left out.

    The algorithm is ddmin (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002): none of
    them is bad and all together are. A part for which *test* answers neither good nor bad is not taken for bad, so that
    "can be left out" means "is known to be bad without it". No part is tested twice, nor the whole.
    """
    known: dict[tuple[int, ...], bool] = {tuple(range(len(changes))): True, (): False}

    def is_bad(part: tuple[int, ...]) -> bool:
        if part not in known:
            known[part] = test(tuple(changes[number] for number in part)) is Answer.BAD
        return known[part]

    rest, pieces = tuple(range(len(changes))), 2
    while len(rest) > 1:
        smaller = next((part for part in _candidates(rest, pieces) if is_bad(part)), None)
        if smaller is not None:
            # a piece alone begins anew; with one piece taken out, the others keep their size
            pieces = 2 if len(smaller) * 2 <= len(rest) else max(2, pieces - 1)
            rest = smaller
        elif pieces >= len(rest):
            break
        else:
            pieces = min(len(rest), pieces * 2)
    return tuple(changes[number] for number in rest)


def _candidates(rest: tuple[int, ...], pieces: int) -> list[tuple[int, ...]]:
    """Return the pieces, then what is left without each of them."""
    cuts = [len(rest) * number // pieces for number in range(pieces + 1)]
    parts = [rest[start:end] for start, end in itertools.pairwise(cuts)]
    without = [tuple(item for item in rest if item not in part) for part in parts] if pieces > 2 else []
    return [*parts, *without]
