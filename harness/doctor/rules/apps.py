"""Causes that lie in what is installed: INSTALLED_APPS, and who forgot an app in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.installed import Home, definition, homes_of_table, lacking, others_with
from harness.doctor.registry import rule
from harness.doctor.source import is_of_tests

APPS = "https://docs.djangoproject.com/en/stable/ref/settings/#installed-apps"


def configures_by_hand(case: Case) -> tuple[str, ast.Call] | None:
    """Return the conftest that calls `settings.configure(…)`, and the call."""
    for path in case.tree.paths:
        if not path.endswith("conftest.py") or "configure" not in case.tree.text(path):
            continue
        module = case.tree.module(path)
        for node in ast.walk(module) if module is not None else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("settings.configure"):
                return path, node
    return None


def _wanted(case: Case) -> tuple[Home, ...]:
    """Return what is not installed, unless other settings that the project names would install it."""
    return tuple(home for home in lacking(case) if not others_with(case, home.package))


def _installing(case: Case, package: str) -> tuple[str, int, tuple[Change, ...]]:
    """Return where INSTALLED_APPS is decided, and the change that adds an app to it."""
    assignment = definition(case, "INSTALLED_APPS")
    if assignment is None:
        path = case.settings_files[0] if case.settings_files else ""
        if not path:
            return "", 0, ()
        patch = Patch(tree=case.tree, path=path)
        text = "" if case.tree.text(path).endswith("\n") else "\n"
        return path, 0, (patch.insert(len(patch.text), f'{text}INSTALLED_APPS += ["{package}"]\n').change(),)
    patch = Patch(tree=case.tree, path=assignment.path)
    if not patch.add_to_list(assignment, package):
        patch.before_line((assignment.node.end_lineno or assignment.line) + 1, f'INSTALLED_APPS += ["{package}"]\n')
    return assignment.path, assignment.line, (patch.change(),)


def _clue(case: Case, home: Home, evidence: str) -> Clue:
    path, line, changes = _installing(case, home.package)
    return Clue(
        path=path,
        line=line,
        setting="INSTALLED_APPS",
        evidence=evidence,
        fix=Fix(words=f"add '{home.package}' to INSTALLED_APPS", changes=changes),
        is_explaining=True,
    )


@rule(
    "app-not-installed",
    title="an app is missing from INSTALLED_APPS of the settings in force",
    depth=Depth.SETTINGS,
    link=APPS,
)
def app_not_installed(case: Case) -> Iterator[Clue]:
    """A model without app_label, imported from an app that is not installed, raises RuntimeError."""
    if configures_by_hand(case):
        return
    for home in _wanted(case):
        if not home.model.app_label and not is_of_tests(home.model.path):
            yield _clue(
                case,
                home,
                f"{home.model.path}:{home.model.line} defines {home.model.name}, but '{home.package}' is not in "
                f"INSTALLED_APPS of {case.chosen.module}.",
            )
            return


@rule(
    "app-not-installed-app-label",
    title="an app is missing from INSTALLED_APPS, and its models' app_label hides it",
    depth=Depth.SETTINGS,
    link=APPS,
)
def app_not_installed_app_label(case: Case) -> Iterator[Clue]:
    """With an explicit Meta.app_label the model can be imported, and only its table is missing."""
    if configures_by_hand(case):
        return
    for home in _wanted(case):
        if home.model.app_label and not is_of_tests(home.model.path):
            yield _clue(
                case,
                home,
                f"{home.model.path}:{home.model.line} defines {home.model.name} with app_label "
                f"'{home.model.app_label}', but '{home.package}' is not in INSTALLED_APPS of {case.chosen.module}: the "
                "class can be imported, and no table is made for it.",
            )
            return


@rule(
    "test-only-model",
    title="a model that only the tests define, in no installed app",
    depth=Depth.SETTINGS,
    link="https://docs.djangoproject.com/en/stable/topics/testing/overview/#tests-and-models",
)
def test_only_model(case: Case) -> Iterator[Clue]:
    """A model in the tests' package has no table unless that package is an installed app."""
    for home in _wanted(case):
        if is_of_tests(home.model.path):
            yield _clue(
                case,
                home,
                f"{home.model.path}:{home.model.line} defines {home.model.name} for the tests, but "
                f"'{home.package}' is not "
                f"in INSTALLED_APPS of {case.chosen.module}.",
            )
            return


@rule(
    "settings-configure-without-apps",
    title="a conftest configures Django by hand and forgets an app",
    depth=Depth.SETTINGS,
    link="https://docs.djangoproject.com/en/stable/topics/settings/#custom-default-settings",
)
def settings_configure_without_apps(case: Case) -> Iterator[Clue]:
    """`settings.configure(INSTALLED_APPS=…)` in a conftest does not name the app whose table is missing."""
    found = configures_by_hand(case)
    if found is None:
        return
    path, call = found
    listed = next((item.value for item in call.keywords if item.arg == "INSTALLED_APPS"), None)
    known = {item.value for item in ast.walk(listed) if isinstance(item, ast.Constant)} if listed is not None else set()
    for trouble in case.troubles:
        for home in homes_of_table(case, trouble.table) if trouble.table else _named(case, trouble.words):
            if home.package in known:
                continue
            patch = Patch(tree=case.tree, path=path)
            if isinstance(listed, ast.List | ast.Tuple) and listed.elts:
                last = listed.elts[-1]
                patch.insert(patch.at(last.end_lineno or 0, last.end_col_offset or 0), f', "{home.package}"')
            yield Clue(
                path=path,
                line=listed.lineno if listed is not None else call.lineno,
                setting="INSTALLED_APPS",
                evidence=f"{path}:{call.lineno} calls settings.configure() without '{home.package}' among "
                f"INSTALLED_APPS, so "
                f"{home.model.name} of {home.model.path} gets no table.",
                fix=Fix(
                    words=f"add '{home.package}' there, or name a settings module in pytest's configuration",
                    changes=(patch.change(),) if patch.change().after != patch.text else (),
                ),
                is_explaining=True,
            )
            return


def _named(case: Case, words: str) -> tuple[Home, ...]:
    return tuple(home for home in lacking(case)) if "explicit app_label" in words else ()
