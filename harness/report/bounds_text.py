"""A search for lower bounds for the terminal: each dependency with its evidence, then the lines to change."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.text import Text

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.view import Row
from harness.analysis.bounds.view import BoundState, BoundsView, DependencyBound, Joint
from harness.report import bisect_text
from harness.report.style import counted, plain, seconds


def result(view: BoundsView, *, show: str) -> RenderableType:
    """Return what a person reads at the end; *show* is the beginning of the command that shows a record."""
    whose = "the dependencies" if view.is_project else "the package axes"
    parts: list[RenderableType] = [
        plain(f"lower bounds of {whose} of {view.canary}", "bold"),
        plain(f"  {view.cell}", "dim"),
    ]
    if view.newest.answer is not Answer.GOOD:
        parts += [
            plain("with the newest of everything it does not pass, so that no bound can be told:", "bold red"),
            bisect_text.table([view.newest]),
            _command(show, view.newest),
        ]
        parts.append(plain(f"not searched: {', '.join(one.name for one in view.bounds)}"))
    else:
        for one in view.bounds:
            parts += _bound(one, show)
    if view.joint is not None:
        parts += _joint(view.joint, show)
    parts += _change(view)
    known = f", {view.reused} known already" if view.reused else ""
    tail = (
        f"{counted(view.ran, 'run')}{known}, {seconds(view.duration_s)}  (run {view.run}, as of {view.as_of:%Y-%m-%d})"
    )
    return Lines(*parts, plain(tail, "dim"))


def _bound(one: DependencyBound, show: str) -> Iterator[RenderableType]:
    words, style = _verdict(one.state)
    line = Text()
    line.append_text(plain(one.name, "bold"))
    line.append_text(plain(f" {one.declared or '(no bound)'}: "))
    line.append(words, style)
    if one.proposed and one.proposed != one.declared:
        line.append_text(plain(f", {one.proposed} by the evidence"))
    yield line
    decisive = [one.rows[point] for point in (one.last_bad, one.first_good) if point is not None]
    if decisive:
        yield bisect_text.table(decisive)
    if one.signature is not None:
        frame = f"in {one.signature.frame}, " if one.signature.frame else ""
        yield plain(f"    {frame}signature {one.signature.id}", "dim")
    for row in decisive:
        yield _command(show, row)
    asked = sum(row.answer is not None for row in one.rows)
    if asked:
        yield plain(f"    {asked} of {counted(len(one.rows), 'release')} asked, {counted(one.runs, 'run')}", "dim")
    for note in one.notes:
        yield plain(f"    {note}", "dim")


def _verdict(state: BoundState) -> tuple[str, str]:
    match state:
        case BoundState.HOLDS:
            return "holds", "green"
        case BoundState.TOO_LOW:
            return "too low", "bold red"
        case BoundState.MISSING:
            return "missing", "bold red"
        case BoundState.UNDETERMINED:
            return "undetermined", "yellow"
        case _:
            assert_never(state)


def _joint(joint: Joint, show: str) -> Iterator[RenderableType]:
    yield plain("all bounds together", "bold")
    yield bisect_text.table([_named(joint)])
    yield _command(show, joint.row)
    for note in joint.notes:
        yield plain(f"    {note}", "dim")


def _named(joint: Joint) -> Row:
    return replace(joint.row, label=", ".join(f"{name} {version}" for name, version in joint.versions) or "unresolved")


def _change(view: BoundsView) -> Iterator[RenderableType]:
    """Yield the lines to change, as in a diff."""
    changed = [one for one in view.bounds if one.line and one.proposed != one.declared and _is_shown(one)]
    if not changed:
        return
    yield Text()
    yield plain("pyproject.toml, or where the dependencies are declared" if view.is_project else "proposed", "bold")
    for one in changed:
        if one.requirement:
            yield plain(f"- {one.requirement}", "red")
        yield plain(f"+ {one.line}", "green")
    yield Text()


def _is_shown(one: DependencyBound) -> bool:
    return not one.requirement or one.state in (BoundState.TOO_LOW, BoundState.MISSING)


def _command(show: str, row: Row) -> Text:
    return plain(f"    {show} {shlex.quote(row.cell)}" if row.cell else "", "dim")
