"""Reads what an environment of tox's has installed."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from harness.interop.project.files import Files
from harness.interop.tox.environment import ToxEnvironment

_OPTION = re.compile(r"(-r|--requirement|-c|--constraint|-e|--editable)(?:\s*=?\s*)(\S.*)")
_ADDRESS = re.compile(r"^(?:[\w.+-]+\s*@\s*)?(?:git\+|hg\+|svn\+|https?:|file:)", re.IGNORECASE)
_OTHER_OPTION = re.compile(r"--?[a-z]")
_QUIET = frozenset(
    "-U --upgrade -q --quiet -v --verbose --no-cache-dir --disable-pip-version-check --force-reinstall".split()  # noqa: SIM905
)
_INSTALLERS = frozenset(("pip", "setuptools", "wheel", "uv"))


@dataclass(slots=True, kw_only=True)
class Deps:
    """What is installed: requirements, requirement files, and the project itself."""

    requirements: list[Requirement] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # "-r FILE", "-c FILE", "--group NAME"
    extras: set[str] | None = None  # of the project; None: it is not installed
    is_editable: bool = False
    blocked: list[str] = field(default_factory=list)  # why the environment cannot be carried over
    notes: list[str] = field(default_factory=list)  # what is left aside

    def add_itself(self, extras: Iterable[str], *, is_editable: bool) -> None:
        """Have the project installed, with these extras beside what it has."""
        self.extras = {*(self.extras or ()), *extras}
        self.is_editable = self.is_editable or is_editable

    def without_absent(self, root: Path, files: Files) -> None:
        """Leave out the lines of files that are not there, and say so; *files* are those of the project in *root*."""
        for line in list(self.lines):
            flag, _, path = line.partition(" ")
            if flag in ("-r", "-c") and not files.has(path) and not (root / path).is_file():
                self.lines.remove(line)
                self.notes.append(f"{line}: left out; there is no such file")

    def itself(self) -> tuple[str, ...]:
        """Return how the project is installed, as the matrix says it; nothing where it is not."""
        if self.extras is None:
            return ()
        extras = f"[{','.join(sorted(self.extras))}]" if self.extras else ""
        return (f"{'-e ' if self.is_editable else ''}.{extras}",)


def read(environment: ToxEnvironment, root: Path) -> Deps:
    """Return what tox installs in an environment of the project in *root*; its commands may install more."""
    deps = Deps()
    for line in environment.deps:
        _line(line, root, deps)
    for line in environment.constraints:
        _line(line if line.startswith("-") else f"-c {line}", root, deps)
    deps.lines += [f"--group {name}" for name in environment.groups]
    if not environment.skips_install and environment.package not in ("skip", "external"):
        deps.add_itself(environment.extras, is_editable=environment.package.startswith(("editable", "deps")))
    if environment.install_command:
        _own_installer(environment.install_command, root, deps)
    if environment.pip_pre:
        deps.notes.append("pip_pre: pre-releases are not taken")
    for name, value in environment.set_env:
        if name == "PIP_CONSTRAINT" and value:
            _line(f"-c {value}", root, deps)
    return deps


def pip_install(words: tuple[str, ...], root: Path, deps: Deps) -> bool:
    """Take over what a command installs, if it is pip's (or uv's); tell whether it is."""
    match words:
        case ("pip" | "pip3", "install", *rest) | ("python", "-m", "pip", "install", *rest):
            pass
        case ("uv", "pip", "install", *rest):
            pass
        case _:
            return False
    _arguments(rest, root, deps)
    return True


def _own_installer(command: str, root: Path, deps: Deps) -> None:
    """Take over what a command for installing has beside what tox's own has: ``pip install -e . {opts} {packages}``."""
    words = [word for word in shlex.split(command) if word not in ("{opts}", "{packages}")]
    if "install" in words:
        _arguments(words[words.index("install") + 1 :], root, deps)


def _arguments(rest: list[str], root: Path, deps: Deps) -> None:
    words = iter(rest)
    for word in words:
        if word in _QUIET or word in _INSTALLERS:
            continue
        is_pair = word in ("-r", "-c", "-e", "--requirement", "--constraint", "--editable")
        _line(f"{word} {next(words, '')}" if is_pair else word, root, deps)


def _line(text: str, root: Path, deps: Deps) -> None:
    option = _OPTION.match(text)
    match option and option[1].lstrip("-")[0]:
        case "r" | "c" as flag if option is not None:
            path = _relative(option[2].strip(), root)
            if _ADDRESS.match(path) or path.startswith(".."):
                deps.blocked.append(f"{text}: a file outside the project")
            else:
                deps.lines.append(f"-{flag} {path}")
        case "e" if option is not None:
            _requirement(option[2].strip(), root, deps, is_editable=True)
        case _ if text == "--pre":
            deps.notes.append("--pre: pre-releases are not taken")
        case _ if _OTHER_OPTION.match(text):
            deps.notes.append(f"{text}: options of pip are left aside")
        case _:
            _requirement(text, root, deps, is_editable=False)


def _requirement(text: str, root: Path, deps: Deps, *, is_editable: bool) -> None:
    text = text.partition(" --")[0].strip()
    path, _, extras = text.partition("[")
    if not _ADDRESS.match(text) and path.startswith((".", "/")):
        if _relative(path, root) == ".":
            deps.add_itself(_names(extras.rstrip("]")), is_editable=is_editable)
        else:
            deps.blocked.append(f"{text}: a folder; only the project itself can be installed from one")
        return
    if _ADDRESS.match(text):
        deps.blocked.append(f"{text}: packages come from the index")
        return
    try:
        deps.requirements.append(Requirement(text))
    except InvalidRequirement:
        circular = ", a reference that leads nowhere or round in a circle" if text.startswith("{") else ""
        deps.blocked.append(f"{text!r} is no requirement{circular}")


def _names(text: str) -> Iterator[str]:
    return (name.strip() for name in text.split(",") if name.strip())


def _relative(text: str, root: Path) -> str:
    path = os.path.relpath(text, root) if text.startswith("/") else text
    return path if "://" in path else os.path.normpath(path).replace(os.sep, "/")
