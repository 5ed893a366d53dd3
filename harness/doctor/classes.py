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
        for item in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            known, inner = item.asname or item.name, tail
            if isinstance(node, ast.Import):
                source = item.name if known == head else ""
            else:
                base = absolute("." * node.level + (node.module or ""), dotted(path, roots), path)
                source = f"{base}.{item.name}" if head and known == head else base if not head else ""
                inner = item.name if known == tail and not head else tail
                source = source if head or known in (tail, "*") else ""
            file = tree.module_file(source, roots) if source else ""
            found = _definition(tree, file, inner, roots, limit - 1) if file and file != path else None
            if found is not None:
                return found
    return None
