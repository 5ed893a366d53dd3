"""Whether an upgrade was seen to work, answered from records alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from harness.analysis.order import axis_names, in_order
from harness.model.cell import Cell
from harness.model.verdict import State

ALTERNATIVES = 5


class Advice(Enum):
    """The answer. docs/dashboard.md says what each rests on."""

    YES = "yes"  # cells hold all of it, and each passes
    NO = "no"  # cells hold all of it, and none passes
    DEPENDS = "depends"  # cells hold all of it; some pass, some fail
    UNTESTABLE = "untestable"  # cells hold all of it; none can be put together or run
    PROBABLY = "probably"  # no cell holds all of it; each two of the values pass wherever they were tested
    HARDLY = "hardly"  # no cell holds all of it; two of the values fail wherever they were tested
    UNKNOWN = "unknown"  # anything else: no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One cell's answer, as far as advice goes."""

    id: str
    values: Mapping[str, str]  # axis → requested
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How the cells that hold some values ended."""

    values: tuple[tuple[str, str], ...]
    passing: int
    failing: int
    untestable: int
    other: int  # flaky, errors, not run

    @property
    def cells(self) -> int:
        """Return their number."""
        return self.passing + self.failing + self.untestable + self.other


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """The answer with what it rests on."""

    advice: Advice
    target: Tally  # what was asked for
    present: Tally  # what one has
    pairs: tuple[Tally, ...]  # each two values of the target
    alternatives: tuple[Tally, ...]  # targets that differ in one value and were seen to pass, nothing failing


def facts(found: Iterable[tuple[Cell, State]]) -> tuple[Fact, ...]:
    """Return what cells came to, neighbours that were run to earn a blame included: they are records as any."""
    return tuple(Fact(id=cell.id, values=cell.as_dict(), state=state) for cell, state in found)


def advise(known: Sequence[Fact], have: Mapping[str, str], want: Mapping[str, str]) -> Advised:
    """Tell whether one can go from *have* to *want*, each some axes' values; axes that *want* leaves out stay."""
    goal = {**have, **want}
    names = axis_names(goal)
    target = _tally(known, [(axis, goal[axis]) for axis in names])
    pairs = tuple(_tally(known, pair) for pair in itertools.combinations(target.values, 2))
    return Advised(
        advice=_advice(target, pairs),
        target=target,
        present=_tally(known, [(axis, have[axis]) for axis in axis_names(have)]),
        pairs=pairs,
        alternatives=_alternatives(known, target),
    )


def _tally(known: Sequence[Fact], values: Sequence[tuple[str, str]]) -> Tally:
    states = [fact.state for fact in known if all(fact.values.get(axis) == value for axis, value in values)]
    passing = sum(state is State.PASS for state in states)
    failing = sum(state.is_failure for state in states)
    untestable = sum(state in (State.UNRESOLVABLE, State.UNSUPPORTED) for state in states)
    return Tally(
        values=tuple(values),
        passing=passing,
        failing=failing,
        untestable=untestable,
        other=len(states) - passing - failing - untestable,
    )


def _advice(target: Tally, pairs: Sequence[Tally]) -> Advice:
    if target.passing or target.failing:
        if target.failing:
            return Advice.DEPENDS if target.passing else Advice.NO
        return Advice.UNKNOWN if target.other else Advice.YES
    if target.untestable and not target.other:
        return Advice.UNTESTABLE
    if target.cells:
        return Advice.UNKNOWN
    if any(pair.failing and not pair.passing for pair in pairs):
        return Advice.HARDLY
    is_seen = bool(pairs) and all(pair.passing and not pair.failing and not pair.other for pair in pairs)
    return Advice.PROBABLY if is_seen else Advice.UNKNOWN


def _alternatives(known: Sequence[Fact], target: Tally) -> tuple[Tally, ...]:
    """Return targets with another value on one axis that were seen to pass: nearest first, higher before lower."""
    found = []
    for number, (axis, wanted) in enumerate(target.values):
        values = sorted({fact.values[axis] for fact in known if axis in fact.values}, key=in_order)
        place = values.index(wanted) if wanted in values else len(values)  # what nobody has is taken for the newest
        for position, value in enumerate(values):
            other = _tally(known, [*target.values[:number], (axis, value), *target.values[number + 1 :]])
            if value != wanted and other.passing and not other.failing and not other.other:
                found.append((abs(position - place), position < place, number, other))
    return tuple(item[-1] for item in sorted(found, key=lambda item: item[:-1])[:ALTERNATIVES])
