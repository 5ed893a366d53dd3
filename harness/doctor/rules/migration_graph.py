"""Causes that lie in what migrations depend on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch, create
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.history import ancestors, ordered, play
from harness.doctor.inspection import App, Graph, Key, Node, Operation
from harness.doctor.installed import definition
from harness.doctor.migration_source import add_dependency, attribute, line_with, walk
from harness.doctor.registry import rule
from harness.doctor.rules.migrations_on_disk import ignoring, unignored
from harness.doctor.trouble import Trouble

DOCS = "https://docs.djangoproject.com/en/stable/topics/migrations"
UNRESOLVED = (
    re.compile(r"Related model '([\w.]+)' cannot be resolved"),
    re.compile(r"lazy reference to '([\w.]+)'"),
)
NO_APP = re.compile(r"No installed app with label '(\w+)'")
NO_MODEL = re.compile(r"App '(\w+)' doesn't have an? '(\w+)' model")
NO_MIGRATIONS = re.compile(r"Dependency on app with no migrations: (\w+)")
NO_MODULE = re.compile(r"No module named '([^']+)'")


def graph_of(case: Case) -> Graph | None:
    """Return the migrations on disk, None if they could not be read."""
    return case.inspection.graph if case.inspection else None


def graph_words(case: Case) -> str:
    """Return what is said against the migrations, by Django's loader and by the failures."""
    graph = graph_of(case)
    said = [error.message for error in graph.errors] if graph else []
    return "\n".join([*said, *(trouble.words for trouble in case.troubles)])


# ---------------------------------------------------------------- a dependency that is not declared


def _needed(case: Case, graph: Graph, trouble: Trouble, node: Node) -> Node | None:
    """Return the migration that makes what another one misses while it is applied, None if nothing does."""
    history = play(graph)
    if trouble.table:
        return history.maker(trouble.table)
    named = next((found[1] for pattern in UNRESOLVED if (found := pattern.search(trouble.words))), "")
    if not named and (found := NO_MODEL.search(trouble.words)):
        named = f"{found[1]}.{found[2]}"
    if not named and (found := NO_APP.search(trouble.words)):
        strings = {str(item.value).lower() for item in walk(case, node.file) if isinstance(item, ast.Constant)}
        names = [key for key in history.models if key[0] == found[1] and key[1] in strings]
        named = ".".join(names[0]) if names else ""
    label, _, name = named.lower().rpartition(".")
    model = history.models.get((label, name))
    return model.created_by if model is not None else None


@rule(
    "missing-migration-dependency",
    title="a migration uses what another one makes, and does not depend on it",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/#dependencies",
)
def missing_migration_dependency(case: Case) -> Iterator[Clue]:
    """On a fresh database nothing puts the two in order; on an old one both had been applied long ago."""
    graph = graph_of(case)
    for trouble in case.troubles if graph else ():
        node = graph.node(trouble.migration) if graph and trouble.migration else None
        needed = _needed(case, graph, trouble, node) if graph and node and node.file else None
        if graph is None or node is None or needed is None or needed.key == node.key:
            continue
        if needed.key in ancestors(graph, node) or node.key in ancestors(graph, needed):
            continue
        patch = Patch(tree=case.tree, path=node.file)
        line = add_dependency(case, patch, f'("{needed.app}", "{needed.name}")')
        yield Clue(
            path=node.file,
            line=line,
            evidence=f"{node.app}.{node.name} needs {trouble.table or needed.app}, which {needed.app}.{needed.name} makes, and "
            "does not depend on it: on a fresh database it is applied first.",
            fix=Fix(words=f"add ('{needed.app}', '{needed.name}') to its dependencies", changes=(patch.change(),)),
            is_explaining=True,
        )
        return


# ---------------------------------------------------------------- MIGRATION_MODULES


