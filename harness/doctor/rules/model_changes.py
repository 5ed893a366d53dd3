"""Causes that lie in models of which no migration knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.classes import assignment, class_in
from harness.doctor.columns import model_of_column
from harness.doctor.finding import Clue, Depth, Fix
from harness.doctor.inspection import Model, Operation
from harness.doctor.registry import rule
from harness.doctor.rules.migrations_on_disk import migrations_folder, passed_over
from harness.doctor.trouble import Trouble

DOCS = "https://docs.djangoproject.com/en/stable"


NOT_NULL = re.compile(r"NOT NULL constraint failed: (\w+)\.(\w+)|null value in column \"(\w+)\" of relation \"(\w+)\"")


def pending(case: Case, app: str) -> tuple[Operation, ...]:
    """Return what `makemigrations` would write for an app that has migrations; nothing for one that has none."""
    inspection = case.inspection
    if inspection is None or inspection.changes is None or inspection.graph is None:
        return ()
    modules = inspection.migration_modules
    if not inspection.graph.of(app) or (modules is not None and app in modules.off):
        return ()
    return tuple(item for item in inspection.changes.items if item.app == app)


def line_in_class(case: Case, model: Model, name: str = "") -> int:
    """Return the line where a model's class, or an assignment in it or its Meta, stands; 0 if it is not found."""
    module = case.tree.module(model.file)
    for node in ast.walk(module) if module is not None else ():
        if isinstance(node, ast.ClassDef) and node.name == model.name:
            for item in ast.walk(node) if name else ():
                if isinstance(item, ast.Assign) and any(ast.unparse(target) == name for target in item.targets):
                    return item.lineno
                if isinstance(item, ast.AnnAssign) and ast.unparse(item.target) == name:
                    return item.lineno
            return node.lineno
    return 0


def field_place(case: Case, model: Model, name: str) -> tuple[str, int]:
    """Return the file and line that give a model a field: its own class, else the base class that has it."""
    owner = class_in(case.tree, model.file, model.name)
    found = assignment(case.tree, model.file, owner, name, case.roots) if owner is not None else None
    return found or (model.file, line_in_class(case, model, name))


def _inheriting(case: Case, model: Model, name: str, place: tuple[str, int]) -> tuple[str, ...]:
    """Return the apps that lack a migration for the same field in the same place, the model's own first."""
    apps = [model.app]
    for other in case.models:
        if other.app not in apps and any(
            item.kind == "AddField" and (item.model, item.field) == (other.name.lower(), name)
            for item in pending(case, other.app)
        ):
            apps += [other.app] if field_place(case, other, name) == place else []
    return tuple(apps)


def _written(*apps: str) -> Fix:
    return Fix(
        words="write the migration and commit it" if len(apps) == 1 else "write the migrations and commit them",
        commands=(("python", "{manage}", "makemigrations", *apps, "--noinput"),),
    )


@rule(
    "field-added-without-makemigrations",
    title="a model has a field that no migration adds",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/topics/migrations/#workflow",
)
def field_added_without_makemigrations(case: Case) -> Iterator[Clue]:
    """The ORM names the column in every query; the table does not have it."""
    if case.is_pytest and not case.pytest.is_migrating:
        return
    for model in case.models:
        added = [
            item for item in pending(case, model.app) if item.kind == "AddField" and item.model == model.name.lower()
        ]
        for item in added:
            if _is_passed_over(case, model, item.field):
                continue
            columns = {item.field.lower(), f"{item.field}_id".lower()}
            through = f"{model.table}_{item.field}".lower()
            explained = [
                trouble
                for trouble in case.troubles
                if (model_of_column(case, trouble) == model and _is_column(trouble, model, columns))
                or trouble.table.lower() == through
            ]
            path, line = field_place(case, model, item.field)
            yield Clue(
                path=path,
                line=line,
                evidence=f"{path} gives {model.name} the field {item.field}, and no migration of {model.app} "
                f"adds it: {model.table} has no such column.",
                fix=_written(*_inheriting(case, model, item.field, (path, line))),
                is_explaining=bool(explained),
                is_certain=True,
            )
            break


def _is_passed_over(case: Case, model: Model, field: str) -> bool:
    """Tell whether a migration that Django passes over names the field: it was written, and is not read."""
    apps = case.inspection.apps if case.inspection is not None else ()
    folder = next((migrations_folder(case, app) for app in apps if app.label == model.app), "")
    return any(re.search(rf"[\"']{re.escape(field)}[\"']", case.tree.text(path)) for path in passed_over(case, folder))


def _is_column(trouble: Trouble, model: Model, columns: set[str]) -> bool:
    """Tell whether a missing column is a new field's: by its name, or because the field has another column's."""
    return trouble.column.lower() in columns or not columns & {name.lower() for name in model.columns}


@rule(
    "model-change-without-makemigrations",
    title="a model was changed and no migration says so",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/topics/migrations/#workflow",
)
def model_change_without_makemigrations(case: Case) -> Iterator[Clue]:
    """The tables are those of the migrations, not those of the models."""
    if case.is_pytest and not case.pytest.is_migrating:
        return
    for trouble in case.troubles:
        found = _changed(case, trouble)
        if found is None:
            continue
        model, item = found
        is_renamed = item.kind == "AlterModelTable"
        yield Clue(
            path=model.file,
            line=line_in_class(case, model, "db_table" if is_renamed else item.field),
            evidence=f"makemigrations would still write {item.kind} "
            f"{item.model}{'.' + item.field if item.field else ''} for "
            f"{model.app}: {_difference(trouble, model)}.",
            fix=_written(model.app),
            is_explaining=True,
        )
        return


def _changed(case: Case, trouble: Trouble) -> tuple[Model, Operation] | None:
    inspection = case.inspection
    if inspection is None:
        return None
    if trouble.table:
        model = inspection.model_of_table(trouble.table)
        kinds: tuple[str, ...] = ("AlterModelTable", "CreateModel", "RenameModel")
        field = ""
    else:
        said = NOT_NULL.search(trouble.words)
        table, field = (said[1] or said[4], said[2] or said[3]) if said else ("", "")
        model = inspection.model_of_table(table) if table else None
        kinds = ("AlterField", "RemoveField", "RenameField")
    if model is None or not model.is_managed:
        return None
    for item in pending(case, model.app):
        names = {item.model.lower(), item.renames_to.lower()}
        if (
            item.kind in kinds
            and model.name.lower() in names
            and (not field or item.field in (field, field.removesuffix("_id")))
        ):
            return model, item
    return None


def _difference(trouble: Trouble, model: Model) -> str:
    if trouble.table:
        return f"the model's table is {model.table}, which no migration makes"
    return f"the table is as the migrations made it ({trouble.message})"
