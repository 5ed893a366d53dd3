"""A diagnosis as one JSON document."""

from __future__ import annotations

from dataclasses import dataclass

from harness.doctor.diagnosis import Diagnosis
from harness.doctor.finding import Finding, Fix
from harness.model import codec


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingDocument:
    """One finding; the first one is the cause."""

    cause: str  # its identifier
    path: str  # of the file that is to blame, relative to the project; empty if it is none
    line: int | None
    setting: str  # the setting, option or environment variable, empty if it is none
    evidence: str
    fix: str  # a unified diff, commands, or words
    confidence: str  # high, medium, low
    role: str  # cause, also
    title: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorDocument:
    """What `harness doctor --json` prints."""

    healthy: bool
    findings: tuple[FindingDocument, ...]
    command: tuple[str, ...]
    exit_code: int | None  # of the command, in the copy; null if it was not run
    healed: bool | None  # whether it passes in the copy with the fixes applied; null if that was not tried
    unexplained: tuple[str, ...]  # failures that no rule accounts for
    notes: tuple[str, ...]
    observed_s: float  # how long the command ran
    total_s: float


def document(found: Diagnosis) -> str:
    """Return the document's text."""
    return codec.dumps(
        DoctorDocument(
            healthy=found.is_healthy,
            findings=tuple(_finding(item, "also" if number else "cause") for number, item in enumerate(found.findings)),
            command=found.command,
            exit_code=found.exit_code,
            healed=found.is_healed,
            unexplained=tuple(f"{item.id}: {item.type}: {item.message[:500]}" for item in found.unexplained[:20]),
            notes=found.notes,
            observed_s=round(found.observed_s, 3),
            total_s=round(found.total_s, 3),
        )
    )


def _finding(item: Finding, role: str) -> FindingDocument:
    clue = item.clue
    return FindingDocument(
        cause=item.cause,
        path=clue.path,
        line=clue.line or None,
        setting=clue.setting,
        evidence=clue.evidence,
        fix=fix_text(clue.fix),
        confidence=clue.confidence.value,
        role=role,
        title=item.title,
        link=item.link,
    )


def fix_text(fix: Fix) -> str:
    """Return what to do as text: the diffs, the commands, else the words."""
    parts = [change.diff() for change in fix.changes]
    parts += [f"$ {command_text(words)}\n" for words in fix.commands]
    if fix.instead:
        parts.append(f"$ {command_text(fix.instead)}\n")
    return "".join(parts) or fix.words


def command_text(words: tuple[str, ...]) -> str:
    """Return a command as one types it."""
    import shlex

    return shlex.join("manage.py" if word == "{manage}" else word for word in words)
