"""What the doctor's rules said of a failing cell's canary: kept beside the attempt that they were asked about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reach(Enum):
    """Whom a cause concerns: what a control under Django's own runner can speak for or against."""

    PYTEST = "pytest"  # how pytest is configured: Django's own runner does not meet it
    TESTS = "tests"  # the tests, or what an earlier run left: either runner may meet it
    PROJECT = "project"  # settings, code or migrations: Django's own runner meets it, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A cause that a rule found."""

    cause: str  # the rule's identifier, a section of docs/doctor.md
    title: str
    evidence: str  # a sentence or two with the facts
    todo: str  # what to change, in words
    path: str = ""  # of the file to change, relative to the canary; empty if it is none of its files
    line: int = 0  # 0: the file as a whole
    setting: str = ""  # a setting, an option, an environment variable
    link: str = ""
    reach: Reach
    is_explaining: bool  # it accounts for the failure that was observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What the rules found; none of them may have."""

    doctor: str  # digest of rules and inspector: others may find more
    findings: tuple[Finding, ...] = ()  # the deepest that explains the failure first
    note: str = ""  # what could not be looked at, and why
