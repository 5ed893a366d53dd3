"""Command lines of projects: what they run, and how the probe comes to see the tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

_PYTHON = re.compile(r"python(\d(\.\d+)?)?")
_WITH_VALUE = frozenset(
    "-W -X --source --source-pkg --omit --include --rcfile --concurrency --context --data-file".split()  # noqa: SIM905
)
"""Options of Python and of `coverage run` whose value may be a word of its own."""
_TESTS_NOTHING = frozenset({"setup.py"})


class Watch(Enum):
    """How a command's tests are known."""

    PYTEST = "pytest"  # the probe is one of its plugins
    DJANGO = "django"  # the probe runs manage.py, or Django, and looks at its runner
    SCRIPT = "script"  # the probe runs a script, which may use Django's runner, pytest or neither
    ASIDE = "aside"  # should pytest be started below it, the probe is one of its plugins there

    @property
    def is_certain(self) -> bool:
        """Tell whether tests that run are seen."""
        return self in (Watch.PYTEST, Watch.DJANGO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A command line as it is run."""

    words: tuple[str, ...]
    watch: Watch


def is_python(word: str) -> bool:
    """Tell whether a word names the interpreter of the cell, whatever version a project wrote."""
    return bool(_PYTHON.fullmatch(word))


def is_pytest(words: Sequence[str]) -> bool:
    """Tell whether a command line is pytest's, `coverage run` before it or not."""
    return watched(words, (), probe="").watch is Watch.PYTEST


def watched(words: Sequence[str], options: Sequence[str], *, probe: str) -> Watched:
    """Return how a command line is run: *options* are for pytest alone, *probe* is the path of the probe's file; ""
    leaves it out.

    What was written stays as it is but for what lets the probe in, so that coverage and warnings are what they were.
    """
    before, target = _split(tuple(words))
    inserted = (probe,) if probe else ()
    match target:
        case ("pytest" | "py.test" as program, *rest) if not before:
            return _pytest((program,), options, rest, probe)
        case ("-m", "pytest" | "py.test" as module, *rest):
            return _pytest((*before, "-m", module), options, rest, probe)
        case ("-m", "django", *rest) if _runs_tests(rest):
            return Watched(words=(*before, *inserted, "-m", "django", *rest), watch=Watch.DJANGO)
        case ("django-admin" | "django-admin.py", *rest) if not before and _runs_tests(rest):
            return Watched(words=("python", *inserted, "-m", "django", *rest), watch=Watch.DJANGO)
        case (script, *rest) if script.endswith(".py") and (watch := _script(script, rest)) is not None:
            return Watched(words=(*(before or ("python",)), *inserted, script, *rest), watch=watch)
        case _:
            return Watched(words=tuple(words), watch=Watch.ASIDE)


def _pytest(before: tuple[str, ...], options: Sequence[str], rest: Sequence[str], probe: str) -> Watched:
    plugin = ("-p", "harness_probe") if probe else ()
    return Watched(words=(*before, *plugin, *options, *rest), watch=Watch.PYTEST)


def _runs_tests(arguments: Sequence[str]) -> bool:
    return bool(arguments) and arguments[0] == "test"


def _script(script: str, arguments: Sequence[str]) -> Watch | None:
    """Return how a script's tests are known, None where it has none: manage.py does when told to."""
    name = script.rpartition("/")[2]
    if name in ("manage.py", "django-admin.py"):
        return Watch.DJANGO if _runs_tests(arguments) else None
    return None if name in _TESTS_NOTHING else Watch.SCRIPT


def _split(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what comes before what is run, and that: ``python -W error`` and ``manage.py test``, say."""
    match words:
        case ("coverage", "run", *_):
            at = 2
        case (program, *_) if is_python(program):
            at = _after_options(words, 1)
            if words[at : at + 3] == ("-m", "coverage", "run"):
                at += 3
        case _:
            return (), words
    at = _after_options(words, at)
    return words[:at], words[at:]


def _after_options(words: tuple[str, ...], at: int) -> int:
    while at < len(words) and words[at].startswith("-") and words[at] not in ("-m", "-c", "-"):
        at += 2 if words[at] in _WITH_VALUE else 1
    return at
