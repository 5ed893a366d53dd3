"""What the pages' scripts read: one file for all pages, one for the cells' details, one for each cell that failed."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from harness.analysis.chapters import Chapter, Entry, urgency
from harness.analysis.compare import Category, Side, category
from harness.analysis.dashboard import Dashboard
from harness.analysis.grid import SEVERITY
from harness.analysis.order import axis_names, in_order, title
from harness.analysis.query import FIELDS, row_of
from harness.model.cell import Cell
from harness.model.condition import is_version_axis
from harness.model.record import Purpose
from harness.model.verdict import Signature, State, Verdict
from harness.report.site.marks import marks
from harness.report.site.words import key, shown

H = TypeVar("H", bound=Hashable)


class Pool(Generic[H]):
    """Values that occur often, each kept once; others refer to them by number."""

    def __init__(self) -> None:
        self._numbers: dict[H, int] = {}

    def __getitem__(self, value: H) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def values(self) -> list[H]:
        """Return them in the order of their numbers."""
        return list(self._numbers)


def script(name: str, value: Any) -> str:
    """Return a script that lets *name* hold *value*: it works where `fetch` is not allowed, from a folder on disk.

    The text is JSON in a string in a script. What could end either is escaped, and nothing in it is ever code.
    """
    text = json.dumps(_shown(value), ensure_ascii=False, separators=(",", ":"))
    quoted = text.replace("\\", "\\\\").replace("'", "\\'").replace("<", "\\x3c")
    return f"var {name} = JSON.parse('{quoted}');\n"


def _shown(value: Any) -> Any:
    match value:
        case str():
            return shown(value)
        case dict():
            return {_shown(name): _shown(item) for name, item in value.items()}
        case [int(), *_, int()]:  # numbers alone: most of what there is
            return value
        case list() | tuple():
            return [_shown(item) for item in value]
        case _:
            return value


class Index:
    """Every cell that any run has, numbered: first the rows of the report's run, then its neighbours."""

    def __init__(self, chapters: Sequence[Chapter]) -> None:
        self.own = chapters[0]
        own = self.own.entries
        ordered = sorted(chapters[0].matrix, key=lambda entry: urgency(entry.side.state, entry.side.verdict))
        ordered += [entry for entry in own if entry.purpose is Purpose.DIAGNOSTIC]
        ordered += [entry for chapter in chapters[1:] for entry in chapter.matrix]
        self.entries: dict[Cell, Entry] = {}
        for entry in ordered:
            self.entries.setdefault(entry.cell, entry)
        self.number = {cell: number for number, cell in enumerate(self.entries)}
        self.rows = len(chapters[0].matrix)
        self.diagnostic = len(own) - self.rows


def index_of(board: Dashboard) -> dict[str, Any]:
    """Return what all pages share: axes, cells, and what each came to in each run."""
    runs = tuple(chapter for chapter in board.chapters if chapter.matrix)
    index = Index(runs)
    names = axis_names(
        [axis for cell in index.entries for axis, _ in cell.values] + [axis.name for axis in board.report.axes]
    )
    points: dict[str, Pool[tuple[str, str]]] = {axis: Pool() for axis in names}
    cells = [_cell(entry, names, points) for entry in index.entries.values()]
    sides: Pool[tuple[int, int, int, int, int]] = Pool()
    causes: Pool[tuple[str, str, str, str]] = Pool()
    providers: Pool[str] = Pool()
    locks = _Locks()
    told = [_run(chapter, index, sides, causes, providers, locks) for chapter in runs]
    for older, newer in zip(told[:0:-1], told[-2::-1], strict=True):
        if older["sides"] == newer["sides"]:
            older["sides"] = None  # as in the run after it
    wanted = {axis.name: [value.requested for value in axis.values] for axis in board.report.axes}
    own = {one.cell: one for one in board.report.summary.conclusions}
    words = [row_of(own[cell]).words for cell in list(index.entries)[: index.rows]]
    return {
        "title": board.title,
        "run": board.report.summary.run_id,
        "made": board.report.made.isoformat(timespec="seconds"),
        "command": board.report.command,
        "tail": board.report.tail,
        "axes": [
            {
                "name": axis,
                "title": title(axis),
                "version": is_version_axis(axis),
                "values": sorted(
                    {*wanted.get(axis, ()), *(point[0] for point in points[axis].values() if point[0])}, key=in_order
                ),
                "points": points[axis].values(),
            }
            for axis in names
        ],
        "fields": FIELDS,
        "severity": [state.value for state in SEVERITY],
        "marks": marks(),
        "categories": [category.value for category in Category],
        "became": _became(),
        "states": [state.value for state in State],
        "verdicts": [verdict.value for verdict in Verdict],
        "rows": index.rows,
        "diagnostic": index.diagnostic,
        "cells": cells,
        "keys": "".join(key(cell.id) for cell in index.entries),
        "words": {field: _column([row[field] for row in words]) for field in ("blame", "control", "evidence", "known")},
        "sides": sides.values(),
        "causes": causes.values(),
        "providers": providers.values(),
        "packages": locks.packages.values(),
        "locks": locks.values.values(),
        "runs": told,
    }


