"""Two runs compared, for the terminal: every change, what moved beside it, and numbers that add up."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.text import Text

from harness.analysis.compare import Category, Compared, Comparison, Side, TestChanges
from harness.analysis.locks import Moved
from harness.report.style import counted, plain

SHOWN = 3
"""Cells, and tests, shown of those that changed alike, unless everything is asked for."""

_STYLE = {
    Category.REGRESSED: "bold red",
    Category.FAILS_AS_DECLARED: "cyan",
    Category.CHANGED: "yellow",
    Category.BECAME_INDETERMINATE: "yellow",
    Category.BECAME_UNTESTABLE: "yellow",
    Category.BECAME_FLAKY: "yellow",
    Category.ANOTHER_PROVIDER: "yellow",
    Category.FIXED: "green",
    Category.NO_LONGER_FLAKY: "green",
}


def comparison(compared: Comparison, *, is_verbose: bool) -> RenderableType:
    """Return what a person reads; cells that changed in one way are one entry."""
    order = list(Category)
    shown = [one for one in compared.cells if one.category is not Category.SAME or one.tests.is_any]
    shown.sort(key=lambda one: (order.index(one.category), _likeness(one)))
    lines: list[RenderableType] = []
    for _, group in itertools.groupby(shown, key=lambda one: (one.category, _likeness(one))):
        lines += [*_entry(list(group), is_verbose=is_verbose), Text()]
    return Lines(*lines, headline(compared))


def headline(compared: Comparison) -> Text:
    """Return one line whose numbers add up to all cells of both runs."""
    line = Text()
    for category, count in compared.counts:
        if count:
            line.append(f"{count} {category.value}  ", _STYLE.get(category, ""))
    old, new = compared.old_cells, compared.new_cells
    line.append(
        f"(run {compared.old_run}: {counted(old, 'cell')}, run {compared.new_run}: {counted(new, 'cell')})", "dim"
    )
    return line


def _likeness(one: Compared) -> str:
    signature = one.new.signature.id if one.new and one.new.signature else ""
    return f"{_state(one.old)} {_state(one.new)} {signature} {one.moved} {one.tests}"


def _entry(group: Sequence[Compared], *, is_verbose: bool) -> Iterable[RenderableType]:
    first = group[0]
    head = Text(first.category.value, _STYLE.get(first.category, "bold"))
    head.append(f"  {counted(len(group), 'cell')}  {_state(first.old)} → {_state(first.new)}")
    side = first.new or first.old
    if side is not None and side.reason:
        head.append_text(plain(f"  {' '.join(side.reason.split())}"[:300]))
    yield head
    if first.moved:
        yield plain(f"  moved: {', '.join(map(move, first.moved))}")
    elif (
        first.old and first.new and first.category is not Category.SAME and first.old.installed and first.new.installed
    ):
        yield plain("  moved: nothing, the two locks are the same", "dim")
    yield from (plain(f"  {line}") for line in tests(first.tests))
    few = group if is_verbose else group[:SHOWN]
    yield from (plain(f"  {one.cell.id}", "dim") for one in few)
    if len(few) < len(group):
        yield Text(f"  and {counted(len(group) - len(few), 'more cell')} (-v lists them)", "dim")


def tests(changes: TestChanges) -> Iterable[str]:
    """Yield a line for each kind of change among the tests; a removed test is none of failing ones."""
    for name, ids in (
        ("regressed", changes.regressed),
        ("fixed", changes.fixed),
        ("new", changes.new),
        ("gone", changes.gone),
    ):
        if ids:
            more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
            yield f"tests {name}: {', '.join(ids[:SHOWN])}{more}"


def move(one: Moved) -> str:
    """Return ``name old → new``."""
    return f"{one.name} {one.old or '(not there)'} → {one.new or '(not there)'}"


def _state(side: Side | None) -> str:
    return side.state.value if side else "–"
