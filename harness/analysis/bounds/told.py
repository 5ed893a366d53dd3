"""Says what the answers about the releases of a dependency mean for its lower bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet

from harness.analysis.bisect.view import Row
from harness.analysis.bounds import specifier
from harness.analysis.bounds.search import Bound, bound
from harness.analysis.bounds.view import BoundState, DependencyBound
from harness.model.verdict import Signature

NAMED = 4
"""Releases named in one line."""
SHOWN = 300
"""Characters of a reason; those of uv are long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A dependency and what is known of it before anything is asked."""

    name: str
    requirement: str  # as declared; empty for an axis of the matrix
    declared: str  # its specifier
    is_axis_only: bool  # the specifier does not limit the history
    notes: tuple[str, ...] = ()
    trouble: str = ""  # why it cannot be searched


def told_of(
    question: Question, rows: tuple[Row, ...], signatures: Mapping[str, Signature], *, rounds: int
) -> DependencyBound:
    """Return what *rows* (the releases, oldest first) come to; *signatures* are by cell."""
    found = bound([row.answer for row in rows])
    state = _state(question, rows, found)
    proposed = _proposed(question, rows, found, state)
    bad = None if found.last_bad is None else rows[found.last_bad]
    return DependencyBound(
        name=question.name,
        requirement=question.requirement,
        declared=question.declared,
        proposed=proposed,
        line=specifier.requirement(question.requirement or question.name, proposed) if proposed else "",
        state=state,
        rows=rows,
        first_good=found.first,
        last_bad=found.last_bad,
        signature=None if bad is None else signatures.get(bad.cell),
        runs=sum(row.runs > 0 for row in rows),
        rounds=rounds,
        notes=(*([question.trouble] if question.trouble else []), *_notes(rows, found), *question.notes),
    )


def _state(question: Question, rows: Sequence[Row], found: Bound) -> BoundState:
    if question.trouble or found.first is None:
        return BoundState.UNDETERMINED
    if not specifier.has_lower(question.declared):
        return BoundState.MISSING
    if found.first <= (lowest := _lowest_allowed(question, rows)):
        return BoundState.HOLDS
    is_refuted = found.last_bad is not None and found.last_bad >= lowest
    return BoundState.TOO_LOW if is_refuted else BoundState.UNDETERMINED


def _lowest_allowed(question: Question, rows: Sequence[Row]) -> int:
    """Return the position of the lowest release that the declaration allows."""
    allowed = SpecifierSet(question.declared)
    return next((n for n, row in enumerate(rows) if allowed.contains(row.label, prereleases=True)), 0)


def _proposed(question: Question, rows: Sequence[Row], found: Bound, state: BoundState) -> str:
    if found.first is None or question.trouble:
        return ""
    if state is BoundState.HOLDS and not question.is_axis_only:
        return question.declared
    return specifier.proposed(question.declared, rows[found.first].label)


def _notes(rows: Sequence[Row], found: Bound) -> list[str]:
    if found.first is None:
        return []
    notes = []
    if found.last_bad is not None and found.below:
        passing = _some([rows[point] for point in found.below])
        notes.append(f"not monotonic: below {rows[found.last_bad].label}, which fails, there are good ones: {passing}")
    if found.between:
        why = next((row for row in map(rows.__getitem__, reversed(found.between)) if row.reason), None)
        reason = f" ({_brief(why.reason)})" if why is not None else ""
        notes.append(
            f"below it, and nothing could be learnt: {_some([rows[point] for point in found.between])}{reason}"
        )
    if found.untried:
        notes.append(f"below it, and not asked: {found.untried} more")
    if found.unasked:
        notes.append(f"above it, and not asked: {len(found.unasked)}; a failure among them would not show")
    return notes


def _brief(reason: str) -> str:
    """Return the beginning of a reason in one line."""
    words = " ".join(reason.split())
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"


def _some(rows: Sequence[Row]) -> str:
    labels = [row.label for row in rows]
    if len(labels) <= NAMED:
        return ", ".join(labels)
    return f"{labels[0]} … {labels[-1]} ({len(labels)} releases)"