def _without_modules(case: Case, labels: tuple[str, ...]) -> tuple[str, int, tuple[Change, ...]]:
    """Return where MIGRATION_MODULES is decided, and the change that takes apps out of it."""
    assignment = definition(case, "MIGRATION_MODULES")
    modules = case.inspection.migration_modules if case.inspection else None
    if assignment is None:
        return next(iter(case.settings_files), ""), 0, ()
    kept = [item for item in (modules.items if modules else ()) if item.module is not None and item.label not in labels]
    value = "{" + ", ".join(f'"{item.label}": "{item.module}"' for item in kept) + "}"
    patch = Patch(tree=case.tree, path=assignment.path)
    last = assignment.node.end_lineno or assignment.line
    off = modules.off if modules else frozenset()
    is_plain = isinstance(assignment.value, ast.Dict) and None not in assignment.value.keys
    if is_plain and not kept and off <= set(labels):
        patch.remove_lines(assignment.line, last)
    elif is_plain and isinstance(assignment.value, ast.Dict):
        pairs = zip(assignment.value.keys, assignment.value.values, strict=True)
        items = [(key, item) for key, item in pairs if not (isinstance(key, ast.Constant) and key.value in labels)]
        text = ", ".join(f"{ast.unparse(key) if key else '**'}: {ast.unparse(item)}" for key, item in items)
        patch.replace(assignment.value, f"{{{text}}}")
    else:
        patch.replace(assignment.value, value)
    return assignment.path, assignment.line, (patch.change(),)


@rule(
    "migration-modules-none-dependency",
    title="MIGRATION_MODULES takes an app's migrations away, on which others depend",
    depth=Depth.SETTINGS,
    link="https://docs.djangoproject.com/en/stable/ref/settings/#migration-modules",
)
def migration_modules_none_dependency(case: Case) -> Iterator[Clue]:
    """An app set to None counts as unmigrated; a dependency on its migrations cannot be resolved."""
    graph, modules = graph_of(case), case.inspection.migration_modules if case.inspection else None
    if graph is None or modules is None or not (case.pytest.is_migrating or not case.is_pytest):
        return
    wanted = [item.node[0] for item in graph.missing]
    wanted += NO_MIGRATIONS.findall(graph_words(case))
    labels = tuple(dict.fromkeys(label for label in wanted if label in modules.off))
    if not labels:
        return
    by = next((".".join(item.by) for item in graph.missing if item.node[0] in labels), "another app's migration")
    further = {key[0] for node in graph.nodes for key in node.dependencies if key[0] in modules.off}
    path, line, changes = _without_modules(case, (*labels, *sorted(further - set(labels))))
    yield Clue(
        path=path,
        line=line,
        setting="MIGRATION_MODULES",
        evidence=f"MIGRATION_MODULES sets {labels[0]} to None, so its migrations are not there, and {by} depends on them.",
        fix=Fix(words=f"remove {labels[0]} from MIGRATION_MODULES, or switch off all apps", changes=changes),
        is_explaining=any(label in trouble.words for trouble in case.troubles for label in labels),
        is_certain=True,
    )


@rule(
    "disablemigrations-legacy-string",
    title="MIGRATION_MODULES names a module that does not exist",
    depth=Depth.SETTINGS,
    link="https://docs.djangoproject.com/en/stable/ref/settings/#migration-modules",
)
def disablemigrations_legacy_string(case: Case) -> Iterator[Clue]:
    """Before Django 1.9 a module that cannot be imported switched migrations off; now it is imported, and None does that."""
    modules = case.inspection.migration_modules if case.inspection else None
    if modules is None or not (case.pytest.is_migrating or not case.is_pytest):
        return
    named = {item.module for item in modules.items if item.module}
    said = [name for name in NO_MODULE.findall(graph_words(case)) if name in named]
    if not said:
        return
    for path in case.settings_files:
        patch, lines = Patch(tree=case.tree, path=path), []
        for node in walk(case, path):
            if isinstance(node, ast.Constant) and node.value == said[0]:
                patch.replace(node, "None")
                lines.append(node.lineno)
        if not lines:
            continue
        assignment = definition(case, "MIGRATION_MODULES")
        is_here = assignment is not None and assignment.path == path
        yield Clue(
            path=path,
            line=assignment.line if assignment is not None and is_here else min(lines),
            setting="MIGRATION_MODULES",
            evidence=f"MIGRATION_MODULES answers '{said[0]}' for {len([i for i in modules.items if i.module == said[0]])} apps, "
            "and there is no such module. Django imports it; only None switches an app's migrations off.",
            fix=Fix(words="answer None instead, or use --no-migrations", changes=(patch.change(),)),
            is_explaining=any(said[0] in trouble.words for trouble in case.troubles),
            is_certain=True,
        )
        return


