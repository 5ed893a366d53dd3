"""What came of a reproduction, as text."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from harness.analysis.outside.compare import Answer
from harness.analysis.outside.view import Reproduction
from harness.model.verdict import Observation
from harness.report.style import glyph, plain

_WORDS = {
    Answer.SAME: ("the same came back", "green"),
    Answer.DIFFERENT: ("something else came back", "bold red"),
    Answer.UNCOMPARED: ("there is nothing to compare it with", "yellow"),
}


def outcome(found: Reproduction) -> RenderableType:
    """Return where the bundle lies, and what executing it came to."""
    lines: list[RenderableType] = [plain(f"note: {note}", "dim") for note in found.notes]
    if found.bundle:
        lines.append(plain(f"{found.bundle}: sh {found.bundle}/repro.sh"))
    if found.came is not None and found.answer is not None:
        words, style = _WORDS[found.answer]
        lines.append(Text(words, style).append_text(plain(f": {found.why}" if found.why else "")))
        if found.expected is not None:
            lines += _seen(f"run {found.run}", found.expected)
        lines += _seen("outside", found.came)
        lines.append(plain(f"  log: {found.log}", "dim"))
    return Group(*lines)


def _seen(where: str, seen: Observation) -> list[RenderableType]:
    reason = f": {' '.join(seen.reason.split())[:400]}" if seen.reason else ""
    lines: list[RenderableType] = [plain(f"  {where}: {glyph(seen.state)} {seen.state.value}{reason}")]
    if seen.signature is not None:
        place = f" in {seen.signature.frame}" if seen.signature.frame else ""
        lines.append(plain(f"    signature {seen.signature.id}: {seen.signature.type}{place}", "dim"))
    return lines
