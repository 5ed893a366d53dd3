"""Causes that lie in where pytest is told its settings: configuration files, the environment, nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from harness.doctor.case import Case, Chooser, Chosen
from harness.doctor.choice import NAME
from harness.doctor.edit import add_addopts, delete, set_option, set_options
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.flags import command_with
from harness.doctor.installed import apps_of, lacking
from harness.doctor.pytest_config import IniFile, line_of
from harness.doctor.registry import rule

PYTEST = "https://docs.pytest.org/en/stable/reference/customize.html"
PYTEST_DJANGO = "https://pytest-django.readthedocs.io/en/latest"
ENVIRONMENT = "(environment)"
COMMAND_LINE = "(command line)"
MOVED = (NAME, "DJANGO_CONFIGURATION", "django_find_project", "pythonpath", "python_files", "testpaths")
"""Options without which the tests do not find the project, in the order in which they are written down."""


def is_unconfigured(case: Case) -> bool:
    """Tell whether something failed because no settings are in force."""
    words = ("settings are not configured", "Apps aren't loaded yet", "Unknown pytest.mark.django_db")
    return any(word in trouble.words for trouble in case.troubles for word in words) or any(
        "fixture 'db' not found" in trouble.words or "fixture 'django_db" in trouble.words for trouble in case.troubles
    )


def is_other_better(case: Case, other: Chosen) -> bool:
    """Tell whether what failed would be installed with another settings module."""
    apps = apps_of(case.tree, other.module, case.roots)
    homes = lacking(case)
    return bool(homes) and all(
        any(app == home.package or app.startswith(f"{home.package}.") for app in apps) for home in homes
    )


def configured(case: Case) -> str:
    """Return a settings module that somebody names: the user, else manage.py, else another place of the project."""
    known = sorted(case.declared, key=lambda item: (item.by is not Chooser.USER, item.by is not Chooser.MANAGE))
    return next((item.module for item in known if case.tree.module_file(item.module, case.roots)), "")


@rule(
    "settings-not-declared",
    title="pytest is not told which settings to use",
    depth=Depth.RUNNER,
    link=f"{PYTEST_DJANGO}/configuring_django.html",
)
def settings_not_declared(case: Case) -> Iterator[Clue]:
    """Only manage.py names the settings, so pytest-django stays passive."""
    if not case.is_pytest or case.chosen.by is not Chooser.NOBODY or case.pytest.is_plugin_autoload_off:
        return
    if any(ini.options.get(NAME) for ini in case.pytest.others) or not is_unconfigured(case):
        return
    module = configured(case)
    if not module:
        return
    ini = case.pytest.ini or next((item for item in case.pytest.others if not item.folder), None)
    where = next(item for item in case.declared if item.module == module)
    yield Clue(
        path=ini.path if ini else where.path if where.line else "",
        line=1 if ini else where.line,
        setting=NAME,
        evidence=f"neither the environment nor {ini.path if ini else 'a configuration file of pytest'} sets "
        f"{NAME}; only "
        f"{f'{where.path}:{where.line}' if where.line else where.path} does, which pytest does not see. "
        "pytest-django then does nothing at all.",
        fix=Fix(words=f"tell pytest: {NAME} = {module}", changes=(_told(case, ini, module),)),
        is_explaining=True,
    )


def _told(case: Case, ini: IniFile | None, module: str) -> Change:
    """Return the change that names the settings, and the folder they are imported from where pytest lacks that."""
    folder = next((root for root in case.roots if case.tree.module_file(module, (root,))), "")
    is_known = not folder or bool(case.pytest.option("pythonpath"))
    if ini is None and not is_known and not case.tree.has("pyproject.toml"):
        return Change(path="pytest.ini", before=None, after=f"[pytest]\n{NAME} = {module}\npythonpath = {folder}\n")
    if ini is None or is_known or ini.folder:
        return set_option(case.tree, ini, NAME, module)
    return set_options(case.tree, ini, {NAME: module, "pythonpath": folder})


@rule(
    "ini-shadowing-pyproject",
    title="one configuration file hides another, in which the settings are named",
    depth=Depth.RUNNER,
    link=f"{PYTEST}#finding-the-rootdir",
)
def ini_shadowing_pyproject(case: Case) -> Iterator[Clue]:
    """pytest reads one file only: an (almost empty) pytest.ini hides [tool.pytest.ini_options] beside it."""
    ini = case.pytest.ini
    if (
        not case.is_pytest
        or ini is None
        or ini.options.get(NAME)
        or case.chosen.by not in (Chooser.NOBODY, Chooser.CONFTEST)
    ):
        return
    for other in case.pytest.others:
        module = other.options.get(NAME, "")
        if not module or other.folder != ini.folder:
            continue
        extra = {key for key in ini.options if key != "minversion"}
        moved = {key: other.options[key] for key in MOVED if key in other.options and key not in ini.options}
        changes: tuple[Change, ...] = (set_options(case.tree, ini, moved),)
        words = f"move the options into {ini.path}"
        if not extra and ini.path.endswith("pytest.ini"):
            changes, words = (delete(case.tree, ini.path),), f"remove {ini.path}, or move the options into it"
        yield Clue(
            path=ini.path,
            evidence=f"pytest reads {ini.path} and no other file, so {NAME} = {module} in {other.path}:"
            f"{line_of(case.tree, other.path, NAME)} is never seen.",
            fix=Fix(words=words, changes=changes),
            is_explaining=is_unconfigured(case) or bool(case.troubles),
            is_certain=True,
        )
        return


@rule(
    "nested-ini-other-settings",
    title="the folder that is tested has a configuration file of its own, with other settings",
    depth=Depth.RUNNER,
    link=f"{PYTEST}#finding-the-rootdir",
)
def nested_ini_other_settings(case: Case) -> Iterator[Clue]:
    """pytest takes the file nearest to its arguments, whose settings lack an app that the outer one's have."""
    ini = case.pytest.ini
    if not case.is_pytest or ini is None or not ini.folder or case.chosen.by not in (Chooser.INI, Chooser.OPTION):
        return
    for other in case.pytest.others:
        module = other.options.get(NAME, "")
        is_above = not other.folder or ini.folder.startswith(f"{other.folder}/")
        if not module or module == case.chosen.module or not is_above:
            continue
        better = Chosen(module=module, by=Chooser.INI, path=other.path)
        if case.troubles and not is_other_better(case, better):
            continue
        plain = set(ini.options) <= {NAME, "pythonpath", "django_find_project", "minversion"}
        change = delete(case.tree, ini.path) if plain else set_option(case.tree, ini, NAME, module)
        yield Clue(
            path=ini.path,
            line=line_of(case.tree, ini.path, NAME),
            setting=NAME,
            evidence=f"the command's arguments make pytest read {ini.path}, whose settings are {case.chosen.module}; "
            f"{other.path} says {module}, where the app that is missing is installed.",
            fix=Fix(words=f"remove {ini.path}" if plain else f"name {module} there", changes=(change,)),
            is_explaining=bool(case.troubles),
        )
        return


