"""Reads the command that fails: what it starts, with which arguments and variables."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Mapping

from harness.doctor.case import Command, Kind

DEFAULT = ("python", "-m", "pytest")
RUNNERS = ("uv", "poetry", "pipenv", "hatch", "pdm", "rye", "pixi")
"""Programs whose `run` starts a command in the project's own environment."""
ISOLATING = ("tox", "nox")
"""Programs that run their commands in environments of their own."""
SHELLS = ("sh", "bash", "zsh", "dash")
VALUE_OPTIONS: Mapping[str, frozenset[str]] = {
    "uv": frozenset(
        "--with --with-editable --with-requirements --extra --group --only-group --no-group --env-file"  # noqa: SIM905
        " --package --python -p --directory --project --index --default-index --find-links -f --config-file"
        " --cache-dir --refresh-package --upgrade-package -P --color".split()
    ),
    "hatch": frozenset(["-e", "--env", "-p", "--project"]),
    "pdm": frozenset(["-p", "--project"]),
    "poetry": frozenset(["-P", "--project", "-C", "--directory"]),
    "pixi": frozenset(["-e", "--environment", "--manifest-path"]),
    "coverage": frozenset(["--source", "--include", "--omit", "--rcfile", "--data-file", "--context", "--concurrency"]),
}
_VARIABLE = re.compile(r"[A-Za-z_]\w*=")
_PYTHON = re.compile(r"(?:.*/)?python(?:\d(?:\.\d+)?)?$")
_SHELL = re.compile(r"[|&;<>$`()\n*?]")


def parse(words: tuple[str, ...]) -> Command:
    """Return what a command starts; without words it is ``python -m pytest``."""
    rest = list(words or DEFAULT)
    variables: list[tuple[str, str]] = []
    rest = _unshelled(rest)
    if rest[:1] == ["env"]:
        rest.pop(0)
    while rest and _VARIABLE.match(rest[0]):
        name, _, value = rest.pop(0).partition("=")
        variables.append((name, value))
    kind, args, script, is_module = _understood(rest)
    return Command(
        kind=kind,
        words=tuple(rest),
        args=tuple(args),
        script=script,
        is_module=is_module,
        variables=tuple(variables),
    )


def _unshelled(words: list[str]) -> list[str]:
    """Return the words of ``sh -c "words"``, where a shell would do nothing else with them."""
    match words:
        case [shell, "-c", text] if shell.rpartition("/")[2] in SHELLS and not _SHELL.search(text):
            with contextlib.suppress(ValueError):  # an open quote
                return shlex.split(text)
    return words


def runner(words: tuple[str, ...]) -> str:
    """Return the program of `RUNNERS` that a command goes through, empty if it is none."""
    name = words[0].rpartition("/")[2] if words else ""
    return name if name in RUNNERS and "run" in words else ""


def _understood(words: list[str]) -> tuple[Kind, list[str], str, bool]:
    """Return kind, arguments, script, and whether it is run with ``-m``."""
    if not words:
        return Kind.OTHER, [], "", False
    name = words[0].rpartition("/")[2]
    if name in ("pytest", "py.test"):
        return Kind.PYTEST, words[1:], "", False
    if name in ("django-admin", "django-admin.py"):
        return Kind.MANAGE, words[1:], "", False
    if name.endswith("manage.py"):
        return Kind.MANAGE, words[1:], words[0], False
    if name in (*RUNNERS, "coverage"):
        inner = _inner(name, words)
        return _understood(inner) if inner else (Kind.OTHER, words[1:], "", False)
    if not _PYTHON.match(words[0]):
        return Kind.OTHER, words[1:], "", False
    return _of_python(words[1:])


def _of_python(rest: list[str]) -> tuple[Kind, list[str], str, bool]:
    """Return what the words after ``python`` start."""
    while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
        rest = rest[2:] if rest[0] in ("-W", "-X") else rest[1:]
    match rest:
        case ["-m", "pytest", *args]:
            return Kind.PYTEST, args, "", True
        case ["-m", "django", *args]:
            return Kind.MANAGE, args, "", True
        case ["-m", "coverage", *args]:
            inner = _inner("coverage", ["coverage", *args])
            return _understood(inner) if inner else (Kind.OTHER, rest, "", False)
        case [script, *args] if script.endswith("manage.py"):
            return Kind.MANAGE, args, script, False
        case _:
            return Kind.OTHER, rest, "", False


def _inner(name: str, words: list[str]) -> list[str]:
    """Return the command that a wrapper's ``run`` starts, empty if it starts none that is spelled out."""
    values = VALUE_OPTIONS.get(name, frozenset())
    rest = words[1:]
    is_run = False
    while rest:
        word = rest[0]
        if word == "run" and not is_run:
            is_run, rest = True, rest[1:]
        elif word == "--" or (word == "-m" and is_run):
            break
        elif word.startswith("-"):
            rest = rest[2:] if word in values else rest[1:]
        else:
            break
    if not is_run or not rest:
        return []
    if rest[0] == "--":
        rest = rest[1:]
    if name == "hatch" and rest:
        rest = [rest[0].rpartition(":")[2], *rest[1:]]
    if rest[:1] == ["-m"] or (name in ("uv", "coverage") and rest[:1] and rest[0].endswith(".py")):
        return ["python", *rest]
    return rest
