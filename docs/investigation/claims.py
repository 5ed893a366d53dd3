"""Claims held against what was observed: each check predicts something of cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from docs.investigation.rows import PYTEST_DJANGO, VARIED, Row

RUNNER, MODE = PYTEST_DJANGO, "plain"
"""Of a check or variant that names none."""
_SHOWN = {"applied": "migrations applied"}


class Truth(Enum):
    """What the observations leave of a claim."""

    TRUE = "true"
    FALSE = "false"
    IN_PART = "true in part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One prediction and what was observed where it was made."""

    of: str
    fact: str
    predicted: object
    seen: tuple[tuple[object, int], ...]  # values with the number of cells, most first
    holding: int
    cells: int

    @property
    def sentence(self) -> str:
        """Say what was predicted and what was seen."""
        name = _SHOWN.get(self.fact, self.fact)
        seen = ", ".join(f"{value} in {count} of {self.cells}" for value, count in self.seen)
        return f"{self.of}: predicts {name} {self.predicted}; observed {seen} cells"


def checks(claim: dict[str, Any], rows: Iterable[Row]) -> tuple[Check, ...]:
    """Return a claim's checks. ValueError where a check is about no cell: it would hold of nothing."""
    rows = tuple(rows)
    return tuple(_check(item, rows) for item in claim["check"])


def truth(found: Sequence[Check]) -> Truth:
    """Return what is left of a claim: all of its predictions, none of them, or some."""
    holding, cells = sum(check.holding for check in found), sum(check.cells for check in found)
    if holding == cells:
        return Truth.TRUE
    return Truth.IN_PART if holding else Truth.FALSE


def chosen(rows: Iterable[Row], item: dict[str, Any], canary: str) -> tuple[Row, ...]:
    """Return the rows of one canary that *item* asks for by ``mode``, ``runner`` and the axes that are varied."""
    return tuple(
        row
        for row in rows
        if row.canary == canary
        and row.mode == item.get("mode", MODE)
        and row.runner == item.get("runner", RUNNER)
        and all(value in _listed(item.get(axis, value)) for axis, value in zip(VARIED, row.at, strict=True))
        and not ("not" in item and _is_at(row, item["not"]))
    )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _is_at(row: Row, values: dict[str, str]) -> bool:
    return all(dict(zip(VARIED, row.at, strict=True))[axis] == value for axis, value in values.items())


def _check(item: dict[str, Any], rows: tuple[Row, ...]) -> Check:
    found = chosen(rows, item, item["canary"])
    if not found:
        raise ValueError(f"nothing was observed of: {item['of']}")
    ((fact, predicted),) = item["predicts"].items()
    values = [getattr(row.facts, fact) for row in found]
    counted = sorted(((value, values.count(value)) for value in set(values)), key=lambda pair: (-pair[1], str(pair[0])))
    return Check(
        of=item["of"],
        fact=fact,
        predicted=predicted,
        seen=tuple(counted),
        holding=values.count(predicted),
        cells=len(values),
    )
