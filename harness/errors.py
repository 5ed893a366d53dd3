"""Every error that a user can cause: what failed, what to try, and the exit code.

Code below ``cli`` raises these; ``cli`` prints them without a traceback. Anything else that
escapes is a bug of the harness and ends with exit code 3.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of ``harness``. The worst of several wins in the order of `worst`."""

    OK = 0
    UNEXPECTED_FAILURE = 1
    INTERRUPTED = 2
    BUG = 3
    USAGE = 4
    NOTHING = 5
    INDETERMINATE = 10
    UNEXPECTED_PASS = 12


_SEVERITY = (
    ExitCode.OK,
    ExitCode.NOTHING,
    ExitCode.INDETERMINATE,
    ExitCode.UNEXPECTED_PASS,
    ExitCode.UNEXPECTED_FAILURE,
    ExitCode.USAGE,
    ExitCode.BUG,
    ExitCode.INTERRUPTED,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code that decides, `ExitCode.OK` for none."""
    return max(codes, key=_SEVERITY.index, default=ExitCode.OK)


class HarnessError(Exception):
    """Something a person can mend. ``str()`` is the whole message: what failed, where, what to try."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message}\n  try: {remedy}" if remedy else message)


class UsageError(HarnessError):
    """A command line or configuration that cannot mean anything."""


class NothingSelected(HarnessError):
    """The selection holds no cell; *is_provider_missing*: because no server could be had for one."""

    exit_code = ExitCode.NOTHING

    def __init__(self, message: str, *, remedy: str = "", is_provider_missing: bool = False) -> None:
        self.is_provider_missing = is_provider_missing
        super().__init__(message, remedy=remedy)


class Infrastructure(HarnessError):
    """The index, a disk, a container or a server failed: it says nothing about any cell."""

    exit_code = ExitCode.INDETERMINATE


class IndexUnreachable(Infrastructure):
    """The package index gave no answer."""


class Interrupted(HarnessError):
    """The user asked to stop; what is finished is kept."""

    exit_code = ExitCode.INTERRUPTED


def nearest(word: str, candidates: Iterable[str]) -> str:
    """Return the candidates that *word* may have meant as a phrase ("; nearest: a, b"), or an empty string."""
    names = sorted(set(candidates) - {word})
    found = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(found)}" if found else ""
