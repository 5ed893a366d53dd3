"""Causes that lie in a model that is swapped for another one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.inspection import Node, Operation
from harness.doctor.migration_source import add_dependency, attribute, line_with, walk
from harness.doctor.registry import rule
from harness.doctor.rules.migration_graph import UNRESOLVED, graph_of


@rule(
    "hardcoded-auth-user-fk",
    title="a migration points at a model that is swapped for another one",
    depth=Depth.MIGRATIONS,
    link="https://docs.djangoproject.com/en/stable/topics/auth/customizing/#referencing-the-user-model",
)
def hardcoded_auth_user_fk(case: Case) -> Iterator[Clue]:
    """The table of a model that is swapped is never made; a key to it points nowhere."""
    graph = graph_of(case)
    swapped = [model for model in case.inspection.models if model.is_swapped] if case.inspection else []
    for model in swapped if graph else ():
        name = f"{model.app}.{model.name}"
        for node in graph.nodes if graph else ():
            if not node.file or not _refers(node, name):
                continue
            is_pending = any(item.kind == "AlterField" and item.app == node.app for item in _changes(case))
            is_said = any(
                trouble.table.lower() == model.table.lower()
                or any(
                    (found := pattern.search(trouble.words)) and found[1].lower() == name.lower()
                    for pattern in UNRESOLVED
                )
                for trouble in case.troubles
            )
            if not is_said and not is_pending:
                continue
            yield Clue(
                path=node.file,
                line=line_with(case, node.file, name),
                evidence=f"{node.app}.{node.name} says to='{name}', and that model is swapped for another one "
                f"({_user_model(case)}): table {model.table} is never made, and the key points at it.",
                fix=Fix(
                    words="say to=settings.AUTH_USER_MODEL, and depend on "
                    "migrations.swappable_dependency(settings.AUTH_USER_MODEL)",
                    changes=(_swappable(case, node.file, name),),
                ),
                is_explaining=is_said,
                is_certain=is_pending and case.pytest.is_migrating,
            )
            return


def _changes(case: Case) -> tuple[Operation, ...]:
    return case.inspection.changes.items if case.inspection and case.inspection.changes else ()


def _user_model(case: Case) -> str:
    settings = case.inspection.settings if case.inspection else None
    return f"AUTH_USER_MODEL = '{settings.auth_user_model}'" if settings else "AUTH_USER_MODEL"


def _refers(node: Node, name: str) -> bool:
    operations = [*node.operations, *(item for operation in node.operations for item in operation.within())]
    return any(item.to.lower() == name.lower() for operation in operations for item in operation.references)


def _swappable(case: Case, path: str, name: str) -> Change:
    patch = Patch(tree=case.tree, path=path)
    for node in walk(case, path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lower() == name.lower():
            patch.replace(node, "settings.AUTH_USER_MODEL")
    known = attribute(case, path, "dependencies")
    if known is None or "swappable_dependency" not in ast.unparse(known):
        add_dependency(case, patch, "migrations.swappable_dependency(settings.AUTH_USER_MODEL)")
    return patch.ensure_import("from django.conf import settings").change()
