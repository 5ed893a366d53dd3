"""Causes that PostgreSQL alone knows: transactions around indexes, roles, keys to tables that come later."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor import entries
from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Clue, Depth, Fix
from harness.doctor.inspection import Model, Node
from harness.doctor.migration_source import line_with, migration_class, walk
from harness.doctor.registry import rule
from harness.doctor.rules.migration_code import applied
from harness.doctor.rules.model_changes import line_in_class
from harness.doctor.rules.model_tables import is_own
from harness.doctor.trouble import Trouble

DOCS = "https://docs.djangoproject.com/en/stable"


IN_TRANSACTION = re.compile(
    r"cannot (?:run inside|be executed (?:inside|from)) a transaction|set atomic = False", re.IGNORECASE
)


NO_CREATEDB = re.compile(r"permission denied to create database", re.IGNORECASE)


@rule(
    "postgres-concurrent-index-atomic",
    title="a migration does in a transaction what PostgreSQL only does outside of one",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/ref/contrib/postgres/operations/#concurrent-index-operations",
)
def postgres_concurrent_index_atomic(case: Case) -> Iterator[Clue]:
    """CREATE INDEX CONCURRENTLY and its like need `atomic = False` on the migration."""
    for _, trouble, node in applied(case):
        owner = migration_class(case, node.file)
        if not node.is_atomic or not IN_TRANSACTION.search(trouble.words) or owner is None:
            continue
        first = owner.body[0]
        if isinstance(first, ast.Expr) and len(owner.body) > 1:
            first = owner.body[1]
        text = f"{' ' * first.col_offset}atomic = False\n"
        patch = Patch(tree=case.tree, path=node.file).before_line(first.lineno, text)
        yield Clue(
            path=node.file,
            line=line_with(case, node.file, "concurrently") or _line_of_call(case, node) or owner.lineno,
            evidence=f"{node.app}.{node.name} runs in a transaction (atomic is not False): "
            f"{trouble.message.splitlines()[0]}.",
            fix=Fix(words="set atomic = False on the migration", changes=(patch.change(),)),
            is_explaining=True,
        )
        return


def _line_of_call(case: Case, node: Node) -> int:
    lines = [
        item.lineno
        for item in walk(case, node.file)
        if isinstance(item, ast.Call) and ast.unparse(item.func).endswith("Concurrently")
    ]
    return min(lines, default=0)


@rule(
    "postgres-no-createdb",
    title="the database's role may not create databases, so there is no test database",
    depth=Depth.SETTINGS,
    link=f"{DOCS}/topics/testing/overview/#the-test-database",
)
def postgres_no_createdb(case: Case) -> Iterator[Clue]:
    """A test database is a new one; making it takes CREATEDB."""
    for trouble in case.troubles:
        said = NO_CREATEDB.search(trouble.words)
        if said is None:
            continue
        settings = case.inspection.settings if case.inspection else None
        known = [item for item in (settings.databases if settings else ()) if item.vendor == "postgresql"]
        entry = next((item for item in known if item.alias == trouble.alias), next(iter(known), None))
        alias = entry.alias if entry else "default"
        item = entries.find(case, alias, "USER")
        role = (entry.user if entry else "") or "the role"
        yield Clue(
            path=item.path if item else next(iter(case.settings_files), ""),
            line=item.line if item else 0,
            setting=entries.label(alias, "USER"),
            evidence=f"role {role} of {entries.label(alias, 'USER')} may not create the test database"
            f"{' ' + entry.test_name if entry and entry.test_name else ''}: {said[0]}.",
            fix=Fix(
                words=f'as a superuser: ALTER ROLE "{role}" CREATEDB; or let the tests use a role that may create '
                "databases"
            ),
            is_explaining=True,
        )
        return


@rule(
    "unmigrated-app-fk-to-migrated-postgres",
    title="an app without migrations refers to one with migrations, whose tables are made later",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/topics/migrations/#unmigrated-dependencies",
)
def unmigrated_app_fk_to_migrated_postgres(case: Case) -> Iterator[Clue]:
    """Apps without migrations get their tables first, with their keys; the table referred to is not there yet."""
    graph = case.inspection.graph if case.inspection else None
    off = (
        case.inspection.migration_modules.off if case.inspection and case.inspection.migration_modules else frozenset()
    )
    for trouble in case.troubles:
        target = case.inspection.model_of_table(trouble.table) if case.inspection and trouble.table else None
        if target is None or graph is None or trouble.migration or not graph.of(target.app):
            continue
        if not re.search(r"\b(alter|create) table\b", trouble.sql, re.IGNORECASE) and "syncdb" not in _functions(
            trouble
        ):
            continue
        for model in case.models:
            is_without = model.app in graph.unmigrated and model.app not in off
            if not is_without or f"{target.app}.{target.name}" not in model.references or not is_own(case, model):
                continue
            app = case.inspection.app(model.app) if case.inspection else None
            yield Clue(
                path=model.file,
                line=_reference_line(case, model, target),
                evidence=f"{model.app} has no migrations, so {model.table} is made before any migration runs, with its "
                "key to "
                f"{target.table} of {target.app}, which has migrations and whose table is not there yet.",
                fix=Fix(
                    words=f"give {model.app} migrations: makemigrations {model.app}",
                    commands=(("python", "{manage}", "makemigrations", model.app),),
                ),
                is_explaining=app is not None,
            )
            return


def _functions(trouble: Trouble) -> str:
    return " ".join(frame.function for frame in trouble.stack)


def _reference_line(case: Case, model: Model, target: Model) -> int:
    """Return the line of the field that refers to a model, else of the class."""
    module = case.tree.module(model.file)
    for node in ast.walk(module) if module is not None else ():
        if isinstance(node, ast.ClassDef) and node.name == model.name:
            for item in node.body:
                if isinstance(item, ast.Assign) and re.search(
                    rf"\b{re.escape(target.name)}\b", ast.unparse(item.value)
                ):
                    return item.lineno
    return line_in_class(case, model)
