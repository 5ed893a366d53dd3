"""The files of a project as text, read when asked for."""

from __future__ import annotations

import ast
import contextlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TypeVar, cast

T = TypeVar("T")

SIZE_LIMIT_BYTES = 2_000_000
"""A text file larger than this is nobody's settings, test or migration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The files below a folder, their names with slashes and sorted; contents are read once."""

    root: Path
    paths: tuple[str, ...]
    _texts: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _modules: dict[str, ast.Module | None] = field(default_factory=dict, compare=False, repr=False)
    _facts: dict[str | tuple[str, str], object] = field(default_factory=dict, compare=False, repr=False)

    def text(self, path: str) -> str:
        """Return a file's text, empty if there is none or it cannot be read."""
        if path not in self._texts:
            found = ""
            with contextlib.suppress(OSError):
                file = self.root / path
                if file.stat().st_size <= SIZE_LIMIT_BYTES:
                    found = file.read_text(encoding="utf-8-sig", errors="replace")
            self._texts[path] = found
        return self._texts[path]

    def module(self, path: str) -> ast.Module | None:
        """Return a Python file's syntax tree, None if it has an error."""
        if path not in self._modules:
            tree = None
            with contextlib.suppress(SyntaxError, ValueError, RecursionError), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an old escape in somebody's string
                tree = ast.parse(self.text(path))
            self._modules[path] = tree
        return self._modules[path]

    def python(self) -> tuple[str, ...]:
        """Return the Python files."""
        return tuple(path for path in self.paths if path.endswith(".py"))

    def has(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return path in self._index()

    def below(self, folder: str) -> tuple[str, ...]:
        """Return the files below a folder; "" is the project itself."""
        return tuple(path for path in self.paths if not folder or path.startswith(f"{folder}/"))

    def folders(self) -> frozenset[str]:
        """Return every folder that holds a file, at any depth; the project itself is ""."""
        found = self._facts.get("folders")
        if found is None:
            found = frozenset(
                "/".join(parts[:size])
                for path in self.paths
                for parts in (path.split("/"),)
                for size in range(len(parts))
            )
            self._facts["folders"] = found
        return found  # type: ignore[return-value]  # written above

    def _index(self) -> frozenset[str]:
        found = self._facts.get("index")
        if found is None:
            found = self._facts["index"] = frozenset(self.paths)
        return found  # type: ignore[return-value]  # written above

    def module_file(self, dotted: str, roots: tuple[str, ...]) -> str:
        """Return the file of a module that is imported from one of the folders *roots*, empty if none is."""
        base = dotted.replace(".", "/")
        for root in roots:
            prefix = f"{root}/" if root else ""
            for name in (f"{prefix}{base}.py", f"{prefix}{base}/__init__.py"):
                if self.has(name):
                    return name
        return ""

    def once(self, name: str, path: str, read: Callable[[], T]) -> T:
        """Return what *read* says of a file, asked the first time; *name* tells one kind of reading from others."""
        key = (name, path)
        if key not in self._facts:
            self._facts[key] = read()
        return cast("T", self._facts[key])


def read_once(read: Callable[[Tree, str], T]) -> Callable[[Tree, str], T]:
    """Let a reader of one file read it once: rules ask about the same files again and again."""

    @wraps(read)
    def remembered(tree: Tree, path: str) -> T:
        return tree.once(read.__name__, path, lambda: read(tree, path))

    return remembered
