"""Where an option of the command is given: the command line, the environment, or a configuration file."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from harness.doctor.case import Case
from harness.doctor.edit import remove_words
from harness.doctor.finding import Change
from harness.doctor.pytest_config import line_of, words

COMMAND_LINE = "(command line)"
ENVIRONMENT = "(environment)"
ADDOPTS = "PYTEST_ADDOPTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An option with the place that gives it."""

    flag: str
    path: str
    line: int = 0
    setting: str = ""

    @property
    def where(self) -> str:
        """Return the place in words."""
        if self.path == COMMAND_LINE:
            return "on the command line"
        return f"in {self.setting}" if self.path == ENVIRONMENT else f"in {self.path}:{self.line}"


def given(case: Case, *flags: str) -> Given | None:
    """Return the place of the last of these flags; None if none of them is given."""

    def holds(items: tuple[str, ...]) -> str:
        return next((word for word in reversed(items) if word.partition("=")[0] in flags), "")

    if flag := holds(case.command.args):
        return Given(flag=flag, path=COMMAND_LINE, setting=flag)
    if not case.is_pytest:
        return None
    if flag := holds(words(case.environ.get(ADDOPTS, ""))):
        return Given(flag=flag, path=ENVIRONMENT, setting=ADDOPTS)
    ini = case.pytest.ini
    if ini is not None and (flag := holds(case.pytest.addopts)):
        pattern = rf"(?<![\w-]){re.escape(flag)}(?![\w-])"
        return Given(flag=flag, path=ini.path, line=line_of(case.tree, ini.path, pattern), setting=flag)
    return None


def removal(case: Case, found: Given, *flags: str) -> tuple[Change, ...]:
    """Return the change that takes flags out of the configuration file; none where they are given elsewhere."""
    ini = case.pytest.ini
    change = remove_words(case.tree, ini, *flags) if ini is not None and found.path == ini.path else None
    return (change,) if change is not None else ()


def environ_without(case: Case, option: str, value: str) -> str | None:
    """Return the variable's words without an option and its value; None if it does not give them."""
    items = words(case.environ.get(ADDOPTS, ""))
    for number, word in enumerate(items):
        if word == f"{option}{value}":
            return shlex.join((*items[:number], *items[number + 1 :]))
        if word == option and items[number + 1 : number + 2] == (value,):
            return shlex.join((*items[:number], *items[number + 2 :]))
    return None


def command_with(case: Case, *more: str, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the failing command with further words, and without some."""
    variables = tuple(f"{name}={value}" for name, value in case.command.variables)
    return (*variables, *(word for word in case.command.words if word not in without), *more)
