"""What the advisor answers, in words."""

from __future__ import annotations

from typing import assert_never

from harness.analysis.advise import Advice


def answers() -> list[tuple[str, str, str, str]]:
    """Return each answer with the name of its colour, its glyph and its words."""
    return [(advice.value, *_said(advice)) for advice in Advice]


def _said(advice: Advice) -> tuple[str, str, str]:
    match advice:
        case Advice.YES:
            return "pass", "✓", "Yes, as far as seen: every cell with it passes."
        case Advice.NO:
            return "fail", "✗", "No: no cell with it passes."
        case Advice.DEPENDS:
            return "warn", "◐", "It depends: some cells with it pass, some fail."
        case Advice.UNTESTABLE:
            return "none", "∅", "It cannot be put together, or not be run."
        case Advice.PROBABLY:
            return "warn", "?", "Not tested as a whole. Each two of the values pass wherever they were tested together."
        case Advice.HARDLY:
            return "fail", "✗", "Not tested as a whole, and two of the values fail wherever they were tested together."
        case Advice.UNKNOWN:
            return "none", "?", "Not known: no cell with all of it decides."
        case _:
            assert_never(advice)
