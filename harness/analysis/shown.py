"""Whether the evidence shows that a cell tested what it says (DESIGN, rules 1, 5 and 11)."""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

from harness.analysis.asked import Asked
from harness.model.cell import PYTHON
from harness.model.evidence import JUNIT, Level, ProcessEvidence
from harness.model.record import Runner, Trial
from harness.model.spec import CanarySpec, Engine, Injection

INJECTED = "harness_settings"
"""What a project's settings module is called where the cell's databases are put into it."""
_ALWAYS_IMPORTED = {
    Runner.PYTEST.value: ("django", "pytest", "pytest-django"),
    Runner.DJANGO.value: ("django",),
}


def mismatch(trial: Trial, asked: Asked) -> str:
    """Return how what ran differs from what was asked for, naming both; an empty string if it does not.

    What nobody reported is not a mismatch: a crash may have come first. `unshown` sees to it.
    """
    wanted = trial.attempt.exact_dict()
    for process in trial.evidence.processes:
        if PYTHON in wanted and not _is_same(wanted[PYTHON], process.python):
            return f"the cell asks for Python {wanted[PYTHON]}, but {process.python} ran"
        for found in process.imported:
            if found.name in wanted and not _is_same(wanted[found.name], found.version):
                came = f"{found.version} was imported" if found.version else "what ran does not have it"
                return f"the cell asks for {found.name} {wanted[found.name]}, but {came}"
            # what lies in the environment is reported relative to it
            if found.name in wanted and found.is_imported and found.path.startswith("/"):
                return f"{found.name} was imported from {found.path}, not from the cell's environment"
        if process.runner == JUNIT:
            continue
        if reason := _other_settings(process, asked):
            return reason
        for seen in process.databases:
            if reason := _wrong_server(asked, vendor=seen.vendor, answer=seen.version, name=seen.name):
                return f"{reason} (alias {seen.alias})"
    return _wrong_server(asked, vendor="", answer=trial.attempt.server_version, name="")


def _other_settings(process: ProcessEvidence, asked: Asked) -> str:
    """Tell if another settings module was in force; xdist's workers are told theirs by the controller."""
    seen = process.settings
    wanted = _settings(asked.canary)
    if seen is None or not seen.module or process.worker or not wanted or seen.module in wanted:
        return ""
    return f"the canary's settings are {asked.canary.settings}, but {seen.module} was in force (by {seen.chosen_by})"


def _settings(canary: CanarySpec) -> tuple[str, ...]:
    """Return the settings modules that may be in force; none is said where a project's own configuration says it."""
    is_injected = canary.project is not None and canary.project.inject is Injection.SETTINGS
    return (INJECTED,) if is_injected else tuple(filter(None, (canary.settings,)))


def unshown(trial: Trial, asked: Asked) -> str:
    """Return what a pass would need to be shown and was not; an empty string if everything was.

    Of a project's command that cannot be observed, its exit code is all there is to know; such cells are counted apart.
    """
    seen = trial.evidence
    if seen.level is Level.EXIT_CODE:
        if not asked.is_observable and trial.attempt.runner is Runner.PYTEST:
            return ""
        return f"it ended with code {trial.attempt.exit_code}, but the probe said nothing: no evidence"
    if seen.problems:
        return f"evidence that cannot be read: {seen.problems[0]} ({len(seen.problems)} such)"
    for process in seen.processes:
        if process.is_distributing or process.is_blind or process.runner == JUNIT:
            continue
        if reason := _unreported(trial, process):
            return f"{reason} (run {process.run}{f', worker {process.worker}' if process.worker else ''})"
    return _unseen_tests(trial)


def _unreported(trial: Trial, process: ProcessEvidence) -> str:
    imported = {found.name: found for found in process.imported}
    for name, version in trial.attempt.exact:
        if name != PYTHON and name not in imported:
            return f"{name} {version} was asked for, but not reported"
    for name in _ALWAYS_IMPORTED.get(process.runner, ()):
        if name in imported and not imported[name].is_imported:
            return f"{name} is installed, but was not imported"
    return ""


def _unseen_tests(trial: Trial) -> str:
    """Compare what pytest collected with what reported back; Django's runner counts subtler things."""
    if trial.attempt.runner is not Runner.PYTEST or trial.evidence.level is Level.JUNIT:
        return ""
    for run in sorted({process.run for process in trial.evidence.processes}):
        processes = [
            process
            for process in trial.evidence.processes
            if process.run == run and process.runner == Runner.PYTEST.value
        ]
        collected = max((process.collected or 0 for process in processes), default=0)
        reported = sum(test.phase != "collect" for process in processes for test in process.tests)
        if reported < collected:
            return f"{collected} tests were collected, but {reported} reported back (run {run})"
    return ""


def _is_same(wanted: str, found: str) -> bool:
    try:
        return Version(wanted) == Version(found.removesuffix("+"))
    except InvalidVersion:
        return wanted == found


def _wrong_server(asked: Asked, *, vendor: str, answer: str, name: str) -> str:
    """Hold a server's answer against the database that was asked for; what is empty is not looked at."""
    database = asked.database
    is_mariadb = "mariadb" in answer.lower()
    match database.engine:
        case Engine.SQLITE:
            is_memory = ":memory:" in name or "mode=memory" in name
            is_ours = asked.canary.project is None  # where a project keeps its own file, it is no other answer
            if (
                name
                and is_ours
                and database.version in ("memory", "file")
                and is_memory != (database.version == "memory")
            ):
                return f"the cell asks for SQLite in {database.version}, but {name} was used"
            wrong_vendor = vendor not in ("", "sqlite")
        case Engine.POSTGRESQL:
            wrong_vendor = vendor not in ("", "postgresql")
        case Engine.MARIADB:
            wrong_vendor = vendor not in ("", "mysql", "mariadb") or bool(vendor and answer and not is_mariadb)
        case Engine.MYSQL:
            wrong_vendor = vendor not in ("", "mysql") or is_mariadb
    if wrong_vendor:
        return f"the cell asks for {database.engine.value}, but {vendor or 'the server'} {answer} answered"
    if database.engine is Engine.SQLITE or not (database.version and answer):
        return ""
    if _is_prefix(database.version, answer):
        return ""
    return f"the cell asks for {database.name}, version {database.version}, but the server says {answer}"


def _is_prefix(wanted: str, answer: str) -> bool:
    """Tell whether the server's answer begins with the version asked for, by whole components."""
    # MariaDB puts 5.5.5- before its version for the sake of old replicas.
    found = _VERSION.search(answer.removeprefix("5.5.5-"))
    parts = found.group().split(".") if found else []
    return parts[: len(wanted.split("."))] == wanted.split(".")


_VERSION = re.compile(r"\d+(?:\.\d+)*")
