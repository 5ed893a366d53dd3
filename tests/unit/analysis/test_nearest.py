"""The passing cell that is most like a failing one."""

from __future__ import annotations

import random

from harness.analysis.nearest import nearest_passing
from harness.model.verdict import State


def test_fewest_axes_then_nearest_values(make_conclusion) -> None:
    """One axis before two, a neighbouring version before a distant one; passing cells have none."""
    failing = make_conclusion(State.FAIL, django="5.1", pytest_django="4.13", mode="a")
    near = make_conclusion(State.PASS, django="5.1", pytest_django="4.14", mode="a")
    far = make_conclusion(State.PASS, django="5.1", pytest_django="4.11", mode="a")
    other = make_conclusion(State.PASS, django="5.2", pytest_django="4.13", mode="b")
    known = [failing, far, near, other, make_conclusion(State.FAIL, django="5.1", pytest_django="4.12", mode="a")]

    assert nearest_passing(known)[failing.cell] == near.cell
    assert nearest_passing([failing, other])[failing.cell] == other.cell
    assert set(nearest_passing(known)) == {one.cell for one in known if one.state is State.FAIL}


def test_nothing_passes(make_conclusion) -> None:
    """Then there is none."""
    assert nearest_passing([make_conclusion(State.FAIL)]) == {}


def test_none_is_nearer(make_conclusion) -> None:
    """Held against every passing cell, on random runs."""
    chance = random.Random(7)
    values = [(str(a), str(b), str(c)) for a in range(4) for b in range(3) for c in range(3)]
    for _ in range(30):
        cells = [
            make_conclusion(chance.choice([State.PASS, State.FAIL]), django=a, pytest_django=b, mode=c)
            for a, b, c in chance.sample(values, 15)
        ]
        passing = [one.cell for one in cells if one.state is State.PASS]
        for failing, found in nearest_passing(cells).items():
            assert differing(failing, found) == min(differing(failing, one) for one in passing)


def differing(one, other) -> int:
    """Axes in which two cells differ."""
    return sum(a != b for a, b in zip(one.values, other.values, strict=True))
