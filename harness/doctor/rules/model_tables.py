"""Causes that lie in models: what no migration knows of, what nobody imports, what Django does not manage."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.columns import model_of_column
from harness.doctor.edit import Patch, create
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.history import play
from harness.doctor.inspection import App, Model, Operation
from harness.doctor.migration_source import creator
from harness.doctor.registry import rule
from harness.doctor.source import ModelClass, is_of_tests
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


def is_own(case: Case, model: Model) -> bool:
    """Tell whether a model is the project's."""
    return any(app.label == model.app and app.is_own for app in (case.inspection.apps if case.inspection else ()))


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


def _written(case: Case, app: str) -> Fix:
    return Fix(words="write the migration and commit it", commands=(("python", "{manage}", "makemigrations", app, "--noinput"),))


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
        added = [item for item in pending(case, model.app) if item.kind == "AddField" and item.model == model.name.lower()]
        for item in added:
            columns = {item.field.lower(), f"{item.field}_id".lower()}
            through = f"{model.table}_{item.field}".lower()
            explained = [
                trouble
                for trouble in case.troubles
                if (model_of_column(case, trouble) == model and _is_column(trouble, model, columns))
                or trouble.table.lower() == through
            ]
            yield Clue(
                path=model.file,
                line=line_in_class(case, model, item.field),
                evidence=f"{model.file} gives {model.name} the field {item.field}, and no migration of {model.app} adds it: "
                f"{model.table} has no such column.",
                fix=_written(case, model.app),
                is_explaining=bool(explained),
                is_certain=True,
            )
            break


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
            evidence=f"makemigrations would still write {item.kind} {item.model}{'.' + item.field if item.field else ''} for "
            f"{model.app}: {_difference(trouble, model)}.",
            fix=_written(case, model.app),
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
        if item.kind in kinds and model.name.lower() in names and (not field or item.field in (field, field.removesuffix("_id"))):
            return model, item
    return None


def _difference(trouble: Trouble, model: Model) -> str:
    if trouble.table:
        return f"the model's table is {model.table}, which no migration makes"
    return f"the table is as the migrations made it ({trouble.message})"


# ---------------------------------------------------------------- classes that nobody imports


def _app_of(case: Case, path: str) -> App | None:
    """Return the installed app whose folder a file lies in, the innermost one."""
    own = [app for app in (case.inspection.apps if case.inspection else ()) if app.is_own]
    found = [app for app in own if path.startswith(f"{app.path}/" if app.path else "")]
    return max(found, key=lambda app: len(app.path), default=None)


def _unloaded(case: Case, table: str) -> tuple[ModelClass, App] | None:
    """Return a class of an installed app that would have that table and that is not loaded."""
    loaded = {(model.file, model.name) for model in (case.inspection.models if case.inspection else ())}
    for model in case.model_classes():
        app = _app_of(case, model.path)
        if app is None or model.is_abstract or (model.path, model.name) in loaded or is_of_tests(model.path):
            continue
        if model.app_label and model.app_label != app.label:
            continue
        if table.lower() == (model.table or f"{app.label}_{model.name}").lower() and model.managed is not False:
            return model, app
    return None


def _with_import(case: Case, app: App, model: ModelClass) -> tuple[str, Change]:
    """Return the file that is to import a model's class, and the change."""
    base = f"{app.path}/" if app.path else ""
    package = f"{base}models/__init__.py"
    path = package if case.tree.has(package) else f"{base}models.py"
    inner = model.path[len(base) :].removesuffix(".py").removesuffix("/__init__")
    parts = inner.split("/")
    source = "." + ".".join(parts[1:] if path == package and parts[:1] == ["models"] else parts)
    if path == package and parts[:1] != ["models"]:
        source = f".{source}"
    line = f"from {source} import {model.name}  # noqa: F401\n"
    text = case.tree.text(path)
    if not case.tree.has(path):
        return path, create(path, line)
    start = "" if not text or text.endswith("\n") else "\n"
    return path, Patch(tree=case.tree, path=path).insert(len(text), f"{start}{line}").change()


@rule(
    "models-package-not-imported",
    title="a model's module is imported by nobody when Django looks for models",
    depth=Depth.CODE,
    link=f"{DOCS}/topics/db/models/#organizing-models-in-a-package",
)
def models_package_not_imported(case: Case) -> Iterator[Clue]:
    """Django imports an app's `models`; what that does not import has no migration and no table."""
    for trouble in case.troubles:
        found = _unloaded(case, trouble.table) if trouble.table else None
        if found is None:
            continue
        model, app = found
        path, change = _with_import(case, app, model)
        yield Clue(
            path=path,
            evidence=f"{model.path}:{model.line} defines {model.name}, and {path} does not import it: makemigrations and migrate "
            f"never see it, so nothing makes {trouble.table}.",
            fix=Fix(
                words=f"import {model.name} there, and write its migration",
                changes=(change,),
                commands=(("python", "{manage}", "makemigrations", app.label, "--noinput"),),
            ),
            is_explaining=True,
        )
        return


