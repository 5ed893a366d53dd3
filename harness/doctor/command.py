"""Reads the command that fails: what it starts, with which arguments and variables."""

from __future__ import annotations

import re

from harness.doctor.case import Command, Kind

DEFAULT = ("python", "-m", "pytest")
_VARIABLE = re.compile(r"[A-Za-z_]\w*=")
_PYTHON = re.compile(r"(?:.*/)?python(?:\d(?:\.\d+)?)?$")


def parse(words: tuple[str, ...]) -> Command:
    """Return what a command starts; without words it is ``python -m pytest``."""
    rest = list(words or DEFAULT)
    variables: list[tuple[str, str]] = []
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


def _understood(words: list[str]) -> tuple[Kind, list[str], str, bool]:
    """Return kind, arguments, script, and whether it is run with ``-m``."""
    if not words:
        return Kind.OTHER, [], "", False
    name = words[0].rpartition("/")[2]
    if name in ("pytest", "py.test"):
        return Kind.PYTEST, words[1:], "", False
    if name.endswith("manage.py"):
        return Kind.MANAGE, words[1:], words[0], False
    if not _PYTHON.match(words[0]):
        wrapped = {"uv": 2, "poetry": 2, "pipenv": 2, "hatch": 2, "pdm": 2, "rye": 2}.get(name, 0)
        if wrapped and words[1:2] == ["run"]:
            return _understood(words[wrapped:])
        return Kind.OTHER, words[1:], "", False
    rest = list(words[1:])
    while rest and rest[0] in ("-B", "-u", "-E", "-I", "-s", "-v"):
        rest.pop(0)
    while rest[:1] in (["-W"], ["-X"]):
        rest = rest[2:]
    if rest[:2] == ["-m", "pytest"]:
        return Kind.PYTEST, rest[2:], "", True
    if rest and rest[0].endswith("manage.py"):
        return Kind.MANAGE, rest[1:], rest[0], False
    return Kind.OTHER, rest, "", False
