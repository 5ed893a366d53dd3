"""Causes that lie in a model that nobody imports."""

from __future__ import annotations

from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch, create
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.inspection import App
from harness.doctor.registry import rule
from harness.doctor.rules.model_changes import DOCS
from harness.doctor.source import ModelClass, is_of_tests


def _app_of(case: Case, path: str) -> App | None:
    """Return the installed app whose folder a file lies in, the innermost one."""
    own = [app for app in (case.inspection.apps if case.inspection else ()) if app.is_own]
    found = [app for app in own if path.startswith(f"{app.path}/" if app.path else "")]
    return max(found, key=lambda app: len(app.path), default=None)


def unloaded(case: Case, table: str) -> tuple[ModelClass, App] | None:
    """Return a class of an installed app that would have that table and that is not loaded."""
    loaded = {(model.file, model.name) for model in (case.inspection.models if case.inspection else ())}
    for model in case.model_classes():
        app = _app_of(case, model.path)
        if app is None or model.is_abstract or (model.path, model.name) in loaded or is_of_tests(model.path):
            continue
        if model.app_label and model.app_label != app.label:
            continue
        if table.lower() == (model.table or f"{app.label}_{model.name}").lower() and model.managed is not False:
            return model, app
    return None


def _with_import(case: Case, app: App, model: ModelClass) -> tuple[str, Change]:
    """Return the file that is to import a model's class, and the change."""
    base = f"{app.path}/" if app.path else ""
    package = f"{base}models/__init__.py"
    path = package if case.tree.has(package) else f"{base}models.py"
    inner = model.path[len(base) :].removesuffix(".py").removesuffix("/__init__")
    parts = inner.split("/")
    source = "." + ".".join(parts[1:] if path == package and parts[:1] == ["models"] else parts)
    if path == package and parts[:1] != ["models"]:
        source = f".{source}"
    line = f"from {source} import {model.name}  # noqa: F401\n"
    text = case.tree.text(path)
    if not case.tree.has(path):
        return path, create(path, line)
    start = "" if not text or text.endswith("\n") else "\n"
    return path, Patch(tree=case.tree, path=path).insert(len(text), f"{start}{line}").change()


@rule(
    "models-package-not-imported",
    title="a model's module is imported by nobody when Django looks for models",
    depth=Depth.CODE,
    link=f"{DOCS}/topics/db/models/#organizing-models-in-a-package",
)
def models_package_not_imported(case: Case) -> Iterator[Clue]:
    """Django imports an app's `models`; what that does not import has no migration and no table."""
    for trouble in case.troubles:
        found = unloaded(case, trouble.table) if trouble.table else None
        if found is None:
            continue
        model, app = found
        path, change = _with_import(case, app, model)
        yield Clue(
            path=path,
            evidence=f"{model.path}:{model.line} defines {model.name}, and {path} does not import it: makemigrations "
            "and migrate "
            f"never see it, so nothing makes {trouble.table}.",
            fix=Fix(
                words=f"import {model.name} there, and write its migration",
                changes=(change,),
                commands=(("python", "{manage}", "makemigrations", app.label, "--noinput"),),
            ),
            is_explaining=True,
        )
        return
