"""Has tox itself read a tox file."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import process
from harness.errors import UsageError
from harness.interop.tox.commands import BIN
from harness.interop.tox.environment import ToxEnvironment, ToxFile
from harness.process import Cancel, Completed

NAMES = ("tox.ini", "tox.toml", "pyproject.toml", "setup.cfg")
"""The files that tox reads."""
TIMEOUT_S = 120.0

_CORE = ("env_list", "tox_root")
_KEYS = (
    "base_python",
    "change_dir",
    "commands",
    "commands_post",
    "commands_pre",
    "constraints",
    "dependency_groups",
    "deps",
    "description",
    "extras",
    "ignore_outcome",
    "package",
    "pass_env",
    "pip_pre",
    "set_env",
    "skip_install",
)
# asked for only where it is written: tox looks for an interpreter to answer
_INSTALL_COMMAND = "install_command"
_RUN_SECTIONS = ("testenv", "env_run_base", "tool.tox.env_run_base")
_CORE_SECTIONS = ("tox.", "", "tool.tox.", "tox:tox.")
# The environments' interpreters and tools are not needed to read what is asked of them, nor may they be made here.
_RUNNER = tuple(f"{section}.runner=virtualenv" for section in _RUN_SECTIONS)
_NO_PLUGINS = tuple(f"{section}requires=tox" for section in _CORE_SECTIONS)
_MISSING = re.compile(r"is missing \[requires \(has\)\]: (.*?)(?: and wrote to .*)?$", re.MULTILINE)
_PYTHON = re.compile(r"\{(?:envpython|env_python)\}|\{(?:envbindir|env_bin_dir)\}/python\b")
_BIN_DIR = re.compile(r"\{(?:envbindir|env_bin_dir)\}/")
_PASSED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")
_OF_TOX = re.compile(r"TOX_.*|PIP_(DISABLE_PIP_VERSION_CHECK|USER)|PYTHONIOENCODING|VIRTUAL_ENV")
"""Variables that tox sets itself."""


def ask(file: Path, *, scratch: Path, environ: Mapping[str, str], cancel: Cancel | None = None) -> ToxFile:
    """Return what tox says of a file: of each environment of its list, in order. Nothing is written beside the file.

    *scratch* is an empty folder. Of *environ*, the variables, few are shown to tox, so that ``{env:NAME:default}``
    stands for its default.

    Raises:
        UsageError: there is no such file, tox cannot read it, or has no environment; with tox's words.
        Infrastructure: tox cannot be started, or does not end.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {file}", remedy=f"one of {', '.join(NAMES)}")
    text = file.read_text(encoding="utf-8", errors="replace")
    tox = _Tox(
        file=_copy(file, text, scratch), root=file.resolve().parent, scratch=scratch, environ=environ, cancel=cancel
    )
    keys = (*_KEYS, _INSTALL_COMMAND) if _INSTALL_COMMAND in text else _KEYS
    answer, requires = tox.run(keys, _RUNNER), tuple[str, ...]()
    found = _MISSING.search(answer.stdout + answer.stderr)
    if not tox.answered() and found:
        requires = _plugins(file, found[1])
        answer = tox.run(keys, (*_RUNNER, *_NO_PLUGINS))
    if not tox.answered():
        raise UsageError(
            f"tox cannot read {file}:\n{_words(answer, tox.file, file)}", remedy=f"see what `tox config -c {file}` says"
        )
    return _file(file, tox, requires, text)


