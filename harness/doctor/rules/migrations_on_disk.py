"""Causes that lie in the migrations packages as they are on disk."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.columns import model_of_column
from harness.doctor.edit import create, rename
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.inspection import App
from harness.doctor.registry import rule

DJANGO = "https://docs.djangoproject.com/en/stable"


def listed(names: list[str], limit: int = 4) -> str:
    """Return names as a phrase, the first few of many."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def migrations_folder(case: Case, app: App) -> str:
    """Return the folder of an app's migrations as the module's name says, relative to the project."""
    path = case.tree.module_file(app.migrations_module, case.roots)
    if path:
        return path.rpartition("/")[0]
    folder = f"{app.path}/{app.migrations_module.rpartition('.')[2]}".lstrip("/")
    return folder if folder in case.tree.folders() else ""


def passed_over(case: Case, folder: str) -> tuple[str, ...]:
    """Return the files of a migrations folder that hold a migration, but a name that Django's loader skips."""
    return tuple(
        path
        for path in (case.tree.below(folder) if folder else ())
        if (name := path.rpartition("/")[2]).startswith(("_", "~"))
        and name != "__init__.py"
        and "class Migration" in case.tree.text(path)
    )


def ignoring(case: Case, folder: str) -> tuple[str, int]:
    """Return the .gitignore and line that keep migration files out of version control, ("", 0) if none does."""
    sample = f"{folder}/0001_initial.py"
    for path in case.tree.paths:
        if path.rpartition("/")[2] != ".gitignore":
            continue
        base = path.rpartition("/")[0]
        if base and not sample.startswith(f"{base}/"):
            continue
        inner = sample[len(base) + 1 :] if base else sample
        for number, line in enumerate(case.tree.text(path).splitlines(), 1):
            pattern = line.strip().rstrip("/")
            if not pattern or pattern.startswith(("#", "!")):
                continue
            bare = pattern.lstrip("/").removeprefix("**/")
            forms = [bare, f"*/{bare}", f"{bare}/*", f"*/{bare}/*"]
            if any(fnmatch.fnmatch(inner, form) for form in forms):
                return path, number
    return "", 0


def unignored(case: Case, path: str, number: int) -> Change:
    """Return the change that takes a line out of a .gitignore, with exceptions that only make sense beside it."""
    lines = case.tree.text(path).splitlines(keepends=True)
    kept = [
        line for at, line in enumerate(lines, 1) if at != number and not (line.startswith("!") and "migrations" in line)
    ]
    return Change(path=path, before="".join(lines), after="".join(kept))


def empty_apps(case: Case) -> list[tuple[App, str, list[str]]]:
    """Return the project's apps whose migrations package holds no migration, with its folder and the tables lacking."""
    if case.inspection is None or case.inspection.graph is None or case.inspection.migration_modules is None:
        return []
    off = case.inspection.migration_modules.off
    found = []
    for app in case.inspection.apps:
        if not app.is_own or not app.migrations_module or app.label in off or case.inspection.graph.of(app.label):
            continue
        folder = migrations_folder(case, app)
        if not folder or not case.tree.has(f"{folder}/__init__.py"):
            continue
        tables = [
            model.table
            for model in case.inspection.models
            if model.app == app.label and model.needs_table and not model.is_auto_created
        ]
        others = [path for path in case.tree.below(folder) if path.count("/") == folder.count("/") + 1]
        if tables and len([path for path in others if path.endswith(".py")]) == 1:
            found.append((app, folder, tables))
    return found


def depended_on(case: Case) -> frozenset[str]:
    """Return the labels of apps on whose migrations others depend in vain, as Django says."""
    graph = case.inspection.graph if case.inspection else None
    said = [*(error.message for error in (graph.errors if graph else ())), *(item.words for item in case.troubles)]
    found = re.findall(r"app with no migrations: (\w+)|parent node \('(\w+)'", "\n".join(said))
    return frozenset(one or other for one, other in found)


