"""What settings modules install, read from their text: for those that are not in force."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from harness.doctor.case import Case, Chooser, Chosen
from harness.doctor.choice import dotted
from harness.doctor.source import Assignment, ModelClass, assignments, imports
from harness.doctor.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a model class lives: its package as INSTALLED_APPS would name it, and its label."""

    model: ModelClass
    package: str
    label: str


def apps_of(tree: Tree, module: str, roots: tuple[str, ...], seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the strings that a settings module's INSTALLED_APPS is made of, star imports followed."""
    path = tree.module_file(module, roots)
    if not path or module in seen:
        return frozenset()
    found: set[str] = set()
    names = {"INSTALLED_APPS"}
    for assignment in assignments(tree, path, "INSTALLED_APPS"):
        names |= {item.id for item in ast.walk(assignment.value) if isinstance(item, ast.Name)}
    for name in names:
        for assignment in assignments(tree, path, name):
            found |= {str(item.value) for item in ast.walk(assignment.value) if isinstance(item, ast.Constant)}
    for _, source, what in imports(tree, path):
        if "*" in what or names & set(what):
            found |= apps_of(tree, absolute(source, module, path), roots, seen | {module})
    return frozenset(found)


def absolute(source: str, module: str, path: str) -> str:
    """Return a relative import's module by its full name."""
    level = len(source) - len(source.lstrip("."))
    if not level:
        return source
    parts = module.split(".")
    base = parts if path.endswith("__init__.py") else parts[:-1]
    base = base[: len(base) - level + 1]
    return ".".join([*base, *([source.lstrip(".")] if source.lstrip(".") else [])])


def holds(apps: frozenset[str], package: str) -> bool:
    """Tell whether INSTALLED_APPS names an app by its package or by a config in it."""
    return any(app == package or app.startswith(f"{package}.") for app in apps)


def home_of(case: Case, model: ModelClass) -> Home:
    """Return the package that a model's file belongs to."""
    module = dotted(model.path, case.roots)
    parts = module.split(".")
    at = parts.index("models") if "models" in parts else len(parts) - 1
    package = ".".join(parts[:at]) or module
    return Home(model=model, package=package, label=model.app_label or package.rpartition(".")[2])


def homes_of_table(case: Case, table: str) -> tuple[Home, ...]:
    """Return the model classes in the source whose table would have that name."""
    wanted = table.lower()
    found = []
    for model in case.model_classes():
        home = home_of(case, model)
        names = {model.table.lower()} if model.table else {f"{home.label}_{model.name}".lower()}
        if wanted in names and not model.is_abstract:
            found.append(home)
    return tuple(found)


def others_with(case: Case, package: str) -> tuple[Chosen, ...]:
    """Return pytest's configuration files that name other settings than those in force, with an app installed."""
    return tuple(
        item
        for item in case.declared
        if item.by is Chooser.INI
        and item.module != case.chosen.module
        and holds(apps_of(case.tree, item.module, case.roots), package)
    )


def definition(case: Case, name: str) -> Assignment | None:
    """Return the assignment that decides a setting: the last one in the chosen module, or in what it star-imports."""
    for path in case.settings_files:
        found = [item for item in assignments(case.tree, path, name) if item.value is not None]
        if found:
            return found[-1]
    return None


def lacking(case: Case) -> tuple[Home, ...]:
    """Return the model classes that failures need and whose apps are not installed."""
    found: list[Home] = []
    installed = (
        frozenset(case.inspection.settings.installed_apps) if case.inspection and case.inspection.settings else None
    )
    loaded = {app.name for app in case.inspection.apps} if case.inspection else set()
    for trouble in case.troubles:
        named = _undeclared(trouble.words)
        for model in case.model_classes() if named or trouble.table else ():
            home = home_of(case, model)
            is_meant = f"{dotted(model.path, case.roots)}.{model.name}" == named or (
                bool(trouble.table) and home in homes_of_table(case, trouble.table)
            )
            if is_meant and home.package not in loaded and (installed is None or not holds(installed, home.package)):
                found.append(home)
    return tuple(dict.fromkeys(found))


def _undeclared(words: str) -> str:
    """Return the class in "Model class x.y.Z doesn't declare an explicit app_label", empty if it is not said."""
    head, found, _ = words.partition(" doesn't declare an explicit app_label")
    return head.rpartition("Model class ")[2] if found else ""
