"""Builds covering arrays: few rows that together hold every tuple asked for."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from covertable import main as covertable

from harness.plan.feasible import Feasibility
from harness.plan.space import Space, subsets, unique

_propose: Callable[..., list[list[int]]] = covertable.make


def build(
    space: Space, feasibility: Feasibility, *, count: int, kept: Sequence[int], partials: Sequence[int]
) -> list[int]:
    """Return rows, *kept* first, that hold every feasible tuple of *count* values and every feasible one of *partials*.

    covertable proposes rows; whatever it proposes is verified here and completed where a tuple is missing.
    """
    needed = {mask: None for mask in space.tuples(count) if feasibility.allows(mask)}
    partials = [mask for mask in unique(partials) if feasibility.allows(mask)]
    rows = unique(kept)
    for row in rows:
        _strike(needed, row, count)
    rows += _rows_for_partials(space, feasibility, needed, rows, partials, count)
    if needed:
        rows += _proposed(space, feasibility, rows, count, needed)
    while needed:
        rows.append(_fill(space, feasibility, next(iter(needed)), needed, count))
        _strike(needed, rows[-1], count)
    return _without_redundant(rows, len(unique(kept)), count, partials)


def _rows_for_partials(
    space: Space,
    feasibility: Feasibility,
    needed: dict[int, None],
    rows: Sequence[int],
    partials: Sequence[int],
    count: int,
) -> list[int]:
    added: list[int] = []
    for partial in partials:
        if not any(partial & row == partial for row in itertools.chain(rows, added)):
            added.append(_fill(space, feasibility, partial, needed, count))
            _strike(needed, added[-1], count)
    return added


def _proposed(
    space: Space, feasibility: Feasibility, given: Sequence[int], count: int, needed: dict[int, None]
) -> list[int]:
    """Return covertable's rows beside the *given* ones, without those that a nogood covers or that add nothing."""
    factors = [list(bits) for bits in space.bits]
    presets = [[row & span for span in space.spans] for row in given]
    rows = []
    for values in _propose(factors, strength=count, presets=presets, constraints=[_constraint(feasibility)]):
        row = sum(values)
        if feasibility.allows(row) and _strike(needed, row, count):
            rows.append(row)
    return rows


def _constraint(feasibility: Feasibility) -> Mapping[str, Any]:
    """Return all nogoods as one constraint that answers False (cannot be completed) or None (still open).

    A constraint per nogood would be evaluated for each pair and row that covertable tries, which takes seconds on
    a hundred nogoods. One that looks ahead also spares it every dead end.
    """

    def evaluate(row: Mapping[int, int]) -> bool | None:
        return None if feasibility.allows(sum(row.values())) else False

    return {"operator": "fn", "requires": [], "evaluate": evaluate}


def _strike(needed: dict[int, None], row: int, count: int) -> bool:
    """Remove what *row* holds from *needed*; tell whether there was any."""
    before = len(needed)
    for mask in subsets(row, count):
        needed.pop(mask, None)
    return len(needed) < before


def _fill(space: Space, feasibility: Feasibility, start: int, needed: Collection[int], count: int) -> int:
    """Complete a feasible *start* to a row, each time by the value that brings most of what is still needed."""
    row = start
    while free := [bits for bits, span in zip(space.bits, space.spans, strict=True) if not span & row]:
        gain = _gain(row, needed, count)
        candidates = sorted(itertools.chain.from_iterable(free), key=lambda bit: (-gain(bit), bit))
        row |= next(bit for bit in candidates if feasibility.allows(row | bit))
    return row


def _gain(row: int, needed: Collection[int], count: int) -> Callable[[int], int]:
    contexts = list(subsets(row, count - 1)) if row.bit_count() >= count - 1 else []
    return lambda bit: sum(1 for context in contexts if context | bit in needed)


def _without_redundant(rows: Sequence[int], kept: int, count: int, partials: Iterable[int]) -> list[int]:
    """Drop each row, last first, all of whose tuples other rows hold too; the first *kept* rows stay."""
    partials = list(partials)
    held = [{*subsets(row, count), *(mask for mask in partials if mask & row == mask)} for row in rows]
    times = Counter(itertools.chain.from_iterable(held))
    stay = list(rows)
    for number in range(len(rows) - 1, kept - 1, -1):
        if all(times[mask] > 1 for mask in held[number]):
            times.subtract(held[number])
            del stay[number]
    return stay


def every(space: Space, feasibility: Feasibility) -> list[int]:
    """Return every cell of the product that no nogood covers."""
    return [mask for mask in space.tuples(len(space.axes)) if feasibility.allows(mask)]
