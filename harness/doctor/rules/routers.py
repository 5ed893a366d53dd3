"""Causes that lie in database routers: which alias a model may migrate on, and where its queries go."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.doctor.case import Case
from harness.doctor.edit import Patch, create
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.inspection import Model
from harness.doctor.registry import rule
from harness.doctor.rules.replicas import is_replica
from harness.doctor.source import Function, functions
from harness.doctor.trouble import Trouble

ROUTERS = "https://docs.djangoproject.com/en/stable/topics/db/multi-db/#automatic-database-routing"
SCHEMA_WORDS = re.compile(
    r"current_schema|search_path|schema_name|connection\.schema|get_public_schema|\bschema\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """A router's class in the project, with its methods."""

    path: str
    methods: tuple[Function, ...]

    def method(self, name: str) -> Function | None:
        """Return a method that the class itself defines."""
        return next((item for item in self.methods if item.name == name), None)


def routers(case: Case) -> Iterator[Router]:
    """Yield the project's own routers in their order."""
    settings = case.inspection.settings if case.inspection else None
    for dotted in settings.routers if settings else ():
        module, _, name = dotted.rpartition(".")
        path = case.tree.module_file(module, case.roots)
        methods = tuple(item for item in functions(case.tree, path) if item.owner == name) if path else ()
        if path:
            yield Router(path=path, methods=methods)


def aliases(case: Case) -> frozenset[str]:
    """Return the aliases of DATABASES."""
    settings = case.inspection.settings if case.inspection else None
    return frozenset(entry.alias for entry in settings.databases) if settings else frozenset()


def _missing(case: Case) -> Iterator[tuple[Trouble, Model]]:
    """Yield the failures for want of a loaded model's table, with the model."""
    for trouble in case.troubles:
        model = case.inspection.model_of_table(trouble.table) if trouble.table and case.inspection else None
        if model is not None and model.needs_table:
            yield trouble, model


def _decider(case: Case) -> tuple[Router, Function] | None:
    """Return the first router that has a say in migrating."""
    for router in routers(case):
        method = router.method("allow_migrate")
        if method is not None:
            return router, method
    return None


def _unknown_alias(case: Case, method: Function) -> ast.Constant | None:
    """Return a string that allow_migrate compares its alias with and that is no alias."""
    names = [item.arg for item in method.node.args.args]
    alias = names[1] if len(names) > 1 and names[0] in ("self", "cls") else next(iter(names), "db")
    known = aliases(case)
    for node in ast.walk(method.node):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        if not any(isinstance(side, ast.Name) and side.id == alias for side in sides):
            continue
        for side in sides:
            for item in ast.walk(side):
                if isinstance(item, ast.Constant) and isinstance(item.value, str) and item.value not in known:
                    return item
    return None


def _agreeing(case: Case, router: Router, method: Function, model: Model, alias: str) -> tuple[Change, ...]:
    """Return the change that makes allow_migrate say what the queries' routing says of an app."""
    names = [item.arg for item in method.node.args.args]
    names = names[1:] if names[:1] in (["self"], ["cls"]) else names
    if len(names) < 2:
        return ()
    body = method.node.body
    is_described = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1] if is_described and len(body) > 1 else body[0]
    pad = " " * first.col_offset
    text = f'{pad}if {names[1]} == "{model.app}":\n{pad}    return {names[0]} == "{alias}"\n'
    patch = Patch(tree=case.tree, path=router.path).before_line(first.lineno, text)
    reads = router.method("db_for_read")
    if alias == model.read != model.write and reads is not None and router.method("db_for_write") is None:
        patch.before_line(reads.last_line + 1, f"\n{' ' * reads.node.col_offset}db_for_write = db_for_read\n")
    return (patch.change(),)


@rule(
    "router-denies-migrate",
    title="a router lets an app migrate on no database",
    depth=Depth.SETTINGS,
    link=f"{ROUTERS}",
)
def router_denies_migrate(case: Case) -> Iterator[Clue]:
    """The migration is recorded as applied, its operations are skipped on every database."""
    for trouble, model in _missing(case):
        found = _decider(case)
        if model.allow or model.errors or found is None:
            continue
        router, method = found
        wrong = _unknown_alias(case, method)
        target = model.write if model.write in aliases(case) else "default"
        if wrong is not None:
            patch = Patch(tree=case.tree, path=router.path).replace(wrong, f'"{target}"')
            line = wrong.lineno
            changes: tuple[Change, ...] = (patch.change(),)
            because = f" It compares with '{wrong.value!s}', which is no alias of DATABASES."
            words = f"compare with '{target}'"
        else:
            line, because, words = method.line, "", f"allow {model.app} to migrate on '{target}'"
            changes = _agreeing(case, router, method, model, target)
        yield Clue(
            path=router.path,
            line=line,
            setting="DATABASE_ROUTERS",
            evidence=f"allow_migrate of {router.path} lets {model.app}.{model.name} migrate on none of "
            f"{', '.join(sorted(aliases(case)))}: its migrations are recorded, and table {trouble.table} is made "
            "nowhere."
            f"{because}",
            fix=Fix(words=words, changes=changes),
            is_explaining=True,
        )
        return


