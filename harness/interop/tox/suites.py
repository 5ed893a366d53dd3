"""Reads environments of tox's as suites: what is installed, set and run, in the words of a matrix."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement

from harness.interop.project.files import Files
from harness.interop.tox import deps as dependencies
from harness.interop.tox import reaches, servers
from harness.interop.tox.commands import Kind, ToxCommand, parse
from harness.interop.tox.environment import ToxEnvironment, ToxFile
from harness.interop.tox.managers import taken_over
from harness.interop.tox.reaches import Known
from harness.model.spec import Engine, Injection

SETTINGS = "DJANGO_SETTINGS_MODULE"
OLDEST_PYTHON = (3, 8)
"""The probe runs on nothing older."""

_PYTHON = re.compile(r"(?:c?python|py)?-?(?P<major>[23])(?:\.?(?P<minor>\d+))?(?:\.\d+)*")
# what tox passes to every environment, and what only services for tests and coverage read
_USUAL = frozenset(
    "CC CCSHARED CFLAGS CPPFLAGS CURL_CA_BUNDLE CXX FORCE_COLOR HOME LANG LANGUAGE LC_ALL LDFLAGS LD_LIBRARY_PATH NETRC"  # noqa: SIM905
    " NIX_LD NIX_LD_LIBRARY_PATH NO_COLOR PIP_* PKG_CONFIG PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR PYTHON_GIL"
    " REQUESTS_CA_BUNDLE SSH_AGENT_PID SSH_AUTH_SOCK SSL_CERT_FILE TERM TMPDIR VIRTUALENV_* UV_* http_proxy https_proxy"
    " no_proxy CI GITHUB_* TRAVIS TRAVIS_* CODECOV_* COVERAGE_* COVERALLS_* TOXENV TOX_* PY_COLORS USER PATH"
    " PYTEST_ADDOPTS".split()
)
_OF_COVERAGE = re.compile(r"COVERAGE_(?:FILE|PROCESS_START|CORE)")
_ASIDE = re.compile(rf"PIP_CONSTRAINT|{_OF_COVERAGE.pattern}|VIRTUALENV_\w+|UV_\w+")
_DEFAULTED = re.compile(r"\{env:(\w+)(?::[^}]*)?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What one environment of tox's tests, and how."""

    name: str  # of the environment
    python: str  # "3.12"
    requirements: tuple[Requirement, ...]
    lines: tuple[str, ...]  # "-r FILE", "-c FILE", "--group NAME"
    itself: tuple[str, ...]  # how the project is installed
    commands: tuple[tuple[str, ...], ...]
    cwd: str
    env: tuple[tuple[str, str], ...]
    pass_env: tuple[str, ...]
    settings: str
    engine: Engine
    inject: Injection
    aliases: tuple[str, ...] = ("default",)
    names_python: bool = True  # its environment does, or none else is to be had
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The environments of a file: those that become suites, and what is said of the others."""

    suites: tuple[Suite, ...]
    aside: tuple[str, ...]  # names of those that do not test
    blocked: tuple[tuple[str, str], ...]  # name → why it cannot be carried over


def read(found: ToxFile, files: Files, known: Known) -> Sorted:
    """Return the suites of a file; *files* are the project's, *known* is what it says of its settings."""
    suites, aside, blocked = [], [], []
    for environment in found.environments:
        if not _tests(environment):
            aside.append(environment.name)
            continue
        answer = _suite(environment, found, files, known)
        if isinstance(answer, Suite):
            suites.append(answer)
        else:
            blocked.append((environment.name, answer))
    return Sorted(suites=tuple(suites), aside=tuple(aside), blocked=tuple(blocked))


def defaulted(text: str) -> tuple[str, ...]:
    """Return the variables that a file reads when tox does."""
    return tuple(dict.fromkeys(_DEFAULTED.findall(text)))


def _tests(environment: ToxEnvironment) -> bool:
    if any(key == "commands" for key, _ in environment.problems):
        return True  # nobody knows: it is said
    return any(parse(line).kind is Kind.TEST for line in environment.commands)


def _suite(environment: ToxEnvironment, found: ToxFile, files: Files, known: Known) -> Suite | str:
    """Return the suite of an environment, or why there is none."""
    if environment.problems:
        return "; ".join(f"{key}: {words}" for key, words in environment.problems)
    python = _python(environment)
    if python and not python[0].isdigit():
        return python
    server = servers.server_of(environment)
    if server.unknown:
        return f"{server.unknown}: no such database is to be had"
    cwd = _cwd(environment, found)
    place = _Paths(found=found, environment=environment, cwd=cwd)
    deps = dependencies.read(environment, found.root)
    commands = tuple(_commands(environment, place, deps, files))
    if deps.blocked:
        return deps.blocked[0]
    deps.without_absent(found.root, files)
    reached = reaches.reach(environment, server.engine, commands, cwd, files, known)
    if reached.is_lost:
        return reaches.LOST
    if any(map(_uses_pip, commands)):
        deps.requirements.append(Requirement("pip"))  # an environment of tox's has it
    env = {name: place.plain(value) for name, value in environment.set_env if not _ASIDE.fullmatch(name)}
    passed = [name for name in environment.pass_env if name not in _USUAL]
    env.pop(SETTINGS, None)
    env.pop("DATABASE_URL", None)  # a cell has its own
    env = {name: value.replace("$", "$$") for name, value in env.items()} | dict(reached.env)
    if "PYTHONPATH" in env:
        env["PYTHONPATH"] = "${PYTHONPATH}:" + env["PYTHONPATH"]  # the probe's place is in it
    names = [name for name in passed if name not in env and name not in (SETTINGS, "DATABASE_URL")]
    return Suite(
        name=environment.name,
        python=python or found.host_python,
        requirements=tuple(deps.requirements),
        lines=tuple(dict.fromkeys(deps.lines)),
        itself=deps.itself(),
        commands=commands,
        cwd=cwd,
        env=tuple(sorted(env.items())),
        pass_env=tuple(sorted(name for name in names if name.isidentifier() and not name.startswith("HARNESS_"))),
        settings=reached.settings,
        engine=server.engine,
        inject=reached.inject,
        aliases=reached.aliases,
        names_python=bool(python),
        notes=(*deps.notes, *_notes(environment, names)),
    )


