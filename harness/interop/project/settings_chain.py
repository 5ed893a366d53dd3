"""A settings module with those it is made of, as one namespace."""

from __future__ import annotations

import ast
import fnmatch
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from harness.interop.project.files import Files

_MAX_FILES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The files of a settings module, the innermost base first; what they define by name."""

    paths: tuple[str, ...]
    names: dict[str, ast.AST]  # assignments' values and functions; later files' win

    def reached(self, node: ast.AST, depth: int = 5) -> Iterator[ast.AST]:
        """Yield all nodes below one, and below what its names stand for."""
        yield from self._reached(node, depth, set())

    def _reached(self, node: ast.AST, depth: int, seen: set[str]) -> Iterator[ast.AST]:
        for inner in ast.walk(node):
            yield inner
            if isinstance(inner, ast.Name) and depth and inner.id in self.names and inner.id not in seen:
                seen.add(inner.id)
                yield from self._reached(self.names[inner.id], depth - 1, seen)


def chain(files: Files, module: str, roots: tuple[str, ...]) -> Chain:
    """Return the files of *module*: it and those that it takes everything, or DATABASES, from."""
    start = files.module_file(module, roots)
    paths = tuple(dict.fromkeys(_bases(files, start, module, roots, [])))
    names: dict[str, ast.AST] = {}
    for path in paths:
        names |= _names(files, path, module, roots)
    return Chain(paths=paths, names=names)


def of_file(files: Files, path: str) -> Chain:
    """Return a chain of one file: a script that configures Django by itself."""
    return Chain(paths=(path,), names=_names(files, path, "", ("",)))


def _bases(files: Files, path: str, module: str, roots: tuple[str, ...], above: list[str]) -> Iterator[str]:
    """Yield the files below *path* in the order in which their names are set, itself last."""
    tree = files.module(path) if path else None
    if tree is None or path in above or len(above) > _MAX_FILES:
        return
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=names) if {"*", "DATABASES"} & {alias.name for alias in names}:
                dotted = _absolute(node, module, path)
                found = files.module_file(dotted, roots)
                yield from _bases(files, found, dotted, roots, [*above, path])
            case ast.Call(func=ast.Name(id="include"), args=args):  # django-split-settings
                for argument in args:
                    inner = argument.args[0] if isinstance(argument, ast.Call) and argument.args else argument
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                        pattern = posixpath.normpath(posixpath.join(posixpath.dirname(path), inner.value))
                        for name in fnmatch.filter(files.paths, pattern)[:_MAX_FILES]:
                            yield from _bases(files, name, "", roots, [*above, path])
            case _:
                pass
    yield path


def _absolute(node: ast.ImportFrom, module: str, path: str) -> str:
    if not node.level:
        return node.module or ""
    package = module.split(".") if path.endswith("/__init__.py") else module.split(".")[:-1]
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _names(files: Files, path: str, module: str, roots: tuple[str, ...]) -> dict[str, ast.AST]:
    """Return what a file defines, and the functions that it imports from elsewhere in the project."""
    tree = files.module(path)
    found: dict[str, ast.AST] = {}
    for node in ast.walk(tree) if tree is not None else ():
        match node:
            case ast.ImportFrom(names=names) if "*" not in {alias.name for alias in names}:
                other = files.module(files.module_file(_absolute(node, module, path), roots))
                wanted = {alias.name: alias.asname or alias.name for alias in names}
                for item in other.body if other is not None else ():
                    if isinstance(item, ast.FunctionDef) and item.name in wanted:
                        found[wanted[item.name]] = item
            case ast.FunctionDef(name=name):
                found[name] = node
            case ast.Assign(targets=targets, value=value):
                found |= {target.id: value for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
            case _:
                pass
    return found
