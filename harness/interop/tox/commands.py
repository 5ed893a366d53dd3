"""Tells commands that test from others, and carries them over."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from harness.model.command_line import Watch, watched

_RUNNERS = frozenset(("pytest", "py.test", "nosetests", "nose2", "trial", "green", "ward", "behave", "stestr", "testr"))
_MODULES = _RUNNERS | {"unittest", "nose", "test", "tests", "runtests", "run_tests", "zope.testrunner", "testtools.run"}
_TESTS = re.compile(r"(?:^|[._/-])(?:run[_-]?)?tests?(?:[._/-]|$)|^run_?tests|^load_tests", re.IGNORECASE)
_IN_SHELL = re.compile(
    r"\b(?:pytest|py\.test|runtests|run_tests|unittest|manage\.py\s+test|django-admin\s+test|test)\b"
)
_SHELLS = frozenset(("sh", "bash", "dash", "zsh"))
_COVERAGE = frozenset("annotate combine debug erase html json lcov report xml".split())  # noqa: SIM905
_UPLOADS = frozenset(("codecov", "coveralls", "codacy", "codeclimate-test-reporter", "python-codacy-coverage"))
_WRAPPERS = frozenset(("env", "xvfb-run", "time", "nice"))
BIN = "@environment-bin@/"
"""What stands for the folder of an environment's programs."""
_RUN_BY = (("poetry", "run"), ("uv", "run"), ("pdm", "run"), ("hatch", "run"), ("pipenv", "run"), ("rye", "run"))


class Kind(Enum):
    """What a command is there for."""

    TEST = "test"
    COVERAGE = "coverage"  # reports on what was covered, or hands that on
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxCommand:
    """A command as tox has it: its words, and what is made of its exit code."""

    words: tuple[str, ...]
    is_forgiven: bool = False  # "-": its failure is none
    is_inverted: bool = False  # "!": it has to fail

    @property
    def kind(self) -> Kind:
        """Return what it is there for."""
        return kind_of(self.words)

    def carried(self) -> tuple[str, ...]:
        """Return the words that do the same where a command has to end well."""
        if self.kind is Kind.TEST or not (self.is_forgiven or self.is_inverted):
            return self.words
        line = shlex.join(self.words)
        return ("sh", "-c", f"! {line}" if self.is_inverted else f"{line} || true")


def parse(text: str) -> ToxCommand:
    """Read a command as tox prints it; what only runs another (`poetry run`, …) is left off."""
    marks, rest = "", text.strip()
    while rest[:1] in ("-", "!") and rest[1:2] in (" ", "-", "!"):
        marks, rest = marks + rest[0], rest[1:].lstrip()
    words = tuple(_installed(shlex.split(rest)))
    for prefix in _RUN_BY:
        if words[: len(prefix)] == prefix and len(words) > len(prefix) and not words[len(prefix)].startswith("-"):
            words = words[len(prefix) :]
    return ToxCommand(words=words, is_forgiven="-" in marks, is_inverted="!" in marks)


def _installed(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command; programs of the environment are called by name, and as modules where others run
    them: ``coverage run {envbindir}/pytest``."""
    for number, word in enumerate(words):
        name = word.removeprefix(BIN)
        if name == word or not number:
            yield name
        else:
            yield from ("-m", "django" if name.startswith("django-admin") else name)


def kind_of(words: Sequence[str]) -> Kind:
    """Return what a command is there for, by its program, module or script."""
    if not words:
        return Kind.OTHER
    words = _without_wrapper(words)
    program = words[0].rpartition("/")[2]
    if program in _UPLOADS or _is_coverage(words):
        return Kind.COVERAGE
    return Kind.TEST if _is_test(program, words) else Kind.OTHER


def _without_wrapper(words: Sequence[str]) -> Sequence[str]:
    """Return a command without `env A=B`, `xvfb-run -a` or `time` before it."""
    rest = list(words)
    while len(rest) > 1 and rest[0] in _WRAPPERS:
        rest.pop(0)
        while len(rest) > 1 and (rest[0].startswith("-") or "=" in rest[0]):
            rest.pop(0)
    return rest


def _is_coverage(words: Sequence[str]) -> bool:
    rest = words[words.index("coverage") + 1 :] if "coverage" in words[:3] else ()
    named = next((word for word in rest if not word.startswith("-")), "")
    return named in _COVERAGE


def _is_test(program: str, words: Sequence[str]) -> bool:
    seen = watched(words, (), probe="probe").watch
    if seen.is_certain or program in _RUNNERS:
        return True
    if program in ("make", "just", "task", "invoke", "inv", "npm", "tox"):
        return any(_TESTS.search(word) for word in words[1:])
    if program in _SHELLS:
        return any(_IN_SHELL.search(word) for word in words[1:])
    if seen is Watch.SCRIPT or words[0].startswith(("./", "../")):
        scripts = [word for word in words if word.endswith((".py", ".sh"))] or [words[0]]
        if scripts[0].endswith("manage.py"):  # testmanage.py, too
            return "test" in words[words.index(scripts[0]) + 1 :]
        return any(_TESTS.search(word) or "test" in word.rpartition("/")[2] for word in scripts)
    return _runs_module(words) or ("setup.py" in words and "test" in words)


def _runs_module(words: Sequence[str]) -> bool:
    """Tell whether Python, or coverage, is given a module that tests."""
    if words[0] != "coverage" and not words[0].startswith("python"):
        return False
    modules = [after for word, after in itertools.pairwise(words) if word == "-m"]
    named = [name for name in modules if name != "coverage"]
    return any(name in _MODULES or name.rpartition(".")[2] in _MODULES for name in named[:1])
