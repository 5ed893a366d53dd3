"""Reads what decides how a project's tests are run, with what the doctor knows of settings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.doctor import choice, pytest_config
from harness.doctor.case import Case, Chooser, Chosen
from harness.doctor.pytest_config import PytestConfig
from harness.doctor.tree import Tree
from harness.interop.project.files import ini, toml
from harness.interop.project.how_tested import HowTested, Runner
from harness.interop.project.into_draft import Basis, Told, basis
from harness.interop.project.question import Ask, Question
from harness.interop.project.requirement_files import find as requirement_files
from harness.workflow.doctor_read import case_of

_DEPTH = 2
_NOT_OURS = re.compile(r"(?:^|/)(?:docs?|examples?|samples?|demo|templates?|cookiecutter|node_modules)(?:/|$)|[{]")
_CHECKED = 400
"""How many Python files are looked into for a word of Django, where nothing else tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is known before the rest is read."""

    basis: Basis
    told: Told


def projects(tree: Tree) -> tuple[str, ...]:
    """Return the folders that look like a project: the top, else those nearest to it."""
    if _is_project(tree, ""):
        return ("",)
    found = sorted(
        (folder for folder in tree.folders() if folder.count("/") < _DEPTH and not _NOT_OURS.search(folder)),
        key=lambda folder: (folder.count("/"), folder),
    )
    below = [folder for folder in found if folder and _is_project(tree, folder)]
    return tuple(folder for folder in below if folder.count("/") == below[0].count("/"))


def _is_project(tree: Tree, folder: str) -> bool:
    prefix = f"{folder}/" if folder else ""
    if any(tree.has(f"{prefix}{name}") for name in ("manage.py", "setup.py", "pytest.ini", "tox.ini", "Pipfile")):
        return True
    said = toml(tree, f"{prefix}pyproject.toml")
    tool = said.get("tool", {})
    if "project" in said or (isinstance(tool, dict) and {"poetry", "pytest"} & set(tool)):
        return True
    parser = ini(tree, f"{prefix}setup.cfg")
    has_files = any(item.path.rpartition("/")[0] == folder for item in requirement_files(tree))
    return has_files or parser.has_section("metadata") or parser.has_section("tool:pytest")


def speaks_of_django(tree: Tree, read: Basis) -> bool:
    """Tell whether anything of Django is to be seen."""
    if any(name == "django" or name.startswith(("django-", "djangorestframework")) for name in read.packages):
        return True
    if any(text.startswith("Framework :: Django") for text in read.metadata.classifiers):
        return True
    if choice.settings_modules(tree) or any(path.rpartition("/")[2] == "manage.py" for path in tree.paths):
        return True
    return any("import django" in text or "from django" in text for text in map(tree.text, tree.python()[:_CHECKED]))


def read(tree: Tree, ask: Ask) -> Reading:
    """Return how the tests are run and which settings they use; what nothing tells is asked for."""
    pytest = pytest_config.find(tree, (), {})
    section = pytest.ini or min(
        (item for item in pytest.others if item.has_section and not _NOT_OURS.search(item.path)),
        key=lambda item: (item.path.count("/"), item.path),
        default=None,
    )
    is_configured = section is not None and section.has_section
    manage = min(
        (path for path in tree.paths if path.rpartition("/")[2] == "manage.py" and not _NOT_OURS.search(path)),
        key=lambda path: (path.count("/"), path),
        default="",
    )
    found = basis(tree, pytest_section=section.path if section and is_configured else "", manage=manage)
    cwd = _cwd(tree, found.how_tested, section.folder if section and is_configured else "", manage)
    case = case_of(tree, _words(found.how_tested, manage, cwd), {}, cwd=cwd)
    return Reading(basis=found, told=_told(tree, found, case, manage, cwd, ask))


def _cwd(tree: Tree, run: HowTested, configured: str, manage: str) -> str:
    """Return the folder in which the command is run."""
    if run.runner is Runner.PYTEST:
        return configured
    if run.runner is not Runner.MANAGE:
        return ""
    script = next((word for word in shlex.split(run.line) if word.endswith("manage.py")), "")
    return "" if script and tree.has(script) else manage.rpartition("/")[0]


def _words(run: HowTested, manage: str, cwd: str) -> tuple[str, ...]:
    if run.line:
        return tuple(shlex.split(run.line))
    match run.runner:
        case Runner.PYTEST:
            return ("pytest",)
        case Runner.MANAGE:
            return ("python", manage.removeprefix(f"{cwd}/") if cwd else manage, "test")
        case Runner.SCRIPT | Runner.DJANGO:
            return ("python", "-m", "django", "test")


def _told(tree: Tree, found: Basis, case: Case, manage: str, cwd: str, ask: Ask) -> Told:
    runner, pytest = found.how_tested.runner, case.pytest
    chosen, left = _settings(tree, found.how_tested, case, ask)
    roots = choice.roots(tree, pytest, manage, chosen.module, cwd)
    file = tree.module_file(chosen.module, roots) if chosen.module else ""
    if chosen.module and not file:
        left = (*left, f"settings {chosen.module}: there is no such module in the project")
    elif file and tree.module(file) is None:
        left = (*left, f"{file} is no Python that can be parsed: nothing is known of its databases")
    return Told(
        settings=chosen.module,
        settings_because=_because(chosen),
        roots=roots,
        manage=manage,
        cwd=cwd,
        addopts=pytest.addopts,
        pythonpath=tuple(pytest.option("pythonpath").split()),
        is_pytest_django=runner is Runner.PYTEST and _needs_plugin(tree, pytest, chosen),
        left=left,
    )


def _because(chosen: Chosen) -> str:
    where = f"{chosen.path}:{chosen.line}" if chosen.line else chosen.path
    return f"named by {where}" if where else "named by the command" if chosen.module else ""


def _needs_plugin(tree: Tree, pytest: PytestConfig, chosen: Chosen) -> bool:
    """Tell whether nothing but pytest-django sets Django up for pytest."""
    if pytest.option(choice.NAME) or pytest.value("--ds"):
        return True
    conftests = [tree.text(path) for path in tree.paths if path.rpartition("/")[2] == "conftest.py"]
    return bool(chosen.module) and not any(re.search(r"\bdjango\.setup\(", text) for text in conftests)


def _settings(tree: Tree, run: HowTested, case: Case, ask: Ask) -> tuple[Chosen, tuple[str, ...]]:
    """Return the settings module and what is to be said of it."""
    nobody = Chosen(module="", by=Chooser.NOBODY)
    if run.runner is Runner.SCRIPT:
        script = next((word for word in shlex.split(run.line) if word.endswith(".py")), "")
        named = tuple(choice.named_in(tree, script, Chooser.MANAGE))
        if named or "settings.configure(" in tree.text(script):
            return (named or (nobody,))[0], ()
    if case.chosen.by is Chooser.MANAGE:
        several = _distinct(choice.named_in(tree, case.chosen.path, Chooser.MANAGE))
        return (several[0], ()) if len(several) == 1 else _asked(several, f"{case.chosen.path} does not say", ask)
    if case.chosen.module:
        return case.chosen, ()
    if _configures_itself(tree):
        return nobody, ()
    declared = _distinct(item for item in case.declared if not _NOT_OURS.search(item.path))
    if declared:
        return (declared[0], ()) if len(declared) == 1 else _asked(declared, "the project does not say", ask)
    known = [path for path in choice.settings_modules(tree) if not _NOT_OURS.search(path)]
    found = [Chosen(module=choice.dotted(path, case.roots), by=Chooser.NOBODY, path=path) for path in known]
    if len(found) < 2:
        return (found or [nobody])[0], ()
    return _asked(found, "nothing says", ask)


def _configures_itself(tree: Tree) -> bool:
    return any(
        "settings.configure(" in tree.text(path) for path in tree.paths if path.rpartition("/")[2] == "conftest.py"
    )


def _distinct(items: Iterator[Chosen] | Sequence[Chosen]) -> list[Chosen]:
    return list({item.module: item for item in reversed(list(items))}.values())[::-1]


def _asked(found: Sequence[Chosen], who: str, ask: Ask) -> tuple[Chosen, tuple[str, ...]]:
    """Return the one of several settings modules that is meant: by default the one for tests, else the first named."""
    names = tuple(item.module for item in sorted(found, key=lambda item: _fitness(item.module)))
    is_named = bool(found[0].path) and found[0].by is not Chooser.NOBODY
    default = names[0] if _fitness(names[0]) == 0 or not is_named else found[0].module
    text = f"Several settings modules, and {who} which one the tests use. Which one?"
    answer = ask(Question(text=text, default=default, choices=names))
    chosen = next(item for item in found if item.module == answer)
    others = ", ".join(name for name in names if name != answer)
    return chosen, (f"settings: {answer} was taken, there are others, too: {others}",)


def _fitness(module: str) -> int:
    """Return how far a settings module is from one for tests, by its name."""
    last = module.rpartition(".")[2]
    order = (r"test|(?:^|[._])ci(?:$|[._])", r"dev|local", r"^(?!.*(?:base|common|default|prod|stag|live|docker))")
    return next((rank for rank, pattern in enumerate(order) if re.search(pattern, module if not rank else last)), 3)
