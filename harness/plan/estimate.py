"""Estimates how long cells take from how long they took."""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Iterable, Mapping

DEFAULT_S = 10.0  # a cell of which nothing is known, where nothing is known of any


def expected_s(cell_ids: Iterable[str], past_s: Mapping[str, float], *, default_s: float = DEFAULT_S) -> list[float]:
    """Return seconds per cell: its own past duration, else the median of all, else *default_s*."""
    fallback = statistics.median(past_s.values()) if past_s else default_s
    return [past_s.get(cell_id, fallback) for cell_id in cell_ids]


def estimate_s(
    cell_ids: Iterable[str], past_s: Mapping[str, float], *, jobs: int, default_s: float = DEFAULT_S
) -> float:
    """Return the seconds that the cells take, *jobs* at a time."""
    return remaining_s(cell_ids, {}, past_s, jobs=jobs, default_s=default_s)


def remaining_s(
    waiting: Iterable[str],
    running_s: Mapping[str, float],
    past_s: Mapping[str, float],
    *,
    jobs: int,
    default_s: float = DEFAULT_S,
) -> float:
    """Return the seconds until all is done; *running_s* maps the cells under way to the seconds they have run.

    The longest waiting cell goes to the first free job (LPT: at most 4/3 - 1/(3 jobs) of the shortest schedule,
    Graham 1969). A cell that has run for longer than expected is taken to end now.
    """
    durations = expected_s(running_s, past_s, default_s=default_s)
    ends = [max(0.0, d - ran) for d, ran in zip(durations, running_s.values(), strict=True)]
    ends += [0.0] * max(0, max(1, jobs) - len(ends))
    heapq.heapify(ends)
    for duration in sorted(expected_s(waiting, past_s, default_s=default_s), reverse=True):
        heapq.heapreplace(ends, ends[0] + duration)
    return max(ends)
