"""Causes that lie in a project's own django_db_setup."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.registry import rule
from harness.doctor.source import Fixture, Function

DOCS = "https://pytest-django.readthedocs.io/en/latest"


def override(case: Case) -> Fixture | None:
    """Return the project's own django_db_setup that does not extend pytest-django's, nor sets databases up itself."""
    for fixture in case.fixtures():
        if fixture.name != "django_db_setup" or "django_db_setup" in fixture.function.params:
            continue
        if not fixture.function.mentions("setup_databases", "create_test_db", "DiscoverRunner", "get_runner"):
            return fixture
    return None


def without_function(case: Case, function: Function) -> Change:
    """Return the change that removes a function; a conftest without anything else goes as a whole."""
    patch = Patch(tree=case.tree, path=function.path).remove_lines(function.first_line, function.last_line)
    change = patch.change()
    rest = ast.parse(change.after or "")
    is_empty = all(
        isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in rest.body
    )
    if is_empty and function.path.endswith("conftest.py"):
        return Change(path=change.path, before=change.before, after=None)
    return change


def _override_clue(case: Case, fixture: Fixture, evidence: str) -> Clue:
    function = fixture.function
    return Clue(
        path=function.path,
        line=function.line,
        setting="django_db_setup",
        evidence=evidence,
        fix=Fix(
            words="delete the override, and name the database in a settings module",
            changes=(without_function(case, function),),
        ),
        is_explaining=any(
            trouble.table or trouble.passes(function.path, function.name) or "KeyError" in trouble.type
            for trouble in case.troubles
        ),
    )


def _body(function: Function) -> list[ast.stmt]:
    return [
        node
        for node in function.node.body
        if not isinstance(node, ast.Pass)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant | ast.Yield))
    ]


@rule(
    "django-db-setup-pass",
    title="django_db_setup is overridden by nothing: no test database is made",
    depth=Depth.TEST,
    link=f"{DOCS}/database.html#using-an-existing-external-database-for-tests",
)
def django_db_setup_pass(case: Case) -> Iterator[Clue]:
    """Tests meet the real database as it is."""
    fixture = override(case)
    if fixture is not None and not _body(fixture.function) and case.troubles:
        yield _override_clue(
            case,
            fixture,
            f"{fixture.function.path}:{fixture.function.line} replaces django_db_setup by an empty function: no "
            f"test database is "
            "made, and tests query the real one as it is.",
        )


@rule(
    "django-db-setup-replaces-databases",
    title="django_db_setup is overridden and makes no test database",
    depth=Depth.TEST,
    link=f"{DOCS}/database.html#using-an-existing-external-database-for-tests",
)
def django_db_setup_replaces_databases(case: Case) -> Iterator[Clue]:
    """It puts another entry into DATABASES after connections exist, or migrates the real database."""
    fixture = override(case)
    if fixture is None or not _body(fixture.function):
        return
    is_migrating = "migrate" in {
        str(item.value) for item in ast.walk(fixture.function.node) if isinstance(item, ast.Constant)
    }
    if not case.troubles and not is_migrating:
        return
    what = (
        "runs migrate itself, on the real database"
        if is_migrating
        else "puts another entry into DATABASES, too late for connections that exist"
    )
    clue = _override_clue(
        case,
        fixture,
        f"{fixture.function.path}:{fixture.function.line} replaces django_db_setup, {what}; setup_databases() is "
        f"never called, so no "
        "test database is made.",
    )
    yield clue