def _became() -> list[list[list[list[int]]]]:
    """Return what becomes of a cell, by its old and its new state, none of them first, and by whether it is alike.

    Three categories each, by number: as it is, where the new failure is declared, where the provider differs.
    """
    states = (None, *State)
    numbers = {one: number for number, one in enumerate(Category)}
    first, second = (Signature(type=name, frame="", message="") for name in "ab")

    def side(state: State, *, is_declared: bool = False, provider: str = "x", signature: Signature = first) -> Side:
        verdict = Verdict.EXPECTED_FAILURE if is_declared else Verdict.AS_EXPECTED
        return Side(state=state, verdict=verdict, signature=signature, provider=provider)

    def three(old: State | None, new: State | None, then: Signature) -> list[int]:
        before = side(old, signature=then) if old else None
        after = (
            side(new) if new else None,
            side(new, is_declared=True) if new else None,
            side(new, provider="y") if new else None,
        )
        return [numbers[category(before, one)] for one in after]

    return [[[three(old, new, second), three(old, new, first)] for new in states] for old in states]


class _Locks:
    def __init__(self) -> None:
        self.packages: Pool[str] = Pool()
        self.values: Pool[tuple[int, ...]] = Pool()

    def __getitem__(self, installed: Iterable[tuple[str, str]]) -> int:
        return self.values[tuple(self.packages[f"{name}=={version}"] for name, version in installed)]


def _column(values: Sequence[str]) -> dict[str, Any]:
    """Return a column of few different values."""
    pool: Pool[str] = Pool()
    numbers = [pool[value] for value in values]
    return {"names": pool.values(), "numbers": numbers}


def _cell(entry: Entry, names: Sequence[str], points: Mapping[str, Pool[tuple[str, str]]]) -> list[int]:
    values, exact = entry.cell.as_dict(), dict(entry.exact)
    return [points[axis][values[axis], exact.get(axis, "")] if axis in values else -1 for axis in names]


def _run(
    chapter: Chapter,
    index: Index,
    sides: Pool[tuple[int, int, int, int, int]],
    causes: Pool[tuple[str, str, str, str]],
    providers: Pool[str],
    locks: _Locks,
) -> dict[str, Any]:
    states, verdicts = list(State), list(Verdict)
    found = [-1] * len(index.entries)
    fresh = 0
    is_own = chapter is index.own
    for entry in chapter.entries if is_own else chapter.matrix:
        side = entry.side
        fresh += not entry.is_reused
        cause = -1
        if side.signature is not None and (side.state.is_failure or side.state is State.ERROR):
            cause = causes[side.signature.id, side.signature.type, side.signature.frame, side.signature.message]
        found[index.number[entry.cell]] = sides[
            states.index(side.state),
            verdicts.index(side.verdict),
            cause,
            providers[side.provider],
            locks[side.installed],
        ]
    return {
        "run": chapter.run,
        "started": chapter.started.isoformat(timespec="seconds"),
        "finished": chapter.finished.isoformat(timespec="seconds") if chapter.finished else None,
        "fresh": fresh,
        "sides": found,
    }
