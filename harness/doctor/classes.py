"""Where a class, or one of its bases in the project, assigns a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.doctor.choice import dotted
from harness.doctor.installed import absolute
from harness.doctor.tree import Tree

MAX_BASES = 20
"""A chain of bases longer than this is a cycle of re-exports."""


def walk(tree: Tree, path: str) -> Iterator[ast.AST]:
    """Yield every node of a file's syntax tree; none if it has an error."""
    module = tree.module(path)
    yield from ast.walk(module) if module is not None else ()


def class_in(tree: Tree, path: str, name: str) -> ast.ClassDef | None:
    """Return a class of a file, None if it is not defined there."""
    found = (node for node in walk(tree, path) if isinstance(node, ast.ClassDef) and node.name == name)
    return next(found, None)


def assignment(
    tree: Tree, path: str, owner: ast.ClassDef, name: str, roots: tuple[str, ...], limit: int = MAX_BASES
) -> tuple[str, int] | None:
    """Return the file and line where a class assigns a name: in its own body, else in that of a base, depth first."""
    for item in owner.body:
        targets = (
            item.targets if isinstance(item, ast.Assign) else [item.target] if isinstance(item, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return path, item.lineno
    for base in owner.bases if limit else ():
        found = _definition(tree, path, ast.unparse(base), roots, limit)
        inherited = assignment(tree, *found, name, roots, limit - 1) if found is not None else None
        if inherited is not None:
            return inherited
    return None


def _definition(
    tree: Tree, path: str, name: str, roots: tuple[str, ...], limit: int
) -> tuple[str, ast.ClassDef] | None:
    """Return the file and node of a class, by the name that it has in a file; None if it is not the project's own."""
    head, _, tail = name.rpartition(".")
    own = class_in(tree, path, name)
    if own is not None or not limit:
        return (path, own) if own is not None else None
    for node in walk(tree, path):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for item in node.names:
            source, inner = _source(node, item, head, tail, dotted(path, roots), path)
            file = tree.module_file(source, roots) if source else ""
            found = _definition(tree, file, inner, roots, limit - 1) if file and file != path else None
            if found is not None:
                return found
    return None


def _source(
    node: ast.Import | ast.ImportFrom, item: ast.alias, head: str, tail: str, module: str, path: str
) -> tuple[str, str]:
    """Return the module that an import takes "head.tail" from, empty if it does not, with the class's name there."""
    known = item.asname or item.name
    if isinstance(node, ast.Import):
        return (item.name if known == head else ""), tail
    base = absolute("." * node.level + (node.module or ""), module, path)
    if head:
        return (f"{base}.{item.name}" if known == head else ""), tail
    return (base if known in (tail, "*") else ""), tail if item.name == "*" else item.name