@rule(
    "env-settings-beats-ini",
    title="the environment or --ds overrules the settings of pytest's configuration",
    depth=Depth.RUNNER,
    link=f"{PYTEST_DJANGO}/configuring_django.html#order-of-choosing-settings",
)
def env_settings_beats_ini(case: Case) -> Iterator[Clue]:
    """The variable, or --ds, wins over the ini file, and its settings are not those that the tests need."""
    ini = case.pytest.ini
    module = case.pytest.option(NAME)
    is_option = case.chosen.by is Chooser.OPTION and not case.chosen.path
    is_overruling = is_option or case.chosen.by is Chooser.ENVIRONMENT
    if not case.is_pytest or not is_overruling or ini is None or module in ("", case.chosen.module):
        return
    is_broken = bool(case.inspection and case.inspection.settings and case.inspection.settings.errors)
    better = Chosen(module=module, by=Chooser.INI, path=ini.path)
    if not (is_other_better(case, better) or is_broken):
        return
    if is_option:
        yield Clue(
            path=COMMAND_LINE,
            setting="--ds",
            evidence=f"--ds {case.chosen.module} is on the command line and wins over {module} of {ini.path}:"
            f"{line_of(case.tree, ini.path, NAME)}.",
            fix=Fix(
                words="leave out --ds",
                instead=command_with(case, without=(f"--ds={case.chosen.module}", "--ds", case.chosen.module)),
            ),
            is_explaining=bool(case.troubles),
        )
        return
    yield Clue(
        path=ENVIRONMENT,
        setting=NAME,
        evidence=f"{NAME}={case.chosen.module} is in the environment and wins over {module} of {ini.path}:"
        f"{line_of(case.tree, ini.path, NAME)}.",
        fix=Fix(
            words=f"unset {NAME}, or let --ds={module} in addopts win over it",
            changes=(add_addopts(case.tree, ini, f"--ds={module}"),),
        ),
        is_explaining=bool(case.troubles),
    )
