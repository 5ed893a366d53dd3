"""Causes that lie in MIGRATION_MODULES."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.installed import definition
from harness.doctor.migration_source import walk
from harness.doctor.registry import rule
from harness.doctor.rules.migration_graph import NO_MIGRATIONS, graph_of, graph_words

NO_MODULE = re.compile(r"No module named '([^']+)'")


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
        evidence=f"MIGRATION_MODULES sets {labels[0]} to None, so its migrations are not there, and {by} depends on "
        "them.",
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
    """Before Django 1.9 a module that is not there switched migrations off; now it is imported, and None does that."""
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
            evidence=f"MIGRATION_MODULES answers '{said[0]}' for "
            f"{len([i for i in modules.items if i.module == said[0]])} apps, "
            "and there is no such module. Django imports it; only None switches an app's migrations off.",
            fix=Fix(words="answer None instead, or use --no-migrations", changes=(patch.change(),)),
            is_explaining=any(said[0] in trouble.words for trouble in case.troubles),
            is_certain=True,
        )
        return
