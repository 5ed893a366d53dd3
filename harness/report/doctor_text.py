"""A diagnosis as text: the cause first, in plain words."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from harness.doctor.diagnosis import Diagnosis
from harness.doctor.finding import Finding
from harness.report.doctor_json import fix_text
from harness.report.style import counted, plain, seconds

SHOWN = 3
DIFF_LINES = 40


def diagnosis(found: Diagnosis, *, is_verbose: bool) -> RenderableType:
    """Return what a person reads."""
    parts: list[RenderableType] = []
    if found.is_healthy:
        words = "nothing that fails by itself was read" if found.exit_code is None else "the command passes"
        parts.append(plain(f"healthy: {words}, and nothing does harm", "green"))
    for number, item in enumerate(found.findings):
        parts += _finding(item, is_cause=number == 0, is_verbose=is_verbose)
    if not found.is_healthy and (not found.findings or found.unexplained):
        parts += _unexplained(found, is_verbose=is_verbose)
    parts += _footer(found)
    return Group(*parts)


def _finding(item: Finding, *, is_cause: bool, is_verbose: bool) -> list[RenderableType]:
    clue = item.clue
    where = f"{clue.path}:{clue.line}" if clue.line else clue.path
    place = ", ".join(part for part in (where, clue.setting) if part)
    head = Text("cause: " if is_cause else "also:  ", "bold red" if is_cause else "yellow")
    head.append_text(plain(item.title, "bold")).append_text(plain(f"  [{item.cause}]", "dim"))
    lines: list[RenderableType] = [head]
    if place:
        lines.append(plain(f"  {place}", "cyan"))
    lines.append(plain(f"  {clue.evidence}"))
    lines.append(plain(f"  to do: {clue.fix.words}", "bold" if is_cause else ""))
    if is_cause or is_verbose:
        change = fix_text(clue.fix)
        shown = change.splitlines() if change != clue.fix.words else []
        limit = None if is_verbose else DIFF_LINES
        lines += [plain(f"    {line}", _colour(line)) for line in shown[:limit]]
        if limit and len(shown) > limit:
            lines.append(Text(f"    and {counted(len(shown) - limit, 'more line')} (-v shows them)", "dim"))
    lines.append(plain(f"  confidence: {clue.confidence.value} · {item.link}", "dim"))
    return [*lines, Text()]


def _colour(line: str) -> str:
    if line.startswith("+") and not line.startswith("+++"):
        return "green"
    return "red" if line.startswith("-") and not line.startswith("---") else "dim"


def _unexplained(found: Diagnosis, *, is_verbose: bool) -> list[RenderableType]:
    lines: list[RenderableType] = [Text(_what_is_open(found), "bold")]
    limit = None if is_verbose else SHOWN
    for item in found.unexplained[:limit]:
        at = f" ({item.at.file}:{item.at.line})" if item.at else ""
        lines.append(plain(f"  {item.id}: {item.type}: {' '.join(item.message.split())[:300]}{at}"))
    if found.control:
        lines.append(plain(f"  {found.control}"))
    return [*lines, Text()]


def _what_is_open(found: Diagnosis) -> str:
    if found.findings:
        return "what fails besides:"
    return (
        "the project cannot be loaded" if found.exit_code is None else "the command fails, and no rule accounts for it"
    )


def _footer(found: Diagnosis) -> list[RenderableType]:
    lines: list[RenderableType] = [plain(f"note: {note}", "yellow") for note in found.notes]
    if found.is_healed is not None:
        words = (
            "with this applied, the command passes in the copy"
            if found.is_healed
            else "with this applied, it still fails"
        )
        lines.append(plain(words, "green" if found.is_healed else "yellow"))
    settings = f"settings {found.settings} ({found.settings_by})" if found.settings else "no settings module named"
    parts = [f"Django {found.django or '?'}", settings, found.python]
    if found.exit_code is not None:
        parts.append(f"the command ended with {found.exit_code} after {seconds(found.observed_s)}")
    lines.append(plain(" · ".join(parts), "dim"))
    return lines


def applied(said: tuple[str, ...]) -> RenderableType:
    """Return what was done to the project."""
    return Group(*(plain(f"applied: {line}", "green") for line in said))
