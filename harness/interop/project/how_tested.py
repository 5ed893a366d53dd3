"""How a project's tests are run: the command, as its configuration and its files have it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from harness.interop.project import hints
from harness.interop.project.files import Files

_SHELL = re.compile(r"[{}$`<>|&;*\\]|\.\.\.")
_RUNNER = re.compile(r"(?:tests?/)?run_?tests\.py")


class Runner(Enum):
    """What runs the tests."""

    PYTEST = "pytest"
    SCRIPT = "runtests.py"
    MANAGE = "manage.py test"
    DJANGO = "django-admin test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known before the command is decided."""

    pytest_section: str  # the file that configures pytest, empty if none does
    manage: str  # manage.py, empty if there is none
    requirements: frozenset[str]  # normalised names of all that the project requires anywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class HowTested:
    """The command and why it is that one."""

    runner: Runner
    line: str  # empty: to be made of the runner and the settings
    because: str


def find(files: Files, asked: Asked) -> HowTested:
    """Return how the tests are run: pytest's own configuration first, then what tox or CI run, then what lies there."""
    told = list(hints.commands(files))
    if asked.pytest_section:
        return HowTested(runner=Runner.PYTEST, line="", because=f"{asked.pytest_section} configures pytest")
    for line, path in told:
        runner = _runner(line)
        if runner is not None and _is_there(files, runner, asked):
            return HowTested(runner=runner, line="" if _SHELL.search(line) else line, because=f"{path} runs it")
    if {"pytest-django", "pytest"} & asked.requirements:
        return HowTested(runner=Runner.PYTEST, line="", because="pytest is among the requirements")
    if script := next((path for path in files.paths if _RUNNER.fullmatch(path)), ""):
        return HowTested(runner=Runner.SCRIPT, line=f"python {script}", because=f"{script} lies there")
    if asked.manage:
        return HowTested(runner=Runner.MANAGE, line="", because=f"{asked.manage} lies there")
    return HowTested(runner=Runner.DJANGO, line="", because="there is neither pytest's configuration nor a manage.py")


def _runner(line: str) -> Runner | None:
    if re.search(r"\bpytest\b", line):
        return Runner.PYTEST
    if re.search(r"run_?tests\.py", line):
        return Runner.SCRIPT
    if "manage.py test" in line:
        return Runner.MANAGE
    return Runner.DJANGO if "django" in line else None


def _is_there(files: Files, runner: Runner, asked: Asked) -> bool:
    match runner:
        case Runner.SCRIPT:
            return any(_RUNNER.fullmatch(path) for path in files.paths)
        case Runner.MANAGE:
            return bool(asked.manage)
        case _:
            return True


def has_tests(files: Files) -> bool:
    """Tell whether some file looks like tests."""
    return any(map(is_test, files.paths))


def is_test(path: str) -> bool:
    """Tell whether a file looks like tests by its name."""
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (
        name in ("tests.py", "test.py")
        or name.startswith(("test_", "tests_"))
        or name.endswith(("_test.py", "_tests.py"))
    )
