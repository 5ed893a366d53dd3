"""The passing cell that is most like a failing one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.analysis.conclude import Conclusion
from harness.analysis.order import in_order
from harness.model.cell import Cell
from harness.model.verdict import State


def nearest_passing(conclusions: Iterable[Conclusion]) -> Mapping[Cell, Cell]:
    """Return, for each cell that failed, the passing one that differs in the fewest axes; none where nothing passes.

    Of several, the one whose values are nearest to its own in their order, then the first. Neighbours that were run to
    earn a blame count as well.
    """
    found = tuple(conclusions)
    codes = _Codes(found)
    passing = [(codes.of(one.cell), one.cell) for one in found if one.state is State.PASS]
    by_code = dict(reversed(passing))
    nearest = {}
    for one in found:
        if passing and one.state.is_failure:
            code = codes.of(one.cell)
            nearest[one.cell] = _neighbour(code, by_code, codes) or _anywhere(code, passing)
    return nearest


class _Codes:
    """Cells as numbers: the position of each value on its axis."""

    def __init__(self, conclusions: Sequence[Conclusion]) -> None:
        values: dict[str, set[str]] = {}
        for one in conclusions:
            for axis, value in one.cell.values:
                values.setdefault(axis, {""}).add(value)
        self._axes = sorted(values)
        self.sizes = [len(values[axis]) for axis in self._axes]
        self._numbers = {
            axis: {value: number for number, value in enumerate(sorted(values[axis], key=in_order))}
            for axis in self._axes
        }

    def of(self, cell: Cell) -> tuple[int, ...]:
        given = cell.as_dict()
        return tuple(self._numbers[axis][given.get(axis, "")] for axis in self._axes)


def _neighbour(code: tuple[int, ...], passing: Mapping[tuple[int, ...], Cell], codes: _Codes) -> Cell | None:
    """Return the nearest passing cell that differs in one axis: most have one, and it is found without a search."""
    there = [other for other in _around(code, codes.sizes) if other in passing]
    return passing[min(there, key=lambda other: _far(code, other))] if there else None


def _anywhere(code: tuple[int, ...], passing: Sequence[tuple[tuple[int, ...], Cell]]) -> Cell:
    return min(passing, key=lambda item: _far(code, item[0]))[1]


def _around(code: tuple[int, ...], sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for axis, size in enumerate(sizes):
        for value in range(size):
            if value != code[axis]:
                yield (*code[:axis], value, *code[axis + 1 :])


def _far(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, int]:
    steps = [abs(a - b) for a, b in zip(one, other, strict=True) if a != b]
    return len(steps), sum(steps)
