"""Causes that lie in DATABASES: what TEST says, and how aliases depend on one another."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator

from harness.doctor import entries
from harness.doctor.case import Case, Kind
from harness.doctor.finding import Clue, Depth, Fix
from harness.doctor.history import play
from harness.doctor.inspection import DatabaseEntry, Settings
from harness.doctor.installed import absolute
from harness.doctor.registry import rule
from harness.doctor.rows import maker_of_rows
from harness.doctor.source import imports
from harness.doctor.trouble import Trouble

DJANGO = "https://docs.djangoproject.com/en/stable"


def settings_of(case: Case) -> Settings | None:
    """Return the settings in force, None if they could not be loaded."""
    return case.inspection.settings if case.inspection else None


def is_running_tests(case: Case) -> bool:
    """Tell whether the command makes test databases."""
    return case.is_pytest or (case.command.kind is Kind.MANAGE and case.command.args[:1] == ("test",))


def _same_database(entry: DatabaseEntry) -> bool:
    """Tell whether the test database is the real one."""
    if not entry.test_name or not entry.name or "memory" in entry.name:
        return False
    if entry.vendor == "sqlite":
        return os.path.normpath(entry.test_name) == os.path.normpath(entry.name)
    return entry.test_name == entry.name


def _written_alike(case: Case) -> Iterator[tuple[str, entries.Item]]:
    """Yield the aliases of other settings modules that the project names whose NAME and TEST NAME are the same text."""
    for chosen in case.declared:
        files = files_of(case, chosen.module)
        for alias in aliases_in(case, files):
            name = entries.find(case, alias, "NAME", files=files)
            test = entries.find(case, alias, "TEST", "NAME", files=files)
            is_empty = name is not None and isinstance(name.value, ast.Constant) and not name.value.value
            if name is None or test is None or is_empty or ":memory:" in ast.unparse(name.value):
                continue
            if ast.dump(name.value) == ast.dump(test.value):
                yield alias, test


def files_of(case: Case, module: str, seen: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the files of a settings module: its own, then those that it imports everything from."""
    path = case.tree.module_file(module, case.roots)
    if not path or module in seen:
        return ()
    found = [path]
    for _, source, what in imports(case.tree, path):
        if "*" in what:
            found += files_of(case, absolute(source, module, path), seen | {module})
    return tuple(dict.fromkeys(found))


def aliases_in(case: Case, files: tuple[str, ...]) -> tuple[str, ...]:
    """Return the aliases that settings files name."""
    found: list[str] = []
    for path in files:
        for node in ast.walk(case.tree.module(path) or ast.Module(body=[], type_ignores=[])):
            if isinstance(node, ast.Assign) and any(ast.unparse(item) == "DATABASES" for item in node.targets):
                keys = node.value.keys if isinstance(node.value, ast.Dict) else []
                found += [str(key.value) for key in keys if isinstance(key, ast.Constant)]
    return tuple(dict.fromkeys(found)) or ("default",)


@rule(
    "test-name-equals-real-name",
    title="the test database is the real one: a test run deletes it",
    depth=Depth.SETTINGS,
    link=f"{DJANGO}/ref/settings/#test",
)
def test_name_equals_real_name(case: Case) -> Iterator[Clue]:
    """With TEST NAME equal to NAME the tests run in the real database and delete it at their end."""
    settings = settings_of(case)
    found = [
        (entry.alias, entries.find(case, entry.alias, "TEST", "NAME"))
        for entry in (settings.databases if settings else ())
        if _same_database(entry)
    ]
    for alias, item in found or list(_written_alike(case)):
        # the real database lacks its tables because a test run has removed it
        lost = [trouble for trouble in case.troubles if trouble.table and not is_running_tests(case)]
        yield Clue(
            path=item.path if item else next(iter(case.settings_files), ""),
            line=item.line if item else 0,
            setting=entries.label(alias, "TEST", "NAME"),
            evidence=f"{entries.label(alias, 'TEST', 'NAME')} is the same database as {entries.label(alias, 'NAME')}: "
            "each "
            "test run deletes the real one at its end."
            + (f" That is why table {lost[0].table} is gone." if lost else ""),
            fix=Fix(
                words="give TEST NAME another value, or drop it" + ("; then make the tables again" if lost else ""),
                changes=(entries.without(case, item),) if item else (),
                commands=(("python", "{manage}", "migrate"),) if lost else (),
            ),
            is_explaining=bool(lost),
            is_certain=True,
            is_harmful=True,
        )
        return


