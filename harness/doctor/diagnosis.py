"""The doctor's answer."""

from __future__ import annotations

from dataclasses import dataclass

from harness.doctor.finding import Finding, Fix
from harness.doctor.trouble import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found in one project with one command."""

    is_healthy: bool
    findings: tuple[Finding, ...]  # the first one is the cause, the others are "also"
    command: tuple[str, ...]
    exit_code: int | None  # of the observed run; None without one
    fixes: tuple[Fix, ...] = ()  # of the findings that explain the failure, in the order in which they apply
    is_healed: bool | None = None  # whether the command passed in the copy with the fixes applied; None: not tried
    unexplained: tuple[Trouble, ...] = ()  # what fails and no rule accounts for
    control: str = ""  # what Django's own runner said of it
    notes: tuple[str, ...] = ()  # what could not be looked at, and why
    python: str = ""
    django: str = ""
    settings: str = ""
    settings_by: str = ""
    manage: str = ""
    roots: tuple[str, ...] = ()
    observed_s: float = 0.0  # of the observed run
    total_s: float = 0.0
