"""What a bisection found, in sentences: for the terminal and for Markdown alike."""

from __future__ import annotations

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.intervals import Change, Interval
from harness.analysis.bisect.view import BisectView, Culprit, Row
from harness.analysis.locks import Moved
from harness.model.cell import DATABASE, DATE, PYTHON
from harness.model.verdict import State
from harness.report.style import counted


def subject(view: BisectView) -> str:
    """Return what was searched."""
    names = {DATE: "the day", PYTHON: "Python", DATABASE: "PostgreSQL"}
    return names.get(view.axis, view.axis)


def noun(view: BisectView) -> str:
    """Return what a point is called."""
    return {DATE: "day", PYTHON: "interpreter"}.get(view.axis, "release")


def found(view: BisectView) -> tuple[str, ...]:
    """Return a sentence for each bad stretch, or that nothing changes."""
    if view.intervals and view.changes:
        return tuple(_stretch(view, interval) for interval in view.intervals)
    answer = next((row.answer for row in view.rows if row.answer is not None and row.answer.is_known), None)
    if answer is None:
        return ("no answer was found",)
    return (f"no change was found: every {noun(view)} that was asked is {answer.value}",)


def _stretch(view: BisectView, interval: Interval) -> str:
    start, end = interval.introduced, interval.fixed
    is_refusal = view.bad_state in (State.UNSUPPORTED, State.UNRESOLVABLE)
    accepted = "accepted" if view.bad_state is State.UNSUPPORTED else "resolvable"
    into, out = (f"{view.bad_state.value} since", f"{accepted} since") if is_refusal else ("introduced in", "fixed in")
    first = _change(view, into, start) if start else f"bad from {view.rows[0].label} or before"
    if is_refusal and not start:
        first = f"{view.bad_state.value} in {view.rows[0].label}"
    last = _change(view, out, end) if end else f"still so in {view.rows[-1].label}"
    is_last = start is not None and end is None and start.after == len(view.rows) - 1
    told = first if is_last else f"{first}, {last}"
    return told if view.axis == DATE else f"{subject(view)}: {told}"


def _change(view: BisectView, verb: str, change: Change) -> str:
    labels = [view.rows[point].label for point in change.between]
    if change.is_exact:
        return f"{verb} {view.rows[change.after].label}"
    return f"{verb} one of {', '.join((*labels, view.rows[change.after].label))}"


def how_sure(view: BisectView) -> tuple[str, ...]:
    """Return what the result rests on: guarantee, windows, noise."""
    lines = []
    if view.stride is None:
        lines.append("taken for granted: a single change between the ends (--sweep looks for more)")
    elif view.stride == 1:
        lines.append(f"guaranteed: no {noun(view)} that can be judged was left out")
    else:
        lines.append(f"guaranteed: no stretch of {view.stride} {noun(view)}s or more was missed")
    if any(not change.is_exact for change in view.changes):
        lines.append(f"a window: what lies inside could not be judged ({unknowns(view)})")
    if view.sureness is not None:
        lines.append(
            f"noisy: a bad {noun(view)} fails in about {view.sureness.rate:.0%} of its runs;"
            f" that none called good is bad: {view.sureness.confidence:.1%}"
        )
    return tuple(lines)


def unknowns(view: BisectView) -> str:
    """Return the points inside of windows with the reason for each."""
    inside = [view.rows[point] for change in view.changes for point in change.between]
    return "; ".join(f"{row.label}: {why(row)}" for row in inside if row.answer is not None)


def why(row: Row) -> str:
    """Return what a point came to, in one line."""
    reason = " ".join(row.reason.split())
    state = row.state.value if row.state else ""
    if row.answer is Answer.OTHER:
        state = f"another failure, {state}"
    return ": ".join(part for part in (state, reason) if part) if row.answer is not Answer.GOOD else state or reason


def effort(view: BisectView) -> str:
    """Return what it took."""
    known = f", {view.reused} known already" if view.reused else ""
    promised = ""
    if view.promised is not None:
        promised = f"; promised for {counted(view.steps, 'step')}: {counted(view.promised, 'round')} beside the ends"
        promised += f" of at most {view.workers}" if view.workers > 1 else ""
    return f"{counted(view.ran, 'run')}{known}, {counted(view.rounds, 'round')}{promised}"


def culprit(found: Culprit) -> tuple[str, ...]:
    """Return what changed between the two days, the guilty first."""
    if found.guilty == found.moved and len(found.moved) == 1:
        return (f"{move(found.moved[0])} is all that changed between the two days",)
    names = ", ".join(move(one) for one in found.guilty)
    lines = [f"{names}: {'enough' if len(found.guilty) == 1 else 'needed together, and enough'}"]
    others = [move(one) for one in found.moved if one not in found.guilty]
    if others:
        lines.append(f"changed as well, and not to blame: {', '.join(others)}")
    return (*lines, f"isolated in {counted(found.tried, 'mixture')} of the two locks")


def move(one: Moved) -> str:
    """Return ``name old → new``."""
    return f"{one.name} {one.old or '(not there)'} → {one.new or '(not there)'}"
