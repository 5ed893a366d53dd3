"""What counts as failed in a cell that was reached: tests, tables, skips, exit codes."""

from __future__ import annotations

import fnmatch
import re

from harness.analysis.asked import Asked
from harness.analysis.signature import is_failing, representative
from harness.model.evidence import Evidence, Level, Outcome, TestResult
from harness.model.record import Ended, Runner, Trial
from harness.model.verdict import Observation, Signature, State

_REASON_CHARACTERS = 300
UNDECLARED_SKIP = "undeclared-skip"
"""The signature's type where a test was skipped that the canary does not declare."""
EXIT_CODE = "exit-code"
"""The signature's type where nothing but an exit code tells of a failure."""
_NOTHING_COLLECTED = 5


def failed(kind: str, reason: str, message: str = "") -> Observation:
    """Return a failure that no exception tells of; *message* tells failures of one kind apart."""
    return Observation(state=State.FAIL, reason=reason, signature=Signature(type=kind, frame="", message=message))


def unsupported_server(evidence: Evidence) -> str:
    """Return Django's words where it refused the server for its age, else an empty string."""
    for test in evidence.tests():
        failure = test.failure
        if failure and failure.type in _REFUSALS and (words := _TOO_OLD.search(failure.message)):
            return words.group().strip()
    return ""


# Django's check on connecting since 4.1 (`check_database_version_supported`), and SQLite's on import before that.
_REFUSALS = ("django.db.utils.NotSupportedError", "django.core.exceptions.ImproperlyConfigured")
_TOO_OLD = re.compile(r"[^\n]*\bor later is required \(found [^)\n]*\)\.?")


def what_failed(trial: Trial, asked: Asked) -> Observation | None:
    """Return the failure of a cell whose interpreter lived to its end, None if nothing failed."""
    return (
        _unprepared(trial)
        or _failed_tests(trial.evidence)
        or _missing_tables(trial.evidence, asked)
        or _no_tests(trial)
        or _exit_code(trial)
        or _skips(trial, asked)
    )


def _unprepared(trial: Trial) -> Observation | None:
    attempt = trial.attempt
    if attempt.ended is not Ended.UNPREPARED:
        return None
    return failed("unprepared", f"{attempt.message}; see its log", attempt.message)


def _failed_tests(evidence: Evidence) -> Observation | None:
    tests = evidence.tests()
    failing = [test for test in tests if is_failing(test)]
    if not failing:
        return None
    found = representative(failing)
    if found is None:
        return failed("unexplained", f"{failing[0].id} failed without saying why")
    signature, count = found
    first = next(test for test in failing if test.failure and representative([test]) == (signature, 1))
    assert first.failure is not None
    words = " ".join(f"{first.failure.type.removeprefix('builtins.')}: {first.failure.message}".split())
    return Observation(
        state=State.FAIL,
        reason=f"{len(failing)} of {len(tests)} failed: {words[:_REASON_CHARACTERS]}",
        signature=signature,
        failing=count,
    )


def _missing_tables(evidence: Evidence, asked: Asked) -> Observation | None:
    """A connection that a project left open to a database of its own says nothing about its tests."""
    databases = [seen for process in evidence.processes for seen in process.databases]
    counted = [seen for seen in databases if seen.is_test or asked.canary.project is None]
    missing = sorted({table for seen in counted for table in seen.missing})
    if not missing:
        return None
    return failed("tables-missing", f"tables missing: {', '.join(missing)}", ", ".join(missing))


def _no_tests(trial: Trial) -> Observation | None:
    """Only where the exit code does not say more: pytest ends with 5 when it found none."""
    if trial.evidence.level is Level.EXIT_CODE or trial.attempt.exit_code not in (0, _NOTHING_COLLECTED):
        return None
    processes = trial.evidence.processes
    for run in sorted({process.run for process in processes} - {process.run for process in processes if process.tests}):
        return failed("no-tests", f"no test ran (run {run})")
    return None


def _exit_code(trial: Trial) -> Observation | None:
    code = trial.attempt.exit_code
    if code == 0:
        return None
    silent = "" if trial.evidence.level is Level.OBSERVED else ", without a word from the probe"
    return failed(EXIT_CODE, f"no test failed, but it ended with code {code}{silent}; see its log", f"code {code}")


def _skips(trial: Trial, asked: Asked) -> Observation | None:
    """A control's skips are tests that were not compared; pytest's must be declared."""
    tests = trial.evidence.tests()
    skipped = [test for test in tests if test.outcome is Outcome.SKIPPED]
    if skipped and len(skipped) == len(tests):
        return failed("all-skipped", f"all {len(tests)} tests were skipped: {skipped[0].reason}")
    if trial.attempt.runner is not Runner.PYTEST or asked.canary.allow_skips:
        return None
    undeclared = [test for test in skipped if not _is_declared(test, trial, asked)]
    if not undeclared:
        return None
    first = undeclared[0]
    return failed(UNDECLARED_SKIP, f"{len(undeclared)} skipped undeclared: {first.id}: {first.reason}", first.id)


def _is_declared(test: TestResult, trial: Trial, asked: Asked) -> bool:
    return any(
        lack.when.holds(trial.attempt.cell, trial.attempt.exact_dict())
        and any(fnmatch.fnmatchcase(test.id, pattern) for pattern in lack.tests)
        for lack in asked.canary.lacks
    )
