"""How states, verdicts and untrusted text look in a terminal."""

from __future__ import annotations

import unicodedata
from typing import assert_never

from rich.text import Text

from harness.model.verdict import State, Verdict


def glyph(state: State) -> str:
    """Return one character for a state, readable without colour."""
    match state:
        case State.PASS:
            return "✓"
        case State.FAIL:
            return "✗"
        case State.FLAKY:
            return "≈"
        case State.TIMEOUT:
            return "◷"
        case State.CRASH:
            return "☠"
        case State.ERROR:
            return "!"
        case State.UNRESOLVABLE:
            return "∅"
        case State.UNSUPPORTED:
            return "–"
        case State.NOT_RUN:
            return "·"
        case _:
            assert_never(state)


def colour(state: State, verdict: Verdict) -> str:
    """Return the rich style of a state under a verdict: only a pass that was expected is green."""
    match verdict:
        case Verdict.UNEXPECTED_FAILURE:
            return "bold red"
        case Verdict.UNEXPECTED_PASS:
            return "bold magenta"
        case Verdict.INDETERMINATE:
            return "yellow"
        case Verdict.EXPECTED_FAILURE:
            return "cyan"
        case Verdict.AS_EXPECTED:
            return "green" if state is State.PASS else "dim"
        case _:
            assert_never(verdict)


def printable(text: str) -> str:
    """Return *text* with every character that could steer a terminal made visible (DESIGN rule 10)."""
    if text.isprintable():  # most are; it is quick to tell
        return text
    return "\n".join(line if line.isprintable() else _visible(line) for line in text.split("\n"))


def _visible(line: str) -> str:
    return "".join(
        char
        if char == "\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        else f"\\u{ord(char):04x}"
        for char in line
    )


def plain(text: str, style: str = "") -> Text:
    """Return untrusted text: no markup is read in it."""
    return Text(printable(text), style=style)


def seconds(value_s: float) -> str:
    """Return a duration for a person: ``0.4 s``, ``12 s``, ``3 min 05 s``."""
    if round(value_s, 1) < 10:
        return f"{value_s:.1f} s"
    if round(value_s) < 60:
        return f"{value_s:.0f} s"
    minutes, rest = divmod(round(value_s), 60)
    return f"{minutes} min {rest:02d} s"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 cell``, ``2 cells``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
