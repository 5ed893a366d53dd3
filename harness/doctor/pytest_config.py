"""Which configuration file pytest reads, by its own rules, without running it."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.doctor.tree import Tree

NAMES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""In the order in which pytest looks for them in each folder (pytest.toml from 9.0 on)."""

VALUE_OPTIONS = frozenset(
    "-p -c -k -m -o -n -r -W --rootdir --ds --dc --confcutdir --basetemp --tb --maxfail"  # noqa: SIM905
    " --override-ini"
    " --config-file --ignore --deselect --color --durations --junitxml --log-level --import-mode --numprocesses"
    " --dist"
    " --cov --cov-report --cov-config --reruns --timeout --capture --log-cli-level --ignore-glob".split()
)
"""Options whose value is the next word: it is no path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IniFile:
    """One file that configures pytest; *options* are as written, lists joined by spaces."""

    path: str
    options: Mapping[str, str]
    has_section: bool

    @property
    def folder(self) -> str:
        """Return the folder it lies in, which becomes pytest's rootdir."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestConfig:
    """What configures pytest for one command line."""

    ini: IniFile | None
    rootdir: str
    others: tuple[IniFile, ...]  # further files that hold pytest's section, anywhere in the project
    addopts: tuple[str, ...]  # of the ini file and PYTEST_ADDOPTS
    args: tuple[str, ...]  # of the command line
    is_plugin_autoload_off: bool = False

    def option(self, name: str) -> str:
        """Return an ini option, empty if it is not set."""
        return self.ini.options.get(name, "") if self.ini else ""

    @property
    def words(self) -> tuple[str, ...]:
        """Return all words that pytest parses, in its order: the later one wins."""
        return (*self.addopts, *self.args)

    def flag(self, *names: str) -> str:
        """Return the last of these flags that is given, empty if none is."""
        return next((word for word in reversed(self.words) if word.partition("=")[0] in names), "")

    def value(self, name: str) -> str:
        """Return the value of an option written as "--x=v" or "--x v"; the last one wins."""
        found = ""
        for word, after in with_next(self.words):
            if word.startswith(f"{name}="):
                found = word.partition("=")[2]
            elif word == name:
                found = after
        return found

    @property
    def is_migrating(self) -> bool:
        """Tell whether migrations are run: --migrations after --no-migrations switches them on again."""
        return self.flag("--no-migrations", "--nomigrations", "--migrations") in ("", "--migrations")

    @property
    def is_reusing(self) -> bool:
        """Tell whether a test database of an earlier run is used as it is."""
        return bool(self.flag("--reuse-db")) and not self.flag("--create-db")


def read(tree: Tree, path: str) -> IniFile | None:
    """Read a file; None if it cannot configure pytest (no such section where one is needed)."""
    name, text = path.rpartition("/")[2], tree.text(path)
    if name.endswith(".toml"):
        return _read_toml(path, name, text)
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, interpolation=None)
    parser.optionxform = lambda option: option  # type: ignore[method-assign,assignment]  # as configparser documents
    try:
        parser.read_string(text)
    except configparser.Error:
        return IniFile(path=path, options={}, has_section=False) if name.endswith("pytest.ini") else None
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    if not parser.has_section(section):
        # pytest.ini counts even when it is empty: it is how a rootdir is marked
        return IniFile(path=path, options={}, has_section=False) if name.endswith("pytest.ini") else None
    options = {key: (value or "").strip() for key, value in parser.items(section)}
    return IniFile(path=path, options=options, has_section=True)


def _read_toml(path: str, name: str, text: str) -> IniFile | None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    if name == "pyproject.toml":
        tool = document.get("tool", {}).get("pytest", {})
        section = tool.get("ini_options", tool)  # directly in [tool.pytest] from pytest 9 on
        if not tool:
            return None
    else:
        section = document.get("pytest", {})
    options = {
        str(key): " ".join(str(item) for item in value) if isinstance(value, list) else str(value)
        for key, value in section.items()
    }
    return IniFile(path=path, options=options, has_section=True)


def find(tree: Tree, args: tuple[str, ...], environ: Mapping[str, str], cwd: str = "") -> PytestConfig:
    """Return what configures ``pytest *args`` run in the folder *cwd* of the project."""
    every = [found for path in tree.paths if path.rpartition("/")[2] in NAMES if (found := read(tree, path))]
    ini = _chosen(tree, every, args, cwd)
    addopts = words(ini.options.get("addopts", "") if ini else "") + words(environ.get("PYTEST_ADDOPTS", ""))
    return PytestConfig(
        ini=ini,
        rootdir=ini.folder if ini else cwd,
        others=tuple(item for item in every if item != ini),
        addopts=addopts,
        args=args,
        is_plugin_autoload_off=bool(environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"))
        or "--disable-plugin-autoload" in (*addopts, *args),
    )


def _chosen(tree: Tree, every: list[IniFile], args: tuple[str, ...], cwd: str) -> IniFile | None:
    """Follow pytest's `locate_config`: from the arguments' common folder upwards, the first file that counts."""
    for word, after in with_next(args):
        name = word.partition("=")[0]
        if name in ("-c", "--config-file"):
            path = join(cwd, word.partition("=")[2] or after)
            return next((item for item in every if item.path == path), None)
    folder = common([join(cwd, item) for item in paths(args)], tree) if paths(args) else cwd
    by_path = {item.path: item for item in every}
    while True:
        found = [by_path[path] for name in NAMES if (path := f"{folder}/{name}" if folder else name) in by_path]
        if found:
            return found[0]
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def paths(args: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a command line that name files or folders to collect, without "::test"."""
    found, is_value = [], False
    for word in args:
        if not is_value and not word.startswith("-"):
            found.append(word.partition("::")[0])
        is_value = not is_value and word in VALUE_OPTIONS
    return tuple(found)


def common(names: list[str], tree: Tree) -> str:
    """Return the folder that all names lie in; a file stands for its folder."""
    folders = tree.folders()
    known = [name for name in names if name in folders or tree.has(name)]
    if not known:
        return ""
    parts = os.path.commonpath(known)
    return parts if parts in folders else parts.rpartition("/")[0]


def join(folder: str, name: str) -> str:
    """Return *name*, seen from *folder*, relative to the project; "" is the project."""
    path = os.path.normpath(f"{folder}/{name}" if folder else name)
    return "" if path == "." else path


def with_next(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each word with the one after it, the last one with ""."""
    yield from zip(words, (*words[1:], ""), strict=False)


def words(text: str) -> tuple[str, ...]:
    """Split options as a shell would; what it cannot split is taken by blanks."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def line_of(tree: Tree, path: str, pattern: str) -> int:
    """Return the number of the first line in which *pattern* is found, 0 if there is none."""
    for number, line in enumerate(tree.text(path).splitlines(), 1):
        if re.search(pattern, line):
            return number
    return 0