# ---------------------------------------------------------------- unmanaged models

UNMANAGED_FIXTURE = '''@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Make the tables of unmanaged models in the test database."""
    from django.apps import apps
    from django.db import connections

    with django_db_blocker.unblock():
        for alias, label in (%s):
            connection = connections[alias]
            model = apps.get_model(label)
            if model._meta.db_table not in connection.introspection.table_names():
                with connection.schema_editor() as editor:
                    editor.create_model(model)
'''


@rule(
    "unmanaged-model",
    title="a model that Django does not manage: nothing makes its table",
    depth=Depth.CODE,
    link=f"{DOCS}/ref/models/options/#managed",
)
def unmanaged_model(case: Case) -> Iterator[Clue]:
    """With managed = False neither migrations nor the test runner make the table."""
    graph = case.inspection.graph if case.inspection else None
    found: dict[str, tuple[Model, str]] = {}
    for trouble in case.troubles:
        model = case.inspection.model_of_table(trouble.table) if case.inspection and trouble.table else None
        if model is None or model.is_managed or (graph and creator(case, play(graph), trouble.table)):
            continue
        found.setdefault(model.table, (model, trouble.alias or "default"))
    if not found:
        return
    model, _ = next(iter(found.values()))
    items = "".join(f'("{alias}", "{item.app}.{item.name}"), ' for item, alias in found.values()).strip()
    yield Clue(
        path=model.file,
        line=line_in_class(case, model, "managed"),
        evidence=f"{model.app}.{model.name} has managed = False, and no migration's SQL makes {model.table}: nothing does, in a "
        "test database neither.",
        fix=Fix(
            words="make the table for tests, in a fixture or a migration, or let Django manage it in the tests' settings",
            changes=_with_fixture(case, UNMANAGED_FIXTURE % items) if case.is_pytest else (),
        ),
        is_explaining=True,
    )


def _with_fixture(case: Case, text: str) -> tuple[Change, ...]:
    """Return the change that adds a django_db_setup to the conftest of pytest's root, none if it has one."""
    folder = case.pytest.rootdir
    path = f"{folder}/conftest.py" if folder else "conftest.py"
    if not case.tree.has(path):
        return (create(path, f"import pytest\n\n\n{text}"),)
    if "def django_db_setup" in case.tree.text(path):
        return ()
    patch = Patch(tree=case.tree, path=path).ensure_import("import pytest")
    return (patch.insert(len(patch.text), f"\n\n{text}").change(),)


# ---------------------------------------------------------------- SQL that names a table by hand


def _meant(case: Case, table: str) -> Model | None:
    """Return the model whose table was meant by a name that is none."""
    known = [model for model in (case.inspection.models if case.inspection else ()) if model.needs_table]
    named = [model for model in known if table.lower().endswith(f"_{model.name.lower()}") or table.lower() == model.name.lower()]
    own = [model for model in named if is_own(case, model)]
    near = difflib.get_close_matches(table.lower(), [model.table.lower() for model in known], n=1, cutoff=0.75)
    return next(iter(own or named), None) or next((model for model in known if model.table.lower() in near), None)


@rule(
    "raw-sql-wrong-table-name",
    title="SQL written by hand names a table that no model has",
    depth=Depth.CODE,
    link=f"{DOCS}/ref/models/options/#db-table",
)
def raw_sql_wrong_table_name(case: Case) -> Iterator[Clue]:
    """The model's table is called otherwise: db_table, or the app's label, says so."""
    inspection = case.inspection
    for trouble in case.troubles:
        table = trouble.table
        if inspection is None or not table or inspection.model_of_table(table) is not None or _is_of_source(case, table):
            continue
        word = re.compile(rf"(?<!\w){re.escape(table)}(?!\w)")
        frame = next((item for item in reversed(trouble.frames) if word.search(case.tree.text(item.file))), None)
        model = _meant(case, table)
        if frame is None or model is None:
            continue
        text = case.tree.text(frame.file)
        lines = [number for number, line in enumerate(text.splitlines(), 1) if word.search(line)]
        line = frame.line if frame.line in lines else min(lines, key=lambda number: abs(number - frame.line))
        yield Clue(
            path=frame.file,
            line=line,
            evidence=f"the SQL at {frame.file}:{line} names {table}; the table of {model.app}.{model.name} is {model.table}, and no "
            "model has one of that name.",
            fix=Fix(
                words=f"write {model.name}._meta.db_table, which is {model.table}",
                changes=(Change(path=frame.file, before=text, after=word.sub(model.table, text)),),
            ),
            is_explaining=True,
        )
        return


def _is_of_source(case: Case, table: str) -> bool:
    """Tell whether a class in the source, loaded or not, would have that table, or a migration makes it."""
    graph = case.inspection.graph if case.inspection else None
    if graph is not None and play(graph).of_table(table) is not None:
        return True
    return _unloaded(case, table) is not None or any(model.table.lower() == table.lower() for model in case.model_classes())