def _cycle(settings: Settings) -> tuple[str, ...]:
    """Return aliases whose TEST DEPENDENCIES go round; any alias but default depends on default by itself."""
    needs: dict[str, tuple[str, ...]] = {}
    for entry in settings.databases:
        implied = ("default",) if entry.alias != "default" else ()
        needs[entry.alias] = entry.test_dependencies if "DEPENDENCIES" in entry.test_keys else implied

    def follow(alias: str, above: tuple[str, ...]) -> tuple[str, ...]:
        if alias in above:
            return above[above.index(alias) :]
        return next((found for item in needs.get(alias, ()) if (found := follow(item, (*above, alias)))), ())

    return next((found for alias in sorted(needs) if (found := follow(alias, ()))), ())


@rule(
    "test-dependencies-circular",
    title="the test databases depend on each other in a circle",
    depth=Depth.SETTINGS,
    link=f"{DJANGO}/topics/testing/advanced/#controlling-creation-order-for-test-databases",
)
def test_dependencies_circular(case: Case) -> Iterator[Clue]:
    """Django makes test databases in the order of TEST DEPENDENCIES, and finds none."""
    settings = settings_of(case)
    is_said = any("Circular dependency" in trouble.words for trouble in case.troubles)
    cycle = _cycle(settings) if settings else ()
    explicit = [
        entry.alias
        for entry in (settings.databases if settings else ())
        if entry.test_dependencies and (entry.alias in cycle or (is_said and not cycle))
    ]
    if not explicit or not (is_said or cycle):
        return
    # default is what the others wait for, so its own wish is the one to give up
    alias = "default" if "default" in explicit else explicit[-1]
    item = entries.find(case, alias, "TEST", "DEPENDENCIES")
    circle = " → ".join((*cycle, cycle[0])) if cycle else alias
    yield Clue(
        path=item.path if item else next(iter(case.settings_files), ""),
        line=item.line if item else 0,
        setting=entries.label(alias, "TEST", "DEPENDENCIES"),
        evidence=f"TEST DEPENDENCIES go round: {circle} (an alias without DEPENDENCIES waits for default), so there is "
        "no "
        "order in which the test databases can be made.",
        fix=Fix(
            words=f"remove {entries.label(alias, 'TEST', 'DEPENDENCIES')}",
            changes=(entries.without(case, item),) if item else (),
        ),
        is_explaining=is_said,
        is_certain=is_running_tests(case) and bool(cycle),
    )


@rule(
    "test-migrate-false",
    title="TEST MIGRATE is False: what only migrations make is never made",
    depth=Depth.SETTINGS,
    link=f"{DJANGO}/ref/settings/#migrate",
)
def test_migrate_false(case: Case) -> Iterator[Clue]:
    """The test database gets the models' tables, and neither views, triggers nor rows that migrations make."""
    settings = settings_of(case)
    graph = case.inspection.graph if case.inspection else None
    off = [entry for entry in (settings.databases if settings else ()) if not entry.test_migrate]
    if not off or graph is None:
        return
    history = play(graph)
    for trouble in case.troubles:
        node = history.maker(trouble.table) if trouble.table else None
        rows = rows_made_by(case, trouble) if not trouble.table else ""
        entry = next((item for item in off if trouble.alias in ("", item.alias)), off[0])
        if node is None and not rows:
            continue
        item = entries.find(case, entry.alias, "TEST", "MIGRATE")
        what = f"{trouble.table}, which {node.app}.{node.name} makes" if node else f"the rows that {rows} makes"
        yield Clue(
            path=item.path if item else next(iter(case.settings_files), ""),
            line=item.line if item else 0,
            setting=entries.label(entry.alias, "TEST", "MIGRATE"),
            evidence=f"{entries.label(entry.alias, 'TEST', 'MIGRATE')} is False, so the test database is made from the "
            "models "
            f"and no migration runs: it lacks {what}.",
            fix=Fix(
                words="remove TEST MIGRATE",
                changes=(entries.without(case, item),) if item else (),
            ),
            is_explaining=True,
        )
        return


def rows_made_by(case: Case, trouble: Trouble) -> str:
    """Return the project's migration that makes the rows which a test misses, empty if none is known to."""
    node = maker_of_rows(case, trouble)
    return f"{node.app}.{node.name}" if node is not None else ""
