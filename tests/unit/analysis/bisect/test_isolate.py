"""Delta debugging: the guilty set, and nothing but it."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.isolate import isolate


def plant(*guilty: set[int], needs: dict[int, int] | None = None):
    """Return a test that is bad where one of the *guilty* sets is in, unknown where a thing is in without its need."""
    asked: list[tuple[int, ...]] = []

    def test(part: tuple[int, ...]) -> Answer:
        asked.append(part)
        if any(need not in part for thing, need in (needs or {}).items() if thing in part):
            return Answer.UNKNOWN
        return Answer.BAD if any(one <= set(part) for one in guilty) else Answer.GOOD

    test.asked = asked  # type: ignore[attr-defined]
    return test


def test_every_guilty_set_of_up_to_six_changes() -> None:
    """One guilty set, whichever: it is found, it alone, no part asked twice, the whole never."""
    for count in range(1, 7):
        everything = tuple(range(count))
        for size in range(1, count + 1):
            for guilty in itertools.combinations(everything, size):
                test = plant(set(guilty))
                assert isolate(everything, test) == guilty
                assert len(set(test.asked)) == len(test.asked)
                assert everything not in test.asked


def test_a_single_change_needs_no_test() -> None:
    """What changed alone is guilty."""
    test = plant({0})
    assert isolate((0,), test) == (0,)
    assert test.asked == []


def test_one_of_many_takes_few_tests() -> None:
    """About twice the logarithm."""
    test = plant({37})
    assert isolate(tuple(range(64)), test) == (37,)
    assert len(test.asked) <= 2 * 6


@given(st.integers(2, 16), st.data())
def test_what_remains_is_minimal(count, data) -> None:
    """With several causes and dependencies among the changes, what remains is bad, and no one of it can be left out
    and the rest still be known to be bad."""
    things = st.integers(0, count - 1)
    guilty = data.draw(st.lists(st.sets(things, min_size=1, max_size=4), min_size=1, max_size=3))
    needs = data.draw(st.dictionaries(things, things, max_size=4))
    test = plant(*guilty, needs=needs)
    found = isolate(tuple(range(count)), test)
    assert test(found) is Answer.BAD
    assert all(test(tuple(item for item in found if item != out)) is not Answer.BAD for out in found)
