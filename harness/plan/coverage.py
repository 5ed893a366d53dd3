"""Counts the tuples that cells cover, with a reason for each that they do not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from harness.model.cell import Cell
from harness.model.plan import Axis, Coverage, Nogood
from harness.model.spec import Strength
from harness.plan.feasible import Feasibility
from harness.plan.space import Space, encode, subsets

NOT_SELECTED = "not selected"
_NAMED = 3  # reasons told in full where several nogoods together block a tuple


def measure(axes: tuple[Axis, ...], nogoods: tuple[Nogood, ...], strength: Strength, cells: Iterable[Cell]) -> Coverage:
    """Count the tuples of *strength* that *cells* hold, out of those in at least one cell that may be tested somewhere.

    Nogoods of this machine leave a tuple in the denominator: it is missing, with the nogood's detail. A tuple
    that only the choice of cells leaves out is missing as `NOT_SELECTED`.
    """
    space = encode(axes)
    masks = [mask for cell in cells if (mask := space.mask(cell.values)) is not None]
    return count(space, nogoods, strength, masks)


def arity(strength: Strength, axes: int) -> int:
    """Return how many axes are crossed."""
    match strength:
        case Strength.EACH:
            return min(1, axes)
        case Strength.PAIRS:
            return min(2, axes)
        case Strength.TRIPLES:
            return min(3, axes)
        case Strength.FULL:
            return axes
        case _:
            assert_never(strength)


def masks_of(space: Space, nogoods: Iterable[Nogood]) -> list[int]:
    """Return the nogoods that can occur in *space*, as bits."""
    return [mask for nogood in nogoods if (mask := space.mask(nogood.values)) is not None]


def count(space: Space, nogoods: tuple[Nogood, ...], strength: Strength, rows: Iterable[int]) -> Coverage:
    """Do what `measure` says for rows of bits."""
    size = arity(strength, len(space.axes))
    portable = Feasibility(space, masks_of(space, (n for n in nogoods if not n.why.is_of_this_machine)))
    held = {mask for row in rows for mask in subsets(row, size)}
    blame = _Blame(space, nogoods)
    feasible, missing = 0, []
    for mask in space.tuples(size):
        if portable.allows(mask):
            feasible += 1
            if mask not in held:
                missing.append((space.partial(mask), blame.reason(mask)))
    return Coverage(
        strength=strength, covered=feasible - len(missing), feasible=feasible, missing=tuple(sorted(missing))
    )


class _Blame:
    """Names the nogoods of this machine that block a tuple which could be tested elsewhere."""

    def __init__(self, space: Space, nogoods: tuple[Nogood, ...]) -> None:
        self._space = space
        self._of_matrix = masks_of(space, (n for n in nogoods if not n.why.is_of_this_machine))
        self._of_machine = [
            (mask, nogood.detail)
            for nogood in nogoods
            if nogood.why.is_of_this_machine and (mask := space.mask(nogood.values)) is not None
        ]
        self._oracles: dict[tuple[int, ...], Feasibility] = {}

    def reason(self, mask: int) -> str:
        """Return the detail of the nogood that *mask* holds, else of those that together block its completions."""
        for nogood, detail in self._of_machine:
            if nogood & mask == nogood:
                return detail
        blockers: dict[int, str] = {}
        while (witness := self._oracle(tuple(blockers)).witness(mask)) is not None:
            found = next((item for item in self._of_machine if item[0] & witness == item[0]), None)
            if found is None:
                return NOT_SELECTED
            blockers[found[0]] = found[1]
        details = list(dict.fromkeys(blockers.values()))
        more = f"; and {len(details) - _NAMED} more reasons" if len(details) > _NAMED else ""
        return "; ".join(details[:_NAMED]) + more

    def _oracle(self, blockers: tuple[int, ...]) -> Feasibility:
        if blockers not in self._oracles:
            self._oracles[blockers] = Feasibility(self._space, [*self._of_matrix, *blockers])
        return self._oracles[blockers]
