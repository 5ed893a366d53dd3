"""Decides whether values can be completed to a cell that no nogood covers."""

from __future__ import annotations

from collections.abc import Iterable

from harness.plan.space import Space, positions

_POOL = 32  # recent witnesses: most questions are answered by one of them


class Feasibility:
    """An oracle over one set of nogoods; its answers are remembered. Answers never depend on the order of asking."""

    def __init__(self, space: Space, nogoods: Iterable[int]) -> None:
        self._space = space
        self._conflicts = dict.fromkeys(range(len(space.pairs)), 0)  # bit position → bits that exclude it
        self._unary = 0
        self._larger: list[int] = []
        self._is_void = False
        self._known: dict[int, bool] = {}
        self._pool: list[int] = []
        for nogood in sorted(set(nogoods)):
            self._add(nogood)

    def _add(self, nogood: int) -> None:
        match nogood.bit_count():
            case 0:
                self._is_void = True
            case 1:
                self._unary |= nogood
            case 2:
                low, high = positions(nogood)
                self._conflicts[low] |= 1 << high
                self._conflicts[high] |= 1 << low
            case _:
                self._larger.append(nogood)

    def allows(self, mask: int) -> bool:
        """Tell whether some cell holds *mask* and is covered by no nogood."""
        known = self._known.get(mask)
        if known is None:
            known = any(mask & witness == mask for witness in self._pool) or self._find(mask)
            self._known[mask] = known
        return known

    def witness(self, mask: int) -> int | None:
        """Return such a cell, the same one each time; None where there is none."""
        return None if self._is_void else self._search(mask)

    def _find(self, mask: int) -> bool:
        found = self.witness(mask)
        if found is None:
            return False
        self._pool.insert(0, found)
        del self._pool[_POOL:]
        return True

    def _search(self, mask: int) -> int | None:
        # Backtracking with unit propagation, on the axis with the fewest values left.
        forbidden = self._forbidden(mask)
        if forbidden & mask:
            return None
        choices, fewest = 0, 0
        for span in self._space.spans:
            if span & mask:
                continue
            allowed = span & ~forbidden
            count = allowed.bit_count()
            if count == 0:
                return None
            if fewest == 0 or count < fewest:
                choices, fewest = allowed, count
        if fewest == 0:
            return mask
        for position in positions(choices):
            found = self._search(mask | 1 << position)
            if found is not None:
                return found
        return None

    def _forbidden(self, mask: int) -> int:
        forbidden = self._unary
        for position in positions(mask):
            forbidden |= self._conflicts[position]
        for nogood in self._larger:
            rest = nogood & ~mask
            if rest & (rest - 1) == 0:  # at most one value is missing: it must not come
                forbidden |= rest or nogood
        return forbidden
