"""Causes that lie in tables that Django's state has and nothing makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.entries import Item, without
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.history import play
from harness.doctor.migration_source import calls, creator
from harness.doctor.registry import rule
from harness.doctor.rules.migration_code import DOCS


@rule(
    "separate-database-and-state-only",
    title="a model exists for Django's state only: nothing makes its table",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/ref/migration-operations/#separatedatabaseandstate",
)
def separate_database_and_state_only(case: Case) -> Iterator[Clue]:
    """The table was there when the model was moved; on a fresh database nobody makes it."""
    graph = case.inspection.graph if case.inspection else None
    if graph is None:
        return
    history = play(graph)
    for trouble in case.troubles:
        known = history.of_table(trouble.table) if trouble.table else None
        if known is None or not known.is_state_only or creator(case, history, trouble.table) is not None:
            continue
        path = known.created_by.file
        found = [
            call
            for call in calls(case, path, "SeparateDatabaseAndState")
            if any(_creates(inner, known.name) for inner in ast.walk(call))
        ]
        call = next(iter(found), None)
        yield Clue(
            path=path,
            line=call.lineno if call is not None else 0,
            evidence=f"{known.created_by.app}.{known.created_by.name} makes {known.name} by state_operations only, and "
            "no "
            f"migration makes table {trouble.table}: a fresh database never gets it.",
            fix=Fix(
                words="let the migration make the table as well (database_operations)",
                changes=(_for_the_database(case, path, call),) if call is not None else (),
            ),
            is_explaining=True,
        )
        return


def _creates(node: ast.AST, name: str) -> bool:
    if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("CreateModel"):
        return False
    return any(
        isinstance(item, ast.Constant) and item.value == name
        for item in (*node.args, *(k.value for k in node.keywords))
    )


def _for_the_database(case: Case, path: str, call: ast.Call) -> Change:
    """Return the change that makes the tables of the models that are created for the state."""
    patch = Patch(tree=case.tree, path=path)
    listed = next((item for item in call.keywords if item.arg == "state_operations"), None)
    given = next((item for item in call.keywords if item.arg == "database_operations"), None)
    operations = listed.value.elts if listed is not None and isinstance(listed.value, ast.List) else []
    text = case.tree.text(path)
    is_empty = given is None or not ast.unparse(given.value).strip("[]()")
    if operations and is_empty and all(ast.unparse(item).startswith("migrations.CreateModel") for item in operations):
        sources = [ast.get_source_segment(text, item) or ast.unparse(item) for item in operations]
        return patch.replace(call, f",\n{' ' * call.col_offset}".join(sources)).change()
    created = [
        ast.get_source_segment(text, item) or "" for item in operations if ".CreateModel" in ast.unparse(item)[:30]
    ]
    inner = ", ".join(created)
    if given is not None and isinstance(given.value, ast.List):
        first = given.value
        where = patch.at(first.lineno, first.col_offset) + 1
        return patch.insert(where, f"{inner}, " if first.elts else inner).change()
    end = patch.at(call.end_lineno or call.lineno, (call.end_col_offset or 1) - 1)
    return patch.insert(end, f"    database_operations=[{inner}],\n{' ' * call.col_offset}").change()


@rule(
    "unmanaged-then-managed",
    title="a model was made unmanaged and became managed later: nothing makes its table",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/ref/models/options/#managed",
)
def unmanaged_then_managed(case: Case) -> Iterator[Clue]:
    """AlterModelOptions(managed=True) changes Django's state and issues no CREATE TABLE."""
    graph = case.inspection.graph if case.inspection else None
    if graph is None:
        return
    history = play(graph)
    for trouble in case.troubles:
        known = history.of_table(trouble.table) if trouble.table else None
        if (
            known is None
            or known.was_managed
            or not known.is_managed
            or creator(case, history, trouble.table) is not None
        ):
            continue
        path = known.created_by.file
        item = next(
            (found for call in calls(case, path, "CreateModel") if (found := _managed(path, call, known.name))), None
        )
        later = f"{known.managed_by.app}.{known.managed_by.name}" if known.managed_by else "a later migration"
        yield Clue(
            path=path,
            line=item.line if item else 0,
            evidence=f"{known.created_by.app}.{known.created_by.name} creates {known.name} with managed = False, which "
            "makes no "
            f"table; {later} makes it managed, which makes none either: {trouble.table} is missing from a fresh "
            "database.",
            fix=Fix(
                words="create it managed in the first place, or add a migration that makes the table",
                changes=(without(case, item),) if item else (),
            ),
            is_explaining=True,
        )
        return


def _managed(path: str, call: ast.Call, name: str) -> Item | None:
    """Return the "managed" item among the options of a CreateModel."""
    if not _creates(call, name):
        return None
    for node in ast.walk(call):
        for index, key in enumerate(node.keys if isinstance(node, ast.Dict) else ()):
            if isinstance(node, ast.Dict) and isinstance(key, ast.Constant) and key.value == "managed":
                return Item(path=path, line=key.lineno, value=node.values[index], holder=node, index=index)
    return None
