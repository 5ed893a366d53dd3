"""The headline of a run: how many cells are in each state, and whether any is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis.conclude import Conclusion
from harness.model.cell import Cell
from harness.model.evidence import Level
from harness.model.record import Purpose
from harness.model.verdict import State, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Numbers of cells; every state and verdict is there, zeroes included."""

    cells: int
    states: tuple[tuple[State, int], ...]
    verdicts: tuple[tuple[Verdict, int], ...]
    reused: int
    unobserved: int  # ran, but the probe said nothing
    diagnostic: int  # neighbours, not among `cells`
    flaky: tuple[str, ...]  # ids
    unexpected_passes: tuple[str, ...]  # ids


def count(conclusions: Iterable[Conclusion]) -> Counts:
    """Count a run's cells; diagnostic neighbours apart."""
    everything = tuple(conclusions)
    cells = tuple(one for one in everything if one.purpose is not Purpose.DIAGNOSTIC)
    states = Counter(one.state for one in cells)
    verdicts = Counter(one.judgement.verdict for one in cells)
    return Counts(
        cells=len(cells),
        states=tuple((state, states[state]) for state in State),
        verdicts=tuple((verdict, verdicts[verdict]) for verdict in Verdict),
        reused=sum(one.is_reused for one in cells),
        unobserved=sum(one.level in (Level.EXIT_CODE, Level.JUNIT) for one in cells),
        diagnostic=len(everything) - len(cells),
        flaky=tuple(sorted(one.cell.id for one in cells if one.state is State.FLAKY)),
        unexpected_passes=tuple(
            sorted(one.cell.id for one in cells if one.judgement.verdict is Verdict.UNEXPECTED_PASS)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """A plan held against the records of its run."""

    missing: tuple[Cell, ...]  # planned, but neither run nor shown to be untestable
    unplanned: tuple[Cell, ...]  # recorded for the matrix, but not in the plan

    @property
    def is_complete(self) -> bool:
        """Tell whether every planned cell is accounted for, and no other."""
        return not self.missing and not self.unplanned


def reconcile(planned: Iterable[Cell], conclusions: Iterable[Conclusion]) -> Reconciliation:
    """Return what a run owes its plan, in the plan's order (DESIGN, rule 5)."""
    expected = tuple(dict.fromkeys(planned))
    known: set[Cell] = set()
    unplanned = []
    wanted = set(expected)
    for one in conclusions:
        if one.purpose is not Purpose.DIAGNOSTIC and one.cell not in wanted:
            unplanned.append(one.cell)
        if one.level is not None or one.state in (State.UNRESOLVABLE, State.UNSUPPORTED):
            known.add(one.cell)
    return Reconciliation(missing=tuple(cell for cell in expected if cell not in known), unplanned=tuple(unplanned))
