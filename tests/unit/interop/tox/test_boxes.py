"""Which cells of a product are not wanted, said in boxes."""

from __future__ import annotations

import itertools
import time

from hypothesis import given
from hypothesis import strategies as st

from harness.interop.tox.boxes import outside

AXES = (("python", ("3.10", "3.11", "3.12")), ("django", ("5.2", "6.0")), ("canary", ("a", "b", "c")))


def excluded(axes, boxes):
    """Return the points that boxes hold, one by one."""
    names = [name for name, _ in axes]
    return {
        point
        for point in itertools.product(*(values for _, values in axes))
        for box in boxes
        if all(dict(zip(names, point, strict=True))[name] in values for name, values in box)
    }


@given(st.sets(st.sampled_from(list(itertools.product(*(values for _, values in AXES)))), min_size=1))
def test_boxes_hold_every_point_but_those_wanted(wanted):
    """Held against the whole product, point by point."""
    every = set(itertools.product(*(values for _, values in AXES)))
    assert excluded(AXES, outside(AXES, wanted)) == every - wanted


@given(
    st.sets(st.sampled_from(list(itertools.product(*(values for _, values in AXES)))), min_size=1),
    st.sets(st.sampled_from(["5.2", "6.0"]), max_size=1),
)
def test_what_is_ruled_out_anyway_need_not_be_said(wanted, values):
    """With what is known the boxes still leave the wanted points alone."""
    known = [{"canary": ("a",), "django": tuple(values)}] if values else []
    wanted = {point for point in wanted if not (point[2] == "a" and point[1] in values)}
    ruled_out = excluded(AXES, [tuple(box.items()) for box in known])
    boxes = outside(AXES, wanted, known)
    every = set(itertools.product(*(values for _, values in AXES)))
    assert excluded(AXES, boxes) | ruled_out == every - wanted


def test_a_whole_product_needs_no_box():
    """Nothing is left out, nothing is said."""
    assert outside(AXES, itertools.product(*(values for _, values in AXES))) == ()


def test_one_rule_does_where_people_write_one():
    """An old Django on two Pythons is one box, whatever the other axes."""
    wanted = [
        point for point in itertools.product(*(v for _, v in AXES)) if not (point[0] < "3.12" and point[1] == "6.0")
    ]
    assert outside(AXES, wanted) == ((("python", ("3.10", "3.11")), ("django", ("6.0",))),)


def test_five_hundred_points_take_no_time():
    """Even where they lie so that hardly two belong together."""
    axes = (
        ("python", tuple(map(str, range(8)))),
        ("django", tuple(map(str, range(8)))),
        ("drf", tuple(map(str, range(5)))),
        ("canary", tuple(map(str, range(4)))),
    )
    every = list(itertools.product(*(values for _, values in axes)))
    wanted = [point for number, point in enumerate(every) if number * 7919 % 1280 < 500]
    started = time.monotonic()
    boxes = outside(axes, wanted)
    assert excluded(axes, boxes) == set(every) - set(wanted)
    assert time.monotonic() - started < 10
