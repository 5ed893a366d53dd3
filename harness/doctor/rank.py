"""Puts findings in order: at most one is the cause, the others are "also"."""

from __future__ import annotations

from collections.abc import Iterable

from harness.doctor.case import Case
from harness.doctor.finding import Finding
from harness.doctor.registry import table


def findings(case: Case) -> tuple[Finding, ...]:
    """Return what the rules find in a case, the deepest that explains its failures first, each cause once.

    A command that passes leaves only what does harm all the same; without a run only what is certain counts.
    """
    found = [finding for rule in table().values() for finding in rule.findings(case)]
    if case.run is None:
        found = [finding for finding in found if finding.clue.is_certain]
    elif case.run.has_passed:
        found = [finding for finding in found if finding.clue.is_harmful]
    return ordered(found)


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in order, each cause once."""
    ranked = sorted(found, key=lambda item: (not item.clue.is_explaining, -item.depth, item.cause))
    once: dict[str, Finding] = {}
    for finding in ranked:
        once.setdefault(finding.cause, finding)
    return tuple(once.values())
