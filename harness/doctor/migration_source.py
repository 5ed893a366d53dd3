"""The text of a migration: where its parts are, with edits of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.history import History, operations
from harness.doctor.inspection import Node

CREATES = (
    r"create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:materialized\s+)?(?:table|view)\s+"
    r"(?:if\s+not\s+exists\s+)?[\"`\[]?"
)


def walk(case: Case, path: str) -> Iterator[ast.AST]:
    """Yield every node of a file's syntax tree; none if it has an error."""
    module = case.tree.module(path)
    yield from ast.walk(module) if module is not None else ()


def migration_class(case: Case, path: str) -> ast.ClassDef | None:
    """Return the class Migration of a file."""
    return next(
        (node for node in walk(case, path) if isinstance(node, ast.ClassDef) and node.name == "Migration"), None
    )


def attribute(case: Case, path: str, name: str) -> ast.Assign | None:
    """Return the assignment of one of the migration's attributes: dependencies, operations."""
    owner = migration_class(case, path)
    for node in owner.body if owner is not None else ():
        if isinstance(node, ast.Assign) and any(ast.unparse(item) == name for item in node.targets):
            return node
    return None


def add_dependency(case: Case, patch: Patch, text: str) -> int:
    """Let a migration depend on something more; return the line where its dependencies stand, 0 if it has no class."""
    path = patch.path
    found = attribute(case, path, "dependencies")
    if found is not None and isinstance(found.value, ast.List | ast.Tuple):
        _append(patch, found.value, text)
        return found.lineno
    owner = migration_class(case, path)
    if owner is None:
        return 0
    patch.before_line(owner.body[0].lineno, f"{' ' * owner.body[0].col_offset}dependencies = [{text}]\n\n")
    return owner.lineno


def _append(patch: Patch, found: ast.List | ast.Tuple, text: str) -> None:
    if not found.elts:
        patch.replace(found, f"[{text}]" if isinstance(found, ast.List) else f"({text},)")
        return
    last = found.elts[-1]
    end = patch.at(last.end_lineno or last.lineno, last.end_col_offset or 0)
    patch.insert(end, f", {text}" if last.lineno == found.lineno else f",\n{' ' * last.col_offset}{text}")


def prepend_operation(case: Case, patch: Patch, text: str) -> bool:
    """Put an operation before all others of a migration; False if they are no list."""
    found = attribute(case, patch.path, "operations")
    if found is None or not isinstance(found.value, ast.List):
        return False
    if not found.value.elts:
        patch.replace(found.value, f"[{text}]")
        return True
    first = found.value.elts[0]
    join = ", " if first.lineno == found.value.lineno else f",\n{' ' * first.col_offset}"
    patch.insert(patch.at(first.lineno, first.col_offset), f"{text}{join}")
    return True


def calls(case: Case, path: str, *names: str) -> tuple[ast.Call, ...]:
    """Return the calls of these names in a file, in their order."""
    found = [
        node
        for node in walk(case, path)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names
    ]
    return tuple(sorted(found, key=lambda node: node.lineno))


def line_with(case: Case, path: str, text: str) -> int:
    """Return the first line that a string constant with that text stands on, in whatever case; 0 if there is none."""
    lines = [
        node.lineno
        for node in walk(case, path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and text.lower() in node.value.lower()
    ]
    return min(lines, default=0)


def creator(case: Case, history: History, table: str) -> Node | None:
    """Return the migration that makes a table or view outside of Django's models: by its SQL, or SQL in its code."""
    wanted = re.compile(rf"{CREATES}(?:\w+[\"`]?\.[\"`]?)?{re.escape(table)}\b", re.IGNORECASE)
    graph = case.inspection.graph if case.inspection else None
    known = history.maker(table)
    for node in graph.nodes if graph else ():
        if node == known and any(table.lower() in map(str.lower, item.creates) for item, _, _ in operations(node)):
            return node
        if node.file and any(
            isinstance(item, ast.Constant) and isinstance(item.value, str) and wanted.search(item.value)
            for item in walk(case, node.file)
        ):
            return node
    return None
