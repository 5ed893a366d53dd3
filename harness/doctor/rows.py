"""Which migration makes rows that a test misses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.history import operations
from harness.doctor.inspection import Model, Node
from harness.doctor.requests import closure, place_of, visible
from harness.doctor.source import FunctionNode
from harness.doctor.trouble import Trouble

MISSING_ROW = re.compile(r"(\w+) matching query does not exist")
EMPTY_HANDED = ("AssertionError", "IndexError", "TypeError", "AttributeError", "IntegrityError", "Failed", "KeyError")
WRITES = re.compile(r"\b(?:insert\s+(?:or\s+\w+\s+)?into|update)\s+[\"`]?(\w+)", re.IGNORECASE)


def maker_of_rows(case: Case, trouble: Trouble) -> Node | None:
    """Return the project's data migration whose rows a failing test misses; None if the failure tells of none.

    A failure tells of rows if it says that one does not exist, or, with a mere assertion, if the test speaks of a
    model that a migration fills and makes no rows of it by itself.
    """
    models = wanted(case, trouble)
    for node in data_migrations(case):
        filled = {model.name for model in filled_by(case, node)}
        if filled & {model.name for model in models}:
            return node
    return None


def wanted(case: Case, trouble: Trouble) -> tuple[Model, ...]:
    """Return the models whose rows a failing test misses."""
    known = case.inspection.models if case.inspection else ()
    said = MISSING_ROW.search(trouble.words)
    if said:
        return tuple(model for model in known if model.name == said[1])
    place = place_of(case, trouble)
    if trouble.type not in EMPTY_HANDED or place is None:
        return ()
    names: set[str] = set()
    for node in _code(case, place.function.path, place.function.node, place.function.params):
        names |= {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    return tuple(model for model in known if model.name in names and not model.is_auto_created)


def _code(case: Case, path: str, function: FunctionNode, params: tuple[str, ...]) -> Iterator[ast.AST]:
    yield function
    names = closure(case, path, params)
    for fixture in visible(case, path):
        if fixture.name in names:
            yield fixture.function.node


def data_migrations(case: Case) -> tuple[Node, ...]:
    """Return the project's own migrations that may make rows."""
    graph = case.inspection.graph if case.inspection else None
    return tuple(
        node
        for node in (graph.nodes if graph else ())
        if node.file and any(operation.kind in ("RunPython", "RunSQL") for operation, _, _ in operations(node))
    )


def filled_by(case: Case, node: Node) -> tuple[Model, ...]:
    """Return the models that a migration's code fetches by name, imports, or writes to in SQL."""
    known = case.inspection.models if case.inspection else ()
    module = case.tree.module(node.file)
    strings = {
        item.value
        for item in ast.walk(module or ast.Module(body=[], type_ignores=[]))
        if isinstance(item, ast.Constant)
    }
    text = case.tree.text(node.file)
    tables = {name.lower() for operation, _, _ in operations(node) for name in WRITES.findall(operation.sql)}
    tables |= {name.lower() for value in strings if isinstance(value, str) for name in WRITES.findall(value)}
    found = []
    for model in known:
        is_fetched = "get_model" in text and (
            {model.app, model.name} <= strings
            or {model.app, model.name.lower()} <= strings
            or any(isinstance(value, str) and value.lower() == f"{model.app}.{model.name}".lower() for value in strings)
        )
        is_imported = bool(re.search(rf"^\s*from \S+ import .*\b{re.escape(model.name)}\b", text, re.MULTILINE))
        if is_fetched or is_imported or model.table.lower() in tables:
            found.append(model)
    return tuple(found)


def data_line(case: Case, node: Node) -> int:
    """Return the line of a migration's first operation that makes rows, 0 if it is not found."""
    for item in ast.walk(case.tree.module(node.file) or ast.Module(body=[], type_ignores=[])):
        if isinstance(item, ast.Call) and ast.unparse(item.func).endswith(("RunPython", "RunSQL")):
            return item.lineno
    return 0
