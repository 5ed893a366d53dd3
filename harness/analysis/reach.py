"""How much of the pairs of values a run's answers reach."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis.conclude import Conclusion
from harness.model.plan import Axis, Nogood
from harness.model.record import Purpose
from harness.model.verdict import State

Pair = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Pairs of values of two axes each, all of them."""

    pairs: int
    answered: int  # seen in a cell that passed or failed, flaky or not
    untestable: int  # no cell can hold them: left out with a reason, or only seen in cells that cannot be tested
    lacking: tuple[tuple[tuple[str, str], tuple[str, str]], ...]  # neither


def reach(conclusions: Iterable[Conclusion], axes: Iterable[Axis], nogoods: Iterable[Nogood]) -> Reach:
    """Count the pairs of values of *axes* that a run's own cells answer for.

    A pair is untestable where one of *nogoods*, of this machine or of any, has no value but those two. A pair that only
    several of them rule out together is counted as lacking.
    """
    answered: set[Pair] = set()
    refused = {frozenset(nogood.values) for nogood in nogoods if 1 <= len(nogood.values) <= 2}
    for one in conclusions:
        if one.purpose is Purpose.DIAGNOSTIC:
            continue
        pairs = {frozenset(pair) for pair in itertools.combinations(one.cell.values, 2)}
        if one.state in (State.PASS, State.FLAKY) or one.state.is_failure:
            answered |= pairs
        elif one.state in (State.UNSUPPORTED, State.UNRESOLVABLE):
            refused |= pairs
    lacking, untestable, total, seen = [], 0, 0, 0
    for first, second in itertools.combinations(tuple(axes), 2):
        for one_value, other_value in itertools.product(first.values, second.values):
            ends = (first.name, one_value.requested), (second.name, other_value.requested)
            total += 1
            if frozenset(ends) in answered:
                seen += 1
            elif frozenset(ends) in refused or any(frozenset([end]) in refused for end in ends):
                untestable += 1
            else:
                lacking.append(ends)
    return Reach(pairs=total, answered=seen, untestable=untestable, lacking=tuple(lacking))