# ---------------------------------------------------------------- a dependency on what is not there


def _dangling(graph: Graph) -> dict[Key, list[Node]]:
    """Return the dependencies on migrations that are not there, of apps that have migrations, with who has them."""
    known = {node.key for node in graph.nodes} | {key for node in graph.nodes for key in node.replaces}
    apps = {node.app for node in graph.nodes}
    found: dict[Key, list[Node]] = {}
    for node in graph.nodes:
        for key in node.dependencies:
            if key[0] in apps and key not in known and not key[1].startswith("__"):
                found.setdefault(key, []).append(node)
    return found


def _stands_for(graph: Graph, key: Key, by: Node) -> Node | None:
    """Return the migration of the same app that took another one's place."""
    own = [node for node in ordered(graph) if node.app == key[0] and by.key not in ancestors(graph, node)]
    squashed = [node for node in own if "squashed" in node.name]
    within = [node for node in squashed if key[1] in node.name or node.name.partition("_squashed_")[2] >= key[1]]
    return next(iter(within or squashed or own[-1:]), None)


@rule(
    "squash-deleted-originals",
    title="a migration depends on one that was squashed and deleted",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/#squashing-migrations",
)
def squash_deleted_originals(case: Case) -> Iterator[Clue]:
    """Without its `replaces`, the squashed migration no longer answers to the names of those it took the place of."""
    graph = graph_of(case)
    for key, nodes in _dangling(graph).items() if graph else ():
        by, new = nodes[0], _stands_for(graph, key, nodes[0]) if graph else None
        folder = new.file.rpartition("/")[0] if new else ""
        if new is None or not by.file or any(case.tree.has(f"{folder}/{mark}{key[1]}.py") for mark in ("_", "~")):
            continue
        if ignoring(case, f"{folder}")[0] and key[1] not in new.name and "squashed" not in new.name:
            continue
        changes = tuple(_renamed(case, node.file, key, new.name) for node in nodes if node.file)
        yield Clue(
            path=by.file,
            line=line_with(case, by.file, key[1]),
            evidence=f"{by.app}.{by.name} depends on {key[0]}.{key[1]}, which is not there; {new.file} "
            + ("took its place and has no `replaces`." if "squashed" in new.name else "is what the app has."),
            fix=Fix(words=f"depend on ('{new.app}', '{new.name}') instead", changes=changes),
            is_explaining=any(key[1] in trouble.words for trouble in case.troubles),
            is_certain=case.pytest.is_migrating or not case.is_pytest,
        )
        return


def _renamed(case: Case, path: str, key: Key, name: str) -> Change:
    patch = Patch(tree=case.tree, path=path)
    for node in walk(case, path):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=app), ast.Constant(value=old) as item]) if (app, old) == key:
                patch.replace(item, f'"{name}"')
            case _:
                pass
    return patch.change()


