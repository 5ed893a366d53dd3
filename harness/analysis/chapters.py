"""What cells came to from run to run: the material of histories and comparisons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.compare import Side
from harness.analysis.conclude import Conclusion
from harness.analysis.flaky import Seen
from harness.analysis.grid import SEVERITY
from harness.analysis.locks import installed
from harness.analysis.order import in_order
from harness.model.cell import Cell
from harness.model.record import Purpose, Record
from harness.model.verdict import State, Verdict

_Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cell in one run."""

    cell: Cell
    exact: tuple[tuple[str, str], ...]
    purpose: Purpose
    side: Side  # without its tests
    is_reused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One run."""

    run: int
    started: dt.datetime
    finished: dt.datetime | None  # None: it was interrupted, or goes on
    as_of: dt.datetime | None
    exit_code: int | None
    harness_version: str
    platform: str
    entries: tuple[Entry, ...]

    @property
    def matrix(self) -> tuple[Entry, ...]:
        """Return the cells of the matrix; a search has none."""
        return tuple(entry for entry in self.entries if entry.purpose is not Purpose.DIAGNOSTIC)


def entry_of(record: Record, one: Conclusion) -> Entry:
    """Return what is kept of a record and its conclusion."""
    return Entry(
        cell=one.cell,
        exact=one.exact,
        purpose=one.purpose,
        side=Side(
            state=one.state,
            verdict=one.judgement.verdict,
            signature=one.signature,
            reason=one.observation.reason,
            provider=one.provider,
            installed=tuple(sorted(installed(record).items())),
        ),
        is_reused=one.is_reused,
    )


_FIRST = (
    Verdict.UNEXPECTED_FAILURE,
    Verdict.UNEXPECTED_PASS,
    Verdict.INDETERMINATE,
    Verdict.EXPECTED_FAILURE,
    Verdict.AS_EXPECTED,
)


def urgency(state: State, verdict: Verdict) -> tuple[int, bool, int]:
    """Return a key that puts what a reader looks for first: surprises, then what is not known, passes last."""
    return _FIRST.index(verdict), state is State.PASS, -SEVERITY.index(state)


def histories(chapters: Iterable[Chapter]) -> Mapping[str, tuple[Seen, ...]]:
    """Return each cell's answers, by its id; cells of searches are left out."""
    found: dict[str, list[Seen]] = {}
    for chapter in chapters:
        for entry in chapter.matrix:
            lock = "\n".join(f"{name}=={version}" for name, version in entry.side.installed)
            found.setdefault(entry.cell.id, []).append(
                Seen(run=chapter.run, state=entry.side.state, is_reused=entry.is_reused, lock=lock)
            )
    return {cell: tuple(seen) for cell, seen in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One version of an axis, everything else being equal."""

    version: str
    cell: str  # id
    state: State
    is_same_failure: bool
    run: int


class Ladders:
    """What is known of cells that differ in one axis alone, out of every run and search."""

    def __init__(self, chapters: Iterable[Chapter]) -> None:
        self._entries = [
            (chapter.run, entry)
            for chapter in sorted(chapters, key=lambda one: -one.run)
            for entry in chapter.entries
            if entry.side.state is State.PASS or entry.side.state.is_failure
        ]
        self._by_rest: dict[str, dict[_Pairs, list[tuple[int, Entry]]]] = {}

    def of(self, axis: str, failing: Cell, signature: str) -> tuple[Step, ...]:
        """Return the answers to cells that differ from a failing one in *axis* alone, in the order of its versions.

        Searches are among the runs: after a bisection this is its result. The newest answer to a version counts.
        """
        steps: dict[str, Step] = {}
        for run, entry in self._along(axis).get(_without(axis, failing), ()):
            version = dict(entry.exact).get(axis) or entry.cell.as_dict().get(axis, "")
            found = entry.side.signature
            steps.setdefault(
                version,
                Step(
                    version=version,
                    cell=entry.cell.id,
                    state=entry.side.state,
                    is_same_failure=found is not None and found.id == signature,
                    run=run,
                ),
            )
        return tuple(steps[version] for version in sorted(steps, key=in_order))

    def _along(self, axis: str) -> Mapping[_Pairs, Sequence[tuple[int, Entry]]]:
        if axis not in self._by_rest:
            found = self._by_rest[axis] = {}
            for item in self._entries:
                found.setdefault(_without(axis, item[1].cell), []).append(item)
        return self._by_rest[axis]


def _without(axis: str, cell: Cell) -> _Pairs:
    return tuple(pair for pair in cell.values if pair[0] != axis)
