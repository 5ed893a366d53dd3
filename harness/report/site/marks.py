"""How a state looks on a page: a glyph, a word, and the name of a colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from harness.analysis.fitness import Fitness, ValueFitness
from harness.analysis.grid import Square
from harness.model.verdict import State, Verdict
from harness.report.style import glyph


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Never colour alone."""

    glyph: str
    word: str
    tone: str  # a class of site.css


def mark(state: State, *, is_expected: bool = False, verdict: Verdict | None = None) -> Mark:
    """Return the mark of a state; *is_expected*: what fails is declared to."""
    if verdict is not None:
        is_expected = verdict is Verdict.EXPECTED_FAILURE
    if verdict is Verdict.UNEXPECTED_PASS:
        return Mark(glyph="✓", word="passes, declared to fail", tone="odd")
    if state.is_failure and is_expected:
        return Mark(glyph=glyph(state), word=f"{state.value}, declared", tone="known")
    return Mark(glyph=glyph(state), word=state.value, tone=_tone(state))


def marks() -> dict[str, tuple[str, str, str]]:
    """Return every mark by its state, and by state and verdict where that makes a difference."""
    found = {state.value: mark(state) for state in State}
    for state in State:
        for verdict in Verdict:
            if (one := mark(state, verdict=verdict)) != found[state.value]:
                found[f"{state.value} {verdict.value}"] = one
    return {name: (one.glyph, one.word, one.tone) for name, one in found.items()}


def _tone(state: State) -> str:
    match state:
        case State.PASS:
            return "pass"
        case State.FAIL | State.TIMEOUT | State.CRASH:
            return "fail"
        case State.FLAKY | State.ERROR:
            return "warn"
        case State.UNRESOLVABLE | State.UNSUPPORTED | State.NOT_RUN:
            return "none"
        case _:
            assert_never(state)


def square_mark(square: Square) -> Mark:
    """Return the mark of the worst of a square's cells."""
    return mark(square.worst, is_expected=square.is_expected)


def fitness_mark(value: ValueFitness) -> Mark:
    """Return the mark of what a value of an axis comes to."""
    bad = "fail" if value.unexpected else "known"
    match value.fitness:
        case Fitness.WORKS:
            return Mark(glyph="✓", word="works", tone="pass")
        case Fitness.PARTLY:
            return Mark(glyph="◐", word="fails in part", tone=bad)
        case Fitness.FAILS:
            return Mark(glyph="✗", word="fails", tone=bad)
        case Fitness.UNKNOWN:
            return Mark(glyph="?", word="not known", tone="none")
        case _:
            assert_never(value.fitness)