@rule(
    "migrations-gitignored-one-app",
    title="an app's migrations are ignored by git and not here, and others depend on them",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/#version-control",
)
def migrations_gitignored_one_app(case: Case) -> Iterator[Clue]:
    """Who has the files does not notice; a fresh clone lacks them."""
    graph = graph_of(case)
    labels = [*NO_MIGRATIONS.findall(graph_words(case)), *(item.node[0] for item in graph.missing if graph)] if graph else []
    for label in dict.fromkeys(labels):
        app = case.inspection.app(label) if case.inspection else None
        found = _ignored(case, app) if app is not None and app.is_own else None
        if app is None or found is None or (graph and graph.of(label)):
            continue
        folder, path, number = found
        package = f"{folder}/__init__.py"
        made = () if case.tree.has(package) else (create(package, ""),)
        yield Clue(
            path=package,
            evidence=f"{path}:{number} keeps git from taking {folder}/*.py: the migrations of {label} are not here, and those "
            "of other apps depend on them.",
            fix=Fix(
                words=f"stop ignoring them ({path}:{number}), make them, and commit them",
                changes=(unignored(case, path, number), *made),
                commands=(("python", "{manage}", "makemigrations", label),),
            ),
            is_explaining=any(label in trouble.words for trouble in case.troubles),
            is_certain=case.pytest.is_migrating or not case.is_pytest,
        )
        return


def _ignored(case: Case, app: App) -> tuple[str, str, int] | None:
    folder = f"{app.path}/migrations".lstrip("/")
    path, number = ignoring(case, folder)
    return (folder, path, number) if path else None


# ---------------------------------------------------------------- a swapped model


@rule(
    "hardcoded-auth-user-fk",
    title="a migration points at a model that is swapped for another one",
    depth=Depth.MIGRATIONS,
    link="https://docs.djangoproject.com/en/stable/topics/auth/customizing/#referencing-the-user-model",
)
def hardcoded_auth_user_fk(case: Case) -> Iterator[Clue]:
    """The table of a model that is swapped is never made; a key to it points nowhere."""
    graph = graph_of(case)
    swapped = [model for model in case.inspection.models if model.is_swapped] if case.inspection else []
    for model in swapped if graph else ():
        name = f"{model.app}.{model.name}"
        for node in graph.nodes if graph else ():
            if not node.file or not _refers(node, name):
                continue
            is_pending = any(
                item.kind == "AlterField" and item.app == node.app for item in _changes(case)
            )
            is_said = any(
                trouble.table.lower() == model.table.lower()
                or any((found := pattern.search(trouble.words)) and found[1].lower() == name.lower() for pattern in UNRESOLVED)
                for trouble in case.troubles
            )
            if not is_said and not is_pending:
                continue
            yield Clue(
                path=node.file,
                line=line_with(case, node.file, name),
                evidence=f"{node.app}.{node.name} says to='{name}', and that model is swapped for another one "
                f"({_user_model(case)}): table {model.table} is never made, and the key points at it.",
                fix=Fix(
                    words="say to=settings.AUTH_USER_MODEL, and depend on "
                    "migrations.swappable_dependency(settings.AUTH_USER_MODEL)",
                    changes=(_swappable(case, node.file, name),),
                ),
                is_explaining=is_said,
                is_certain=is_pending and case.pytest.is_migrating,
            )
            return


def _changes(case: Case) -> tuple[Operation, ...]:
    return case.inspection.changes.items if case.inspection and case.inspection.changes else ()


def _user_model(case: Case) -> str:
    settings = case.inspection.settings if case.inspection else None
    return f"AUTH_USER_MODEL = '{settings.auth_user_model}'" if settings else "AUTH_USER_MODEL"


def _refers(node: Node, name: str) -> bool:
    operations = [*node.operations, *(item for operation in node.operations for item in operation.within())]
    return any(item.to.lower() == name.lower() for operation in operations for item in operation.references)


def _swappable(case: Case, path: str, name: str) -> Change:
    patch = Patch(tree=case.tree, path=path)
    for node in walk(case, path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lower() == name.lower():
            patch.replace(node, "settings.AUTH_USER_MODEL")
    known = attribute(case, path, "dependencies")
    if known is None or "swappable_dependency" not in ast.unparse(known):
        add_dependency(case, patch, "migrations.swappable_dependency(settings.AUTH_USER_MODEL)")
    return patch.ensure_import("from django.conf import settings").change()