@rule(
    "empty-migrations-package",
    title="a migrations package without a migration: its app's tables are never created",
    depth=Depth.MIGRATIONS,
    link=f"{DJANGO}/topics/migrations/#adding-migrations-to-apps",
)
def empty_migrations_package(case: Case) -> Iterator[Clue]:
    """An app with a migrations package counts as migrated, so `run_syncdb` skips it; nothing creates its tables."""
    asked = depended_on(case)
    # what is ignored by git and depended on is another cause, with this one as its means
    apps = [item for item in empty_apps(case) if item[0].label not in asked or not ignoring(case, item[1])[0]]
    if not apps or (case.run is None and not case.pytest.is_migrating and case.is_pytest):
        return
    missing = case.missing_tables
    guilty = [item for item in apps if missing & {table.lower() for table in item[2]}]
    guilty = guilty or [item for item in apps if item[0].label in asked] or apps
    first, folder, tables = guilty[0]
    is_explaining = bool(missing & {table.lower() for _, _, names in apps for table in names}) or (
        bool(case.troubles) and first.label in asked
    )
    labels = [app.label for app, _, _ in apps]
    table = next((name for name in tables if name.lower() in missing), tables[0])
    ignore, number = ignoring(case, folder)
    because = f" Its files are ignored by {ignore}:{number}." if ignore else ""
    words = f"make the migrations of {listed(labels)} and commit them"
    if ignore:
        words += f", and stop ignoring them ({ignore}:{number})"
    yield Clue(
        path=f"{folder}/__init__.py",
        evidence=(
            f"{folder}/ holds __init__.py and no migration, so Django takes {first.label} for an app with migrations "
            f"and none to run: table {table} is created by nothing. "
            + (
                f"The same holds for {listed([label for label in labels if label != first.label])}."
                if len(labels) > 1
                else ""
            )
            + because
        ).strip(),
        fix=Fix(
            words=words,
            changes=(unignored(case, ignore, number),) if ignore else (),
            commands=(("python", "{manage}", "makemigrations", *labels),),
        ),
        is_explaining=is_explaining,
        is_certain=case.pytest.is_migrating or not case.is_pytest,
    )


@rule(
    "migration-file-underscore",
    title="a migration whose file name begins with _ or ~, which Django passes over",
    depth=Depth.MIGRATIONS,
    link=f"{DJANGO}/topics/migrations/#migration-files",
)
def migration_file_underscore(case: Case) -> Iterator[Clue]:
    """Django's loader skips modules in migrations/ whose names begin with an underscore or a tilde."""
    for app in case.inspection.apps if case.inspection else ():
        folder = migrations_folder(case, app) if app.is_own and app.migrations_module else ""
        for path in passed_over(case, folder):
            name = path.rpartition("/")[2]
            tables = {model.table.lower() for model in case.models if model.app == app.label}
            is_explaining = bool(tables & case.missing_tables) or any(
                "NodeNotFound" in trouble.type
                or (trouble.column and (model := model_of_column(case, trouble)) and model.app == app.label)
                for trouble in case.troubles
            )
            yield Clue(
                path=path,
                evidence=f"{path} holds a migration of {app.label}, but Django skips files in migrations/ whose names "
                f"begin with {name[0]!r}: what it creates is never created.",
                fix=Fix(
                    words=f"rename it to {name.lstrip('_~')}",
                    changes=rename(case.tree, path, f"{folder}/{name.lstrip('_~')}"),
                ),
                is_explaining=is_explaining,
                is_certain=True,
            )


@rule(
    "migrations-missing-init-py",
    title="a migrations folder without __init__.py, in which Django finds no migration",
    depth=Depth.MIGRATIONS,
    link=f"{DJANGO}/topics/migrations/#migration-files",
)
def migrations_missing_init_py(case: Case) -> Iterator[Clue]:
    """A migrations folder without __init__.py is a namespace package: its app counts as unmigrated."""
    for app in case.inspection.apps if case.inspection else ():
        folder = f"{app.path}/migrations".lstrip("/")
        if not app.is_own or app.is_migrations_module_explicit or case.tree.has(f"{folder}/__init__.py"):
            continue
        files = [path for path in case.tree.below(folder) if "class Migration" in case.tree.text(path)]
        if not files:
            continue
        missing = case.missing_tables
        is_needed = any("NodeNotFound" in item.type or app.label in item.words for item in case.troubles)
        tables = {model.table.lower() for model in case.models if model.app == app.label}
        yield Clue(
            path=f"{folder}/__init__.py",
            evidence=f"{folder}/ holds {files[0].rpartition('/')[2]} but no __init__.py: Django takes "
            f"{app.label} for an "
            "app without migrations, and other migrations cannot depend on its own.",
            fix=Fix(words=f"make an empty {folder}/__init__.py", changes=(create(f"{folder}/__init__.py", ""),)),
            is_explaining=is_needed or bool(tables & missing),
            is_certain=bool(case.inspection and case.inspection.graph and case.inspection.graph.errors),
        )


@rule(
    "conflicting-leaf-migrations",
    title="an app with two last migrations: migrate refuses to run",
    depth=Depth.MIGRATIONS,
    link=f"{DJANGO}/topics/migrations/#version-control",
)
def conflicting_leaf_migrations(case: Case) -> Iterator[Clue]:
    """Two migrations of one app that nothing follows."""
    graph = case.inspection.graph if case.inspection else None
    for conflict in graph.conflicts if graph else ():
        nodes = [node for node in graph.of(conflict.app) if node.name in conflict.names] if graph else []
        path = nodes[-1].file if nodes else ""
        yield Clue(
            path=path,
            evidence=f"{' and '.join(conflict.names)} of app {conflict.app} are both last: no migration depends "
            f"on them.",
            fix=Fix(
                words="merge them",
                commands=(("python", "{manage}", "makemigrations", "--merge", "--noinput", conflict.app),),
            ),
            is_explaining=any("onflicting migrations" in trouble.words for trouble in case.troubles),
            is_certain=case.pytest.is_migrating,
        )
