"""Estimates of how long cells take."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.plan.estimate import estimate_s, expected_s, remaining_s


def test_what_is_unknown_takes_the_median() -> None:
    """A cell takes what it took; one that never ran takes the median of all, or the default."""
    assert expected_s(["a", "new"], {"a": 1, "b": 3, "c": 100}) == [1, 3]
    assert expected_s(["new"], {}, default_s=7) == [7]


def test_jobs_share_the_work_longest_first() -> None:
    """Two jobs take 6, then 3 + 3; in the order given it would take 9."""
    past = {"a": 3.0, "b": 3.0, "c": 6.0}
    assert estimate_s(["a", "b", "c"], past, jobs=2) == 6
    assert estimate_s(["a", "b", "c"], past, jobs=1) == 12
    assert estimate_s([], past, jobs=2) == 0


def test_cells_under_way_count_for_what_is_left_of_them() -> None:
    """One has 4 of 6 seconds to go, one has overrun and ends now, so that its job takes the waiting one."""
    past = {"a": 6.0, "b": 5.0, "c": 3.0}
    assert remaining_s(["c"], {"a": 2, "b": 50}, past, jobs=2) == 4
    assert remaining_s([], {"a": 2}, past, jobs=2) == 4


@given(
    st.lists(st.floats(0.1, 100), min_size=1, max_size=12),
    st.integers(1, 4),
)
def test_the_estimate_is_a_schedule(durations: list[float], jobs: int) -> None:
    """It lies between the work shared evenly (or the longest cell) and that with one more longest cell."""
    past = {str(number): duration for number, duration in enumerate(durations)}
    bound = max(max(durations), sum(durations) / jobs)
    total = estimate_s(past, past, jobs=jobs)
    assert bound <= total + 1e-6
    assert total <= sum(durations) / jobs + max(durations) + 1e-6
