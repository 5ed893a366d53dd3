"""Canaries that are projects as they came: what `install`, `command` and their company mean."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from harness.config.document import CanaryTable
from harness.model.command_line import is_pytest
from harness.model.spec import Injection, Mode, ProjectSpec

DEFAULT_COMMAND = "pytest"
_PROJECT_ONLY = ("cwd", "env", "pass_env", "inject", "junit")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OURS = "HARNESS_"


def is_project(table: CanaryTable) -> bool:
    """Tell whether the canary is a project that came as it is."""
    return bool(table.install) or table.command is not None


def project_of(table: CanaryTable) -> ProjectSpec | None:
    """Return what makes a canary a project, None where nothing does."""
    if not is_project(table):
        return None
    lines = table.command or [DEFAULT_COMMAND]
    return ProjectSpec(
        install=tuple(table.install),
        commands=tuple(tuple(shlex.split(line)) for line in lines),
        cwd=table.cwd,
        env=tuple(sorted(table.env.items())),
        pass_env=tuple(sorted(table.pass_env)),
        inject=Injection(table.inject),
        junit=table.junit or "",
    )


def check_project(place: str, table: CanaryTable, modes: Sequence[str]) -> Iterator[str]:
    """Yield a line for each key of a project that cannot be meant; *modes* are the values of that axis."""
    if not is_project(table):
        written = [key for key in _PROJECT_ONLY if key in table.model_fields_set]
        yield from (f"{place}.{key}: is for a project: write `install` or `command`, too" for key in written)
        return
    for number, text in enumerate(table.install):
        yield from (f"{place}.install[{number}]: {words}" for words in _bad_install(text))
    for number, line in enumerate(table.command or []):
        yield from (f"{place}.command[{number}]: {words}" for words in _bad_command(line))
    for key, text in (("cwd", table.cwd), ("junit", table.junit or ".")):
        path = PurePosixPath(text)
        if path.is_absolute() or ".." in path.parts:
            yield f"{place}.{key}: {text!r} leads out of the project"
    for name in (*table.env, *table.pass_env):
        if not _VARIABLE.fullmatch(name):
            yield f"{place}: {name!r} is no name of a variable"
        elif name.startswith(_OURS):
            yield f"{place}: {name!r}: variables that begin with {_OURS} are the harness's own"
    if table.inject and not table.settings:
        yield f"{place}.inject: needs `settings`, the module whose DATABASES are replaced"
    if table.command is not None and not any(map(_is_pytest, table.command)):
        others = sorted(set(modes) - {Mode.PLAIN.value})
        if others:
            yield f'{place}.command: none is pytest, so mode {others[0]!r} cannot be had: write mode = ["plain"]'


def _bad_install(text: str) -> Iterator[str]:
    words = text.split()
    match words:
        case ["-r" | "--requirement" | "-c" | "--constraint" | "--group", _]:
            return
        case ["-e" | "--editable", where] | [where] if where.startswith("."):
            path, _, extras = where.partition("[")
            if path != ".":
                yield f'{text!r}: only the project itself can be installed from a folder: "."'
            elif extras and not extras.endswith("]"):
                yield f"{text!r}: the bracket is not closed"
        case _:
            try:
                Requirement(text)
            except InvalidRequirement as error:
                forms = '".", "-e .", "-r FILE", "-c FILE", "--group NAME"'
                yield f"{text!r} is neither {forms} nor a requirement: {error}"


def _bad_command(line: str) -> Iterator[str]:
    try:
        words = shlex.split(line)
    except ValueError as error:
        yield f"{line!r}: {error}"
        return
    if not words:
        yield "is empty"
    elif found := sorted({";", "&&", "||", "|", ">", "<"} & _unquoted(line)):
        yield f"{found[0]!r} needs a shell, and none is run: write several commands, or `sh -c '…'`"


def _unquoted(line: str) -> set[str]:
    """Return the words of a line with their quotes: what is quoted is no operator of a shell."""
    with suppress(ValueError):  # quotes that only a shell understands
        return set(shlex.split(line, posix=False))
    return set()


def _is_pytest(line: str) -> bool:
    with suppress(ValueError):  # `_bad_command` tells of it
        return is_pytest(shlex.split(line))
    return False