@rule(
    "router-read-write-mismatch",
    title="a router sends queries where it lets nothing migrate",
    depth=Depth.SETTINGS,
    link=f"{ROUTERS}",
)
def router_read_write_mismatch(case: Case) -> Iterator[Clue]:
    """db_for_read or db_for_write names an alias on which allow_migrate makes no table."""
    for trouble, model in _missing(case):
        alias = trouble.alias if trouble.alias in (model.read, model.write) else ""
        found = _decider(case)
        if not alias or found is None or not model.allow or alias in model.allow or model.errors:
            continue
        entry = case.database(alias)
        if entry is None or entry.test_mirror or (alias != model.write and is_replica(case, alias, model.write)):
            continue
        router, method = found
        verb = "db_for_write" if alias == model.write else "db_for_read"
        yield Clue(
            path=router.path,
            line=_deciding_line(method),
            setting="DATABASE_ROUTERS",
            evidence=f"{verb} sends {model.app}.{model.name} to '{alias}', and allow_migrate of {router.path} lets it "
            "migrate "
            f"on {', '.join(model.allow)} only: '{alias}' has no table {trouble.table}.",
            fix=Fix(
                words=f"let allow_migrate say what db_for_read and db_for_write say: {model.app} lives in '{alias}'",
                changes=_agreeing(case, router, method, model, alias),
            ),
            is_explaining=True,
        )
        return


def _deciding_line(method: Function) -> int:
    """Return the line of a method's last return, else of the method."""
    lines = [node.lineno for node in ast.walk(method.node) if isinstance(node, ast.Return)]
    return max(lines, default=method.line)


@rule(
    "postgres-schema-per-tenant-public-only",
    title="a router migrates tenants' apps inside of a tenant's schema only, and the test database has none",
    depth=Depth.SETTINGS,
    link="https://django-tenants.readthedocs.io/en/latest/test.html",
)
def postgres_schema_per_tenant_public_only(case: Case) -> Iterator[Clue]:
    """The test database is migrated in schema public; the router skips the tenants' apps there."""
    for trouble, model in _missing(case):
        entry = case.database(trouble.alias or "default")
        if entry is None or entry.vendor != "postgresql":
            continue
        for router in routers(case):
            method = router.method("allow_migrate")
            if method is None or not SCHEMA_WORDS.search(ast.unparse(method.node)):
                continue
            yield Clue(
                path=router.path,
                line=_deciding_line(method),
                setting="DATABASE_ROUTERS",
                evidence=f"allow_migrate of {router.path} lets {model.app} migrate only in a tenant's schema. The test "
                "database "
                f"has schema public alone, so table {trouble.table} is not made in it.",
                fix=Fix(
                    words="make a tenant's schema in a fixture after django_db_setup, migrate in it and put it on the "
                    "search_path",
                    changes=(with_schema_fixture(case),),
                ),
                is_explaining=True,
            )
            return


SCHEMA_FIXTURE = '''@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Migrate in the schema of a tenant as well."""
    from django.core.management import call_command
    from django.db import connection

    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA IF NOT EXISTS test_tenant")
            cursor.execute("SET search_path TO test_tenant, public")
            # the record of migrations is per schema: without one of its own, this one would take public's
            cursor.execute("CREATE TABLE test_tenant.django_migrations (LIKE public.django_migrations INCLUDING ALL)")
        call_command("migrate", verbosity=0)
'''


def with_schema_fixture(case: Case) -> Change:
    """Return the change that adds the fixture to the conftest of pytest's root."""
    folder = case.pytest.rootdir
    path = f"{folder}/conftest.py" if folder else "conftest.py"
    if not case.tree.has(path):
        return create(path, f"import pytest\n\n\n{SCHEMA_FIXTURE}")
    patch = Patch(tree=case.tree, path=path).ensure_import("import pytest")
    return patch.insert(len(patch.text), f"\n\n{SCHEMA_FIXTURE}").change()