def _notes(environment: ToxEnvironment, names: Iterable[str]) -> Iterator[str]:
    if environment.ignores_outcome:
        yield "ignore_outcome: what fails there counts here"
    parsed = [parse(line) for line in (*environment.commands_pre, *environment.commands)]
    if any(one.kind is Kind.COVERAGE for one in parsed):
        yield "commands that report on coverage: left out"
    if any(one.kind is Kind.TEST and one.is_forgiven for one in parsed):
        yield "a test whose failure tox forgives (-): what fails there counts here"
    if environment.commands_post:
        yield "commands_post: left out"
    patterns = [name for name in names if not name.isidentifier()]
    if patterns:
        yield f"pass_env {', '.join(patterns)}: name the variables in `pass_env`"
    aside = [name for name, _ in environment.set_env if _OF_COVERAGE.fullmatch(name)]
    if aside:
        yield f"set_env {', '.join(aside)}: left out, nothing of coverage is kept beside a cell"


def _python(environment: ToxEnvironment) -> str:
    """Return the Python's version, "" where none is named, or words that say why there is none."""
    text = next(iter(environment.base_python), "")
    if Path(text).is_absolute() or text in ("", "py", "python", "python3", "py3"):
        return ""
    found = _PYTHON.fullmatch(text.lower())
    if found is None:
        return f"Python {text!r}: only CPython with the interpreter lock can be tested"
    if not found["minor"]:
        return ""
    version = int(found["major"]), int(found["minor"])
    if version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return f"Python {version[0]}.{version[1]}: {oldest} is the oldest that can be tested"
    return f"{version[0]}.{version[1]}"


def _cwd(environment: ToxEnvironment, found: ToxFile) -> str:
    path = os.path.normpath(found.root / environment.change_dir)
    inside = os.path.relpath(path, found.root).replace(os.sep, "/")
    is_outside = PurePosixPath(inside).parts[:1] == ("..",) or Path(path).is_relative_to(found.work_dir)
    return "." if is_outside else inside


def _commands(
    environment: ToxEnvironment, place: _Paths, deps: dependencies.Deps, files: Files
) -> Iterator[tuple[str, ...]]:
    for command in map(parse, (*environment.commands_pre, *environment.commands)):
        words = tuple(map(place.plain, command.words))
        if not words or command.kind is Kind.COVERAGE:
            continue
        plain = _plain_program(command.words)
        if dependencies.pip_install(plain, place.found.root, deps) or taken_over(plain, files, deps):
            continue
        yield ToxCommand(words=words, is_forgiven=command.is_forgiven, is_inverted=command.is_inverted).carried()


def _plain_program(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command with its interpreter's name without a version."""
    return ("python", *words[1:]) if re.fullmatch(r"python\d[\d.]*", words[0]) else words


def _uses_pip(words: Sequence[str]) -> bool:
    return words[0] in ("pip", "pip3") or ("-m", "pip") in itertools.pairwise(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paths:
    """What stands for tox's folders in the copy of a project that a cell runs in."""

    found: ToxFile
    environment: ToxEnvironment
    cwd: str

    def plain(self, text: str) -> str:
        """Return a word with its paths relative to where commands are run."""
        work, name = str(self.found.work_dir), self.environment.name
        own = f"{work}/{name}"
        for folder, stands_for in ((str(Path(own, "tmp")), ".tox-tmp"), (own, ".tox-env"), (work, ".tox")):
            text = self._replaced(text, folder, os.path.relpath(stands_for, self.cwd))
        text = self._replaced(text, str(self.found.root), os.path.relpath(".", self.cwd))
        if re.search(r"\benv_?name\b|TOX_ENV_NAME", self.found.text):
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "tox", text)
        return text

    def _replaced(self, text: str, folder: str, by: str) -> str:
        def inside(match: re.Match[str]) -> str:
            rest = match["rest"] or ""
            end = "/" if rest.endswith("/") and rest != "/" else ""
            return os.path.normpath(f"{by}{rest}").replace(os.sep, "/") + end

        return re.sub(rf"{re.escape(folder)}(?P<rest>/[\w./*-]*)?(?![\w.-])", inside, text)
