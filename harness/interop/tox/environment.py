"""What a tox file comes to, as tox itself says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxEnvironment:
    """One environment of tox's list, all of tox's substitutions made but for those of paths."""

    name: str
    base_python: tuple[str, ...] = ()  # "py312", "python3.12", or the path of the Python that tox is run by
    deps: tuple[str, ...] = ()  # as in a requirement file
    constraints: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    package: str = "skip"  # "skip", "wheel", "sdist", "editable" …
    skips_install: bool = False
    set_env: tuple[tuple[str, str], ...] = ()
    pass_env: tuple[str, ...] = ()
    commands_pre: tuple[str, ...] = ()  # as in a shell, "-" or "!" before them
    commands: tuple[str, ...] = ()
    commands_post: tuple[str, ...] = ()
    change_dir: str = "."  # relative to the project, or absolute where it lies outside
    install_command: str = ""
    pip_pre: bool = False
    ignores_outcome: bool = False
    description: str = ""
    problems: tuple[tuple[str, str], ...] = ()  # key → why tox cannot say what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxFile:
    """A tox file, read."""

    path: Path
    root: Path  # the project's folder
    work_dir: Path  # where environments would be, a folder each
    host_python: str  # "3.12": the Python of environments that name none
    environments: tuple[ToxEnvironment, ...]
    requires: tuple[str, ...] = ()  # plugins that it asks for and that are not installed
    text: str = ""  # what is written
