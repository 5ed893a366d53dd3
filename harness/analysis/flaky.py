"""Cells that do not answer alike from run to run, though nothing was changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.model.verdict import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One cell in one run."""

    run: int
    state: State
    is_reused: bool
    lock: str  # what was installed; empty where nobody reported


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsteady:
    """A cell that was seen both to pass and to fail on one lock."""

    cell: str  # id
    runs: int  # in which it was tried anew on the lock
    passing: int
    failing: int
    flaky: int  # runs in which a retry within the run told
    first: int  # the first and the last run in which it did not simply pass
    last: int


def unsteady(histories: Mapping[str, Sequence[Seen]]) -> tuple[Unsteady, ...]:
    """Return the unsteady cells, the worst first. Reused answers are no new ones and count for nothing."""
    found = [
        one
        for cell, seen in histories.items()
        for one in _of_a_cell(cell, [item for item in seen if not item.is_reused])
    ]
    return tuple(sorted(found, key=lambda one: (-(one.flaky + min(one.passing, one.failing)), one.cell)))


def _of_a_cell(cell: str, seen: Iterable[Seen]) -> list[Unsteady]:
    by_lock: dict[str, list[Seen]] = {}
    for item in seen:
        by_lock.setdefault(item.lock, []).append(item)
    found = []
    for on_lock in by_lock.values():
        passing = [item for item in on_lock if item.state is State.PASS]
        failing = [item for item in on_lock if item.state.is_failure]
        flaky = [item for item in on_lock if item.state is State.FLAKY]
        if not flaky and not (passing and failing):
            continue
        odd = [item.run for item in (*failing, *flaky)]
        found.append(
            Unsteady(
                cell=cell,
                runs=len(passing) + len(failing) + len(flaky),
                passing=len(passing),
                failing=len(failing),
                flaky=len(flaky),
                first=min(odd),
                last=max(odd),
            )
        )
    return found
