"""What a reader needs of a project's files."""

from __future__ import annotations

import ast
import configparser
import tomllib
from collections.abc import Iterator
from typing import Any, Protocol


class Files(Protocol):
    """The files below a folder: names with slashes, sorted."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every name."""
        ...

    def text(self, path: str) -> str:
        """Return a file's text, empty if there is none or it cannot be read."""
        ...

    def module(self, path: str) -> ast.Module | None:
        """Return a Python file's syntax tree, None if it has an error."""
        ...

    def has(self, path: str) -> bool:
        """Tell whether there is such a file."""
        ...

    def module_file(self, dotted: str, roots: tuple[str, ...]) -> str:
        """Return the file of a module that is imported from one of the folders *roots*, empty if none is."""
        ...


def toml(files: Files, path: str) -> dict[str, Any]:
    """Return a TOML file's content, empty where there is none or it cannot be read: `broken` says so."""
    try:
        return tomllib.loads(files.text(path))
    except tomllib.TOMLDecodeError:
        return {}


def ini(files: Files, path: str) -> configparser.RawConfigParser:
    """Return an INI file's content, empty where there is none or it cannot be read."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, interpolation=None)
    try:
        parser.read_string(files.text(path))
    except configparser.Error:
        return configparser.RawConfigParser()
    return parser


def broken(files: Files) -> Iterator[str]:
    """Yield a line for each file at the top that cannot be read as what it is."""
    for path in ("pyproject.toml", "tox.toml", "pytest.toml", "Pipfile"):
        try:
            tomllib.loads(files.text(path))
        except tomllib.TOMLDecodeError as error:
            yield f"{path} is not TOML and was not read: {error}"
    for path in ("setup.cfg", "tox.ini", "pytest.ini"):
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True, interpolation=None)
        try:
            parser.read_string(files.text(path))
        except configparser.Error as error:
            yield f"{path} cannot be read: {str(error).splitlines()[0]}"
    for path in ("setup.py", "manage.py", "conftest.py", "runtests.py"):
        if files.has(path) and files.module(path) is None:
            yield f"{path} is no Python that can be parsed, and was not read"


def table(value: object, *keys: str) -> dict[str, Any]:
    """Return the table below *keys*, empty where something else stands there."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def texts(value: object) -> tuple[str, ...]:
    """Return the strings of a list, none where something else stands there."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def lines(text: str | None) -> tuple[str, ...]:
    """Return the lines of an INI value that hold something."""
    return tuple(
        line.strip() for line in (text or "").splitlines() if line.strip() and not line.strip().startswith("#")
    )
