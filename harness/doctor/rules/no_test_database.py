"""Causes by which no test database is made, and the real one is met."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Clue, Depth, Fix
from harness.doctor.registry import rule
from harness.doctor.requests import DATABASE_FIXTURES, fixture_at, marked, place_of, visible
from harness.doctor.source import functions
from harness.doctor.trouble import Trouble

DOCS = "https://pytest-django.readthedocs.io/en/latest"
ISSUE = "https://github.com/pytest-dev/pytest-django/issues"


def on_real_database(case: Case) -> Iterator[Trouble]:
    """Yield the failures for want of a table whose statement went to a database that was not set up for tests."""
    for trouble in case.troubles:
        if trouble.table and (case.is_real_database(trouble) or not (case.run and case.run.databases)):
            yield trouble


@rule(
    "db-fixture-requested-dynamically",
    title="a database fixture is asked for by getfixturevalue, which pytest-django cannot see beforehand",
    depth=Depth.TEST,
    link="https://github.com/pytest-dev/pytest-django/issues/1246",
)
def db_fixture_requested_dynamically(case: Case) -> Iterator[Clue]:
    """Since 4.11 only databases of tests that declare them are set up; the real one is used instead."""
    if not any(True for _ in on_real_database(case)):
        return
    for path in case.tree.python():
        if "getfixturevalue" not in case.tree.text(path):
            continue
        for function in functions(case.tree, path):
            for node in ast.walk(function.node):
                if not (
                    isinstance(node, ast.Call) and ast.unparse(node.func).endswith("getfixturevalue") and node.args
                ):
                    continue
                name = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
                if name not in DATABASE_FIXTURES or name in function.params:
                    continue
                patch = Patch(tree=case.tree, path=path).add_parameter(function, str(name))
                yield Clue(
                    path=path,
                    line=node.lineno,
                    evidence=f"{function.name} asks for {name} while it runs. pytest-django (4.11 and later) "
                    f"sets up only the "
                    "databases of tests that declare them, so there is no test database and the real one is used.",
                    fix=Fix(words=f"declare {name} as an argument of {function.name}", changes=(patch.change(),)),
                    is_explaining=True,
                )
                return


@rule(
    "db-fixture-lost-by-override",
    title="a fixture that is overridden hides that the original asks for the database",
    depth=Depth.TEST,
    link="https://github.com/pytest-dev/pytest-django/issues/1246",
)
def db_fixture_lost_by_override(case: Case) -> Iterator[Clue]:
    """pytest 8 leaves what the overridden fixture asks for out of a test's fixtures."""
    for trouble in on_real_database(case):
        place = place_of(case, trouble)
        if place is None or place.mark:
            continue
        known = visible(case, place.function.path)
        for number, fixture in enumerate(known):
            function = fixture.function
            if fixture.name not in function.params or set(function.params) & DATABASE_FIXTURES:
                continue
            below = next((item for item in known[number + 1 :] if item.name == fixture.name), None)
            if below is None or not set(below.function.params) & DATABASE_FIXTURES:
                continue
            name = min(set(below.function.params) & DATABASE_FIXTURES)
            patch = Patch(tree=case.tree, path=function.path).add_parameter(function, name)
            yield Clue(
                path=function.path,
                line=function.line,
                evidence=f"fixture {fixture.name} overrides the one of "
                f"{below.function.path}:{below.function.line}, which asks "
                f"for {name}. pytest {'.'.join(map(str, _pytest(case)))} does not count that among the test's "
                f"fixtures, so "
                "pytest-django makes no test database and the real one is used.",
                fix=Fix(words=f"let the overriding fixture ask for {name}, too", changes=(patch.change(),)),
                is_explaining=True,
            )
            return


def _pytest(case: Case) -> tuple[int, ...]:
    return case.inspection.version("pytest") if case.inspection else ()


@rule(
    "autouse-db-setup-but-no-db-item",
    title="a session fixture fills the database, but no test asks for one",
    depth=Depth.TEST,
    link="https://github.com/pytest-dev/pytest-django/issues/1234",
)
def autouse_db_setup_but_no_db_item(case: Case) -> Iterator[Clue]:
    """django_db_setup runs with no alias (pytest-django 4.11 and later), and the fixture writes to the real "
    "database."""
    for trouble in on_real_database(case):
        fixture = fixture_at(case, trouble)
        if fixture is None or fixture.scope == "function" or "django_db_setup" not in fixture.function.params:
            continue
        if not fixture.function.mentions("unblock"):
            continue
        asked = [
            item for path in case.tree.python() for item in functions(case.tree, path) if item.name.startswith("test")
        ]
        files = {item.path for item in asked}
        tested = [
            item
            for item in asked
            if case.run and item.path in {test.id.partition("::")[0] for test in case.run.evidence.tests()}
        ]
        yield Clue(
            path=fixture.function.path,
            line=fixture.function.line,
            evidence=f"fixture {fixture.name} fills the database after django_db_setup, but no collected test "
            f"asks for a "
            f"database, so none was set up ({len(tested or asked)} tests in {len(files)} files) and it writes to "
            f"the real one.",
            fix=Fix(
                words="mark the tests with django_db, or fill the database in a fixture that asks for db",
                changes=marked(
                    case,
                    [item for item in (tested or asked) if not any("django_db" in text for text in item.decorators)],
                ),
            ),
            is_explaining=True,
        )
        return


@rule(
    "session-fixture-before-db-setup",
    title="a session fixture queries before the test database is set up",
    depth=Depth.TEST,
    link=f"{DOCS}/database.html#django-db-blocker",
)
def session_fixture_before_db_setup(case: Case) -> Iterator[Clue]:
    """It unblocks the database without asking for django_db_setup, so it meets the real one."""
    for trouble in case.troubles:
        fixture = fixture_at(case, trouble)
        if fixture is None or fixture.scope == "function" or not fixture.function.mentions("unblock"):
            continue
        asked = set(fixture.function.params)
        if asked & {"django_db_setup", *DATABASE_FIXTURES} or fixture.name.startswith("django_db"):
            continue
        patch = Patch(tree=case.tree, path=fixture.function.path).add_parameter(fixture.function, "django_db_setup")
        yield Clue(
            path=fixture.function.path,
            line=fixture.function.line,
            evidence=f"fixture {fixture.name} ({fixture.scope}-scoped) opens the database without asking for "
            f"django_db_setup: it "
            "runs before the test database is made, and queries the real one.",
            fix=Fix(words=f"let {fixture.name} ask for django_db_setup", changes=(patch.change(),)),
            is_explaining=True,
        )
        return
