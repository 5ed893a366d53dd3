"""Causes that lie in running without migrations, or in losing what they put into tables."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from harness.doctor import marks
from harness.doctor.case import Case
from harness.doctor.finding import Clue, Depth, Fix
from harness.doctor.flags import ADDOPTS, ENVIRONMENT, Given, command_with, given, removal
from harness.doctor.history import play
from harness.doctor.inspection import Node
from harness.doctor.migration_source import creator
from harness.doctor.registry import rule
from harness.doctor.requests import closure, place_of
from harness.doctor.rows import data_line, maker_of_rows
from harness.doctor.trouble import Trouble

FLAGS = ("--no-migrations", "--nomigrations")
DOCS = "https://pytest-django.readthedocs.io/en/latest/database.html#no-migrations-disable-django-migrations"
TRANSACTIONAL = frozenset(["transactional_db", "live_server", "django_db_reset_sequences"])


def switched_off(case: Case) -> Given | None:
    """Return the flag that switches migrations off, None if they run."""
    return given(case, *FLAGS) if case.is_pytest and not case.pytest.is_migrating else None


def with_migrations(case: Case, found: Given) -> Fix:
    """Return the fix: run with migrations."""
    if changes := removal(case, found, *FLAGS):
        return Fix(words=f"remove {found.flag} from addopts in {found.path}", changes=changes)
    if found.path == ENVIRONMENT:
        return Fix(
            words=f"take {found.flag} out of {ADDOPTS}, or run with --migrations",
            instead=command_with(case, "--migrations"),
        )
    return Fix(words=f"leave out {found.flag}", instead=command_with(case, without=FLAGS))


@rule(
    "nomigrations-runsql-view",
    title="without migrations, what their SQL makes is never made",
    depth=Depth.RUNNER,
    link=DOCS,
)
def nomigrations_runsql_view(case: Case) -> Iterator[Clue]:
    """Without migrations the tables are made from the models: views and tables of RunSQL are not."""
    flag = switched_off(case)
    graph = case.inspection.graph if case.inspection else None
    if flag is None or graph is None:
        return
    history = play(graph)
    for trouble in case.troubles:
        node = creator(case, history, trouble.table) if trouble.table else None
        if node is None:
            continue
        yield Clue(
            path=flag.path,
            line=flag.line,
            setting=flag.setting,
            evidence=f"{flag.flag} ({flag.where}) makes the tables from the models; {trouble.table} is made by SQL in "
            f"{node.file or node.name}, which never runs.",
            fix=with_migrations(case, flag),
            is_explaining=True,
        )
        return


@rule(
    "nomigrations-data-migration",
    title="without migrations, the rows that they insert are missing",
    depth=Depth.RUNNER,
    link=DOCS,
)
def nomigrations_data_migration(case: Case) -> Iterator[Clue]:
    """Without migrations the tables are there, and empty."""
    flag = switched_off(case)
    for trouble in case.troubles if flag is not None else ():
        node = maker_of_rows(case, trouble) if not trouble.table and not trouble.column else None
        if flag is None or node is None:
            continue
        yield Clue(
            path=flag.path,
            line=flag.line,
            setting=flag.setting,
            evidence=f"{flag.flag} ({flag.where}): the rows that {node.file}:{data_line(case, node)} inserts are not "
            "there, and "
            f"the test misses them ({trouble.type}).",
            fix=with_migrations(case, flag),
            is_explaining=True,
        )
        return


def _restoring(site: marks.Site) -> dict[str, str]:
    """Return the words that let a test restore the rows of migrations."""
    is_function = isinstance(site.node, ast.FunctionDef | ast.AsyncFunctionDef)
    return {"transaction": "True", "serialized_rollback": "True"} if is_function else {"serialized_rollback": "True"}


def _flushing(case: Case, trouble: Trouble) -> marks.Site | None:
    """Return the site of a test that flushes the tables and does not restore what migrations inserted."""
    place, site = place_of(case, trouble), marks.site_of(case, trouble)
    if place is None or site is None or site.is_true("serialized_rollback"):
        return None
    names = closure(case, place.function.path, place.function.params)
    if "django_db_serialized_rollback" in names:
        return None
    is_class = not isinstance(site.node, ast.ClassDef)
    is_flushing = site.is_transactional or bool(names & TRANSACTIONAL)
    return site if is_flushing and (is_class or "TestCase" in ast.unparse(site.node)) else None


@rule(
    "transactional-test-flushes-migration-data",
    title="transactional tests empty the tables, and the rows of migrations with them",
    depth=Depth.TEST,
    link="https://docs.djangoproject.com/en/stable/topics/testing/overview/#rollback-emulation",
)
def transactional_test_flushes_migration_data(case: Case) -> Iterator[Clue]:
    """After a transactional test every table is flushed; rows that a migration inserted do not come back."""
    if switched_off(case) is not None:
        return
    found: list[tuple[marks.Site, Node, Trouble]] = []
    for trouble in case.troubles:
        node = maker_of_rows(case, trouble) if not trouble.table and not trouble.column else None
        site = _flushing(case, trouble) if node is not None else None
        if node is not None and site is not None:
            found.append((site, node, trouble))
    if not found:
        return
    site, node, trouble = found[0]
    # a flush that restores nothing makes content types anew, at odds with what the next restoring test puts back
    others = [replace(trouble, id=test.id) for test in case.run.evidence.tests()] if case.run is not None else []
    sites = [item for item, _, _ in found] + [item for other in others if (item := _flushing(case, other)) is not None]
    yield Clue(
        path=site.path,
        line=site.line,
        evidence=f"{trouble.id} misses rows ({trouble.message.splitlines()[0] if trouble.message else trouble.type}) "
        "that "
        f"{node.file}:{data_line(case, node)} inserts: transactional tests flush every table when they end, and "
        "nothing puts "
        "these rows back.",
        fix=Fix(
            words="restore them: serialized_rollback=True, or insert them in a fixture",
            changes=marks.changed(case, [(item, _restoring(item)) for item in sites]),
        ),
        is_explaining=True,
    )
