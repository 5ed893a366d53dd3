"""A plan as text."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.text import Text

from harness.model.plan import Coverage, LeftOut, Why
from harness.model.spec import Strength
from harness.plan.view import PlanView, ShardView
from harness.report.style import counted, plain, seconds

_TUPLES = {Strength.EACH: "values", Strength.PAIRS: "pairs", Strength.TRIPLES: "triples", Strength.FULL: "cells"}


def plan(view: PlanView) -> RenderableType:
    """Return the cells, what is left out with the reason, the coverage and the estimated time."""
    parts: list[RenderableType] = [plain(cell) for cell in view.cells]
    if view.left_out:
        parts += [Text(), Text("left out", "bold"), *left_out(view.left_out)]
    parts += [Text(), *coverage(view.coverage)]
    about = f", about {seconds(view.estimate_s)} with {view.jobs} at a time" if view.estimate_s is not None else ""
    parts.append(Text(f"{len(view.cells)} of {counted(view.product, 'cell')}{about}", "bold"))
    parts += shards(view.shards)
    parts += [plain(warning, "yellow") for warning in view.warnings]
    parts.append(Text(f"as of {view.as_of:%Y-%m-%d %H:%M} UTC", "dim"))
    return Group(*parts)


def shards(views: tuple[ShardView, ...]) -> list[RenderableType]:
    """Return a line a shard: its cells, how long they may take, and the servers that it starts."""
    return [
        plain(
            f"shard {view.shard}: {counted(len(view.cells), 'cell')}"
            + (f", about {seconds(view.about_s)} on {', '.join(view.databases)}" if view.cells else "")
        )
        for view in views
    ]


def left_out(items: tuple[LeftOut, ...]) -> list[RenderableType]:
    """Return a line a reason, those of this machine first."""
    lines: list[RenderableType] = []
    for item in sorted(items, key=lambda item: (not item.nogood.why.is_of_this_machine, item.nogood.why.value)):
        nogood = item.nogood
        values = " ".join(f"{axis}={value}" for axis, value in nogood.values)
        line = plain(f"  {nogood.why.value:<18} {values}  ")
        line.append(f"({counted(item.cells, 'cell')})  ", "dim")
        detail = nogood.detail.strip()
        if nogood.why in (Why.UNRESOLVABLE, Why.NOT_BUILT):
            lines += [line, plain("\n".join(f"      {part}" for part in detail.splitlines()), "dim")]
        else:
            line.append_text(plain(detail, "dim"))
            lines.append(line)
        if nogood.remedy:
            lines.append(plain(f"      try: {nogood.remedy}", "yellow"))
    return lines


def coverage(measured: Coverage) -> list[RenderableType]:
    """Return "433/433 pairs", and what is missing by reason."""
    what = _TUPLES[measured.strength]
    lines: list[RenderableType] = [Text(f"{measured.covered}/{measured.feasible} {what}", "bold")]
    for reason, count in sorted(Counter(reason for _, reason in measured.missing).items()):
        lines.append(plain(f"  {count} not covered: {reason}", "yellow"))
    return lines
