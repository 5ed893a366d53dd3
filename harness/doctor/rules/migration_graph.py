"""Causes that lie in what migrations depend on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch, create
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.history import ancestors, ordered, play
from harness.doctor.inspection import App, Graph, Key, Node
from harness.doctor.migration_source import add_dependency, line_with, walk
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


def graph_of(case: Case) -> Graph | None:
    """Return the migrations on disk, None if they could not be read."""
    return case.inspection.graph if case.inspection else None


def graph_words(case: Case) -> str:
    """Return what is said against the migrations, by Django's loader and by the failures."""
    graph = graph_of(case)
    said = [error.message for error in graph.errors] if graph else []
    return "\n".join([*said, *(trouble.words for trouble in case.troubles)])


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
            evidence=f"{node.app}.{node.name} needs {trouble.table or needed.app}, which {needed.app}.{needed.name} "
            "makes, and "
            "does not depend on it: on a fresh database it is applied first.",
            fix=Fix(words=f"add ('{needed.app}', '{needed.name}') to its dependencies", changes=(patch.change(),)),
            is_explaining=True,
        )
        return


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


def _stands_for(graph: Graph, key: Key, by: list[Node]) -> Node | None:
    """Return the migration of the same app that took another one's place; none that comes after who depends on it."""
    asking = {node.key for node in by}
    own = [node for node in ordered(graph) if node.app == key[0] and not asking & {node.key, *ancestors(graph, node)}]
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
        by, new = nodes[0], _stands_for(graph, key, nodes) if graph else None
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
    labels = (
        [*NO_MIGRATIONS.findall(graph_words(case)), *(item.node[0] for item in graph.missing if graph)] if graph else []
    )
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
            evidence=f"{path}:{number} keeps git from taking {folder}/*.py: the migrations of {label} are not here, "
            "and those "
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
