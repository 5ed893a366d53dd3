"""Causes that lie in PostgreSQL's schemas."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor import entries
from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.history import play
from harness.doctor.inspection import Model, Node
from harness.doctor.migration_source import prepend_operation
from harness.doctor.registry import rule
from harness.doctor.rules.model_changes import line_in_class

NO_SCHEMA = re.compile(r'schema "([^"]+)" does not exist')


NOWHERE = re.compile(r"no schema has been selected to create in")


@rule(
    "postgres-db-table-with-schema",
    title="a model's table lies in a schema that no migration creates",
    depth=Depth.MIGRATIONS,
    link="https://www.postgresql.org/docs/current/ddl-schemas.html",
)
def postgres_db_table_with_schema(case: Case) -> Iterator[Clue]:
    """The test database has schema public only; the real one got the other by hand."""
    for trouble in case.troubles:
        said = NO_SCHEMA.search(trouble.words)
        model = _in_schema(case, said[1]) if said else None
        if said is None or model is None:
            continue
        graph = case.inspection.graph if case.inspection else None
        node = graph.node(trouble.migration) if graph and trouble.migration else None
        known = play(graph).of_table(model.table) if graph else None
        node = node or (known.created_by if known else None)
        yield Clue(
            path=model.file,
            line=line_in_class(case, model, "db_table"),
            evidence=f"the table of {model.app}.{model.name} is {model.table}, in schema {said[1]}, and no migration "
            "creates that "
            "schema: a test database has only public.",
            fix=Fix(
                words=f"create it first: migrations.RunSQL('CREATE SCHEMA IF NOT EXISTS {said[1]}')",
                changes=first(
                    case,
                    node,
                    f"migrations.RunSQL('CREATE SCHEMA IF NOT EXISTS \"{said[1]}\"', migrations.RunSQL.noop)",
                ),
            ),
            is_explaining=True,
        )
        return


def _in_schema(case: Case, schema: str) -> Model | None:
    prefix = f'{schema}"."'.lower()
    return next((model for model in case.models if model.table.lower().lstrip('"').startswith(prefix)), None)


def first(case: Case, node: Node | None, text: str, statement: str = "") -> tuple[Change, ...]:
    """Return the change that puts an operation before all others of a migration."""
    if node is None or not node.file:
        return ()
    patch = Patch(tree=case.tree, path=node.file)
    if not prepend_operation(case, patch, text):
        return ()
    return ((patch.ensure_import(statement) if statement else patch).change(),)


@rule(
    "postgres-schema-not-in-test-db",
    title="search_path names a schema that the test database does not have",
    depth=Depth.SETTINGS,
    link="https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH",
)
def postgres_schema_not_in_test_db(case: Case) -> Iterator[Clue]:
    """Tables are made in the first schema of the search_path that exists, and there is none."""
    for trouble in case.troubles:
        if not NOWHERE.search(trouble.words) and not NO_SCHEMA.search(trouble.words):
            continue
        settings = case.inspection.settings if case.inspection else None
        for entry in settings.databases if settings else ():
            if entry.vendor != "postgresql" or "search_path" not in str(entry.options):
                continue
            if trouble.alias and trouble.alias != entry.alias:
                continue
            item = entries.find(case, entry.alias, "OPTIONS", "options") or entries.find(case, entry.alias, "OPTIONS")
            yield Clue(
                path=item.path if item else next(iter(case.settings_files), ""),
                line=item.line if item else 0,
                setting=entries.label(entry.alias, "OPTIONS"),
                evidence=f"{entries.label(entry.alias, 'OPTIONS')} sets the search_path ({entry.options}); the schema "
                "is in the "
                "real database only, so in a fresh test database there is none to make tables in.",
                fix=Fix(
                    words="leave the search_path out of the tests' settings, or have public behind it, or create the "
                    "schema first",
                    changes=(_with_public(case, item),) if item else (),
                ),
                is_explaining=True,
            )
            return


def _with_public(case: Case, item: entries.Item) -> Change:
    """Return the change that lets public follow in the search_path: it takes the tables where the schema is missing."""
    patch = Patch(tree=case.tree, path=item.path)
    for node in ast.walk(item.value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "search_path" in node.value:
            value = re.sub(r"(search_path\s*=\s*)([^\s]+)", r"\1\2,public", node.value)
            return patch.replace(node, repr(value).replace("'", '"') if '"' not in value else repr(value)).change()
    return entries.without(case, item)
