"""Causes that lie in who makes a table, or in what it is called."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch, create
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.history import play
from harness.doctor.inspection import Model
from harness.doctor.migration_source import creator
from harness.doctor.registry import rule
from harness.doctor.rules.model_changes import DOCS, line_in_class
from harness.doctor.rules.models_not_imported import unloaded


def is_own(case: Case, model: Model) -> bool:
    """Tell whether a model is the project's."""
    return any(app.label == model.app and app.is_own for app in (case.inspection.apps if case.inspection else ()))


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
        evidence=f"{model.app}.{model.name} has managed = False, and no migration's SQL makes {model.table}: nothing "
        "does, in a "
        "test database neither.",
        fix=Fix(
            words="make the table for tests, in a fixture or a migration, or let Django manage it in the tests' "
            "settings",
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


def _meant(case: Case, table: str) -> Model | None:
    """Return the model whose table was meant by a name that is none."""
    known = [model for model in (case.inspection.models if case.inspection else ()) if model.needs_table]
    named = [
        model
        for model in known
        if table.lower().endswith(f"_{model.name.lower()}") or table.lower() == model.name.lower()
    ]
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
        if (
            inspection is None
            or not table
            or inspection.model_of_table(table) is not None
            or _is_of_source(case, table)
        ):
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
            evidence=f"the SQL at {frame.file}:{line} names {table}; the table of {model.app}.{model.name} is "
            f"{model.table}, and no "
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
    return unloaded(case, table) is not None or any(
        model.table.lower() == table.lower() for model in case.model_classes()
    )
