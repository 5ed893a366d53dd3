"""Says with few rules which cells of a product are not among those that are wanted."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence

Axes = tuple[tuple[str, tuple[str, ...]], ...]
"""Names of axes with their values."""
Point = tuple[str, ...]
"""A value for each axis, in their order."""
Box = tuple[tuple[str, ...], ...]
"""Values for each axis, in their order: every combination of them."""

_ORDERS = 120
"""How many orders of the axes are tried: all of five axes."""
_WIDENED = 3
"""How many of them, those that give the fewest boxes at first, are followed up."""


def outside(
    axes: Axes, wanted: Iterable[Point], known: Sequence[Mapping[str, tuple[str, ...]]] = ()
) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]:
    """Return boxes that together hold every point of the product but the *wanted* ones.

    *known* are boxes, as axis to values, that are ruled out anyway. Each box comes as pairs of an axis and the
    values it is narrowed to; an axis that is not narrowed is not named. No box holds a wanted point; the number of
    boxes is small, not proven smallest.
    """
    points = frozenset(wanted)
    spans = tuple(values for _, values in axes)
    given = [tuple(box.get(name, values) for name, values in axes) for box in known]
    orders = itertools.islice(itertools.permutations(range(len(axes))), _ORDERS)
    split = sorted((list(_split(spans, points, order)) for order in orders), key=len)
    candidates = [_needed(_widened(boxes, spans, points), given) for boxes in split[:_WIDENED]]
    best = min(candidates, key=lambda boxes: (len(boxes), sum(len(values) for box in boxes for values in box)))
    best = _trimmed(best, given)
    return tuple(
        tuple((name, values) for (name, span), values in zip(axes, box, strict=True) if values != span)
        for box in sorted(best, key=lambda box: _place(box, spans))
    )


def _place(box: Box, spans: tuple[tuple[str, ...], ...]) -> list[list[int]]:
    return [[span.index(value) for value in values] for values, span in zip(box, spans, strict=True)]


def _split(spans: tuple[tuple[str, ...], ...], points: frozenset[Point], order: Sequence[int]) -> Iterator[Box]:
    """Yield disjoint boxes that are the rest of the product: axis by axis, values that want the same kept together."""
    if not points:
        yield spans
        return
    if not order:
        return
    axis, *later = order
    slices: dict[frozenset[Point], list[str]] = {}
    for value in spans[axis]:
        rest = frozenset((*point[:axis], "", *point[axis + 1 :]) for point in points if point[axis] == value)
        slices.setdefault(rest, []).append(value)
    for rest, values in slices.items():
        yield from _split((*spans[:axis], tuple(values), *spans[axis + 1 :]), rest, later)


def _widened(boxes: Iterable[Box], spans: tuple[tuple[str, ...], ...], points: frozenset[Point]) -> list[Box]:
    """Return the boxes, each with as much more as it can have without a wanted point; equal ones once."""
    listed = sorted(points)
    having = [  # axis, value → the wanted points that have it, a bit each
        {value: sum(1 << n for n, point in enumerate(listed) if point[axis] == value) for value in span}
        for axis, span in enumerate(spans)
    ]
    found = []
    for box in boxes:
        wide = list(box)
        for axis, span in enumerate(spans):
            others = (1 << len(listed)) - 1
            for other, values in enumerate(wide):
                if other != axis:
                    others &= functools.reduce(operator.or_, (having[other][value] for value in values))
            wide[axis] = tuple(value for value in span if not having[axis][value] & others)
        found.append(tuple(wide))
    return list(dict.fromkeys(found))


def _needed(boxes: list[Box], known: list[Box]) -> list[Box]:
    """Return the boxes without those that the others, with the *known* ones, cover; small ones go first."""
    left = list(boxes)
    for box in sorted(boxes, key=lambda box: sum(map(len, box))):
        others = [other for other in left if other is not box]
        if not any(True for _ in _rest([box], [*others, *known])):
            left = others
    return left


def _trimmed(boxes: list[Box], known: list[Box]) -> list[Box]:
    """Return the boxes without what others hold already: rules that overlap read worse. Large ones stay as they are."""
    found = sorted(boxes, key=lambda box: -math.prod(map(len, box)))
    for number, box in enumerate(found):
        others = [*found[:number], *found[number + 1 :], *known]
        for axis, values in enumerate(box):
            if len(values) == 1:
                continue
            kept = tuple(
                value
                for value in values
                if any(True for _ in _rest([(*box[:axis], (value,), *box[axis + 1 :])], others))
            )
            if kept and len(kept) < len(values):
                found[number] = (*box[:axis], kept, *box[axis + 1 :])
                break
    return found


def _rest(pieces: Iterable[Box], covers: Sequence[Box]) -> Iterator[Box]:
    """Yield what of *pieces* no cover holds, in pieces."""
    left = list(pieces)
    for cover in covers:
        left = [part for piece in left for part in _minus(piece, cover)]
        if not left:
            return
    yield from left


def _minus(piece: Box, cover: Box) -> Iterator[Box]:
    if any(not set(values) & set(others) for values, others in zip(piece, cover, strict=True)):
        yield piece
        return
    for axis, (values, others) in enumerate(zip(piece, cover, strict=True)):
        outer = tuple(value for value in values if value not in others)
        if outer:
            yield (*piece[:axis], outer, *piece[axis + 1 :])
        piece = (*piece[:axis], tuple(value for value in values if value in others), *piece[axis + 1 :])