def _copy(file: Path, text: str, scratch: Path) -> Path:
    """Return a copy in which interpreters are named and not found: tox says nothing of a command with ``{envpython}``
    where there is no such Python."""
    (scratch / "read").mkdir()
    copy = scratch / "read" / file.name
    copy.write_text(_BIN_DIR.sub(BIN, _PYTHON.sub("python", text)), encoding="utf-8", errors="replace")
    return copy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tox:
    file: Path
    root: Path
    scratch: Path
    environ: Mapping[str, str]
    cancel: Cancel | None

    @property
    def output(self) -> Path:
        return self.scratch / "config.json"

    @property
    def work_dir(self) -> Path:
        return (self.scratch / "tox").resolve()

    def answered(self) -> bool:
        return self.output.is_file()

    def run(self, keys: Iterable[str], overrides: Iterable[str]) -> Completed:
        command = [
            sys.executable,
            "-m",
            "tox",
            "config",
            "-c",
            self.file,
            "--root",
            self.root,
            "--workdir",
            self.work_dir,
        ]
        command += ["--no-provision", "--runner", "virtualenv", "--hashseed", "notset", "--colored", "no"]
        command += ["--format", "json", "--core", "--output-file", self.output]
        command += [word for override in overrides for word in ("-x", override)]
        env = {name: self.environ[name] for name in _PASSED if name in self.environ} | {
            "TOX_USER_CONFIG_FILE": str(self.scratch / "none.ini"),
            "UV_PYTHON_DOWNLOADS": "never",  # where tox-uv is installed
        }
        return process.capture(
            [*map(str, command), "-k", *keys, *_CORE],
            timeout_s=TIMEOUT_S,
            cwd=self.root,
            env=env,
            cancel=self.cancel,
        )


def _plugins(file: Path, missing: str) -> tuple[str, ...]:
    """Return the plugins that are missing.

    Raises:
        UsageError: tox itself is too old.
    """
    names = tuple(re.sub(r" \([^)]*\)$", "", item.strip()) for item in missing.split(", ") if item.strip())
    if any(re.match(r"tox\b(?!-)", name) for name in names):
        raise UsageError(
            f"tox cannot read {file}: it is missing {missing}", remedy="install that tox beside the harness"
        )
    return names


def _words(answer: Completed, copy: Path, file: Path) -> str:
    """Return what tox says of a failure, without its prefix."""
    said = (answer.stdout + answer.stderr).strip().replace(str(copy), str(file))
    lines = [re.sub(r"^ROOT: (HandledError\| ?)?", "", line) for line in said.splitlines()]
    return "\n".join(line for line in lines[-12:] if line.strip()) or f"it ended with exit code {answer.code}"


def _file(file: Path, tox: _Tox, requires: tuple[str, ...], text: str) -> ToxFile:
    content = json.loads(tox.output.read_text(encoding="utf-8"))
    root = Path(content["tox"]["tox_root"])
    listed = [name for name in content["tox"]["env_list"] if name in content["env"]] or list(content["env"])
    return ToxFile(
        path=file,
        root=root,
        work_dir=tox.work_dir,
        host_python=f"{sys.version_info.major}.{sys.version_info.minor}",
        environments=tuple(_environment(name, content["env"][name], root) for name in dict.fromkeys(listed)),
        requires=requires,
        text=text,
    )


def _environment(name: str, found: Mapping[str, Any], root: Path) -> ToxEnvironment:
    problems = {key: str(value["error"]) for key, value in found.items() if _is_error(value)}
    known = {key: value for key, value in found.items() if key not in problems}
    directory = os.path.relpath(known.get("change_dir", root), root)
    return ToxEnvironment(
        name=name,
        base_python=_texts(known, "base_python"),
        deps=_texts(known, "deps"),
        constraints=_texts(known, "constraints"),
        groups=_texts(known, "dependency_groups"),
        extras=_texts(known, "extras"),
        package=str(known.get("package", "skip")),
        skips_install=bool(known.get("skip_install")),
        set_env=tuple(
            sorted((key, str(v)) for key, v in known.get("set_env", {}).items() if not _OF_TOX.fullmatch(key))
        ),
        pass_env=_texts(known, "pass_env"),
        commands_pre=_texts(known, "commands_pre"),
        commands=_texts(known, "commands"),
        commands_post=_texts(known, "commands_post"),
        change_dir=directory.replace(os.sep, "/"),
        install_command=str(known.get(_INSTALL_COMMAND, "")),
        pip_pre=bool(known.get("pip_pre")),
        ignores_outcome=bool(known.get("ignore_outcome")),
        description=str(known.get("description", "")),
        problems=tuple((key, _plain(words)) for key, words in problems.items() if key != _INSTALL_COMMAND),
    )


def _is_error(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"error"}


def _texts(known: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(map(str, known.get(key, ())))


def _plain(words: str) -> str:
    """Return an exception's message out of how Python writes it: ``HandledError("…")``."""
    found = re.fullmatch(r"""\w+\((["'])(.*)\1\)""", words, re.DOTALL)
    return found[2] if found else words
