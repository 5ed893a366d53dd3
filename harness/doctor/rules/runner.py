"""Causes that lie in what pytest is told: its configuration file, options, plugins, the choice of settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.doctor.case import Case, Chooser, Chosen
from harness.doctor.choice import NAME
from harness.doctor.edit import add_addopts, delete, remove_option, remove_words, set_option, set_options
from harness.doctor.finding import Change, Clue, Confidence, Depth, Fix
from harness.doctor.flags import ADDOPTS, command_with, environ_without
from harness.doctor.installed import apps_of, lacking
from harness.doctor.pytest_config import IniFile, line_of
from harness.doctor.registry import rule
from harness.errors import nearest

PYTEST = "https://docs.pytest.org/en/stable/reference/customize.html"
PYTEST_DJANGO = "https://pytest-django.readthedocs.io/en/latest"
ENVIRONMENT = "(environment)"
COMMAND_LINE = "(command line)"


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


@rule(
    "plugin-disabled",
    title="pytest-django is switched off by -p",
    depth=Depth.RUNNER,
    link="https://docs.pytest.org/en/stable/how-to/plugins.html#deactivating-unregistering-a-plugin-by-name",
)
def plugin_disabled(case: Case) -> Iterator[Clue]:
    """With -p no:django no test database is made; tests talk to the real one."""
    if not case.is_pytest:
        return
    words = " ".join(case.pytest.words)
    found = re.search(r"-p\s*(no:(?:django|pytest_django(?:\.plugin)?|pytest-django))\b", words)
    if not found or not case.troubles:
        return
    ini = case.pytest.ini
    is_in_ini = ini is not None and found[1] in ini.options.get("addopts", "")
    variable = environ_without(case, "-p", found[1])
    changes = [remove_words(case.tree, ini, f"-p {found[1]}")] if ini is not None and is_in_ini else []
    given = tuple(case.command.words)
    kept = tuple(
        word
        for number, word in enumerate(given)
        if word != f"-p{found[1]}"
        and word != found[1]
        and not (word == "-p" and given[number + 1 : number + 2] == (found[1],))
    )
    module = configured(case)
    if (
        ini is not None
        and changes
        and module
        and not case.pytest.option(NAME)
        and case.chosen.by is not Chooser.ENVIRONMENT
    ):
        changes = [_with_settings(ini, changes[0], module)]
    is_variable = not is_in_ini and variable is not None
    yield Clue(
        path=ini.path if ini is not None and is_in_ini else ENVIRONMENT if is_variable else COMMAND_LINE,
        line=line_of(case.tree, ini.path, re.escape(found[1])) if ini is not None and is_in_ini else 0,
        setting=ADDOPTS if is_variable else "-p",
        evidence=f"-p {found[1]} keeps pytest-django out: no test database is made, and tests that query meet "
        f"the real one.",
        fix=Fix(
            words=f"remove -p {found[1]}"
            + (f" from {ADDOPTS}" if is_variable else "")
            + (f" and set {NAME} = {module}" if module and case.chosen.by is Chooser.NOBODY else ""),
            changes=tuple(change for change in changes if change is not None),
            instead=() if is_in_ini else (*(() if variable is None else (f"{ADDOPTS}={variable}",)), *kept),
        ),
        is_explaining=True,
    )


def _with_settings(ini: IniFile, change: Change | None, module: str) -> Change | None:
    """Return a change that names the settings as well: without the plugin nothing needed it."""
    if change is None or change.after is None:
        return change
    section = re.search(r"^\[[^\]\n]*pytest[^\]\n]*\]\n?", change.after, re.MULTILINE)
    if section is None:
        return change
    is_toml = ini.path.endswith(".toml")
    line = f'{NAME} = "{module}"\n' if is_toml else f"{NAME} = {module}\n"
    after = change.after[: section.end()] + line + change.after[section.end() :]
    return Change(path=change.path, before=change.before, after=after)


@rule(
    "plugin-autoload-off",
    title="plugins are not loaded by themselves, so pytest-django is not at work",
    depth=Depth.RUNNER,
    link="https://docs.pytest.org/en/stable/reference/reference.html#envvar-PYTEST_DISABLE_PLUGIN_AUTOLOAD",
)
def plugin_autoload_off(case: Case) -> Iterator[Clue]:
    """PYTEST_DISABLE_PLUGIN_AUTOLOAD keeps installed plugins out that nothing names."""
    if not case.is_pytest or not case.pytest.is_plugin_autoload_off or not case.troubles:
        return
    named = " ".join(case.pytest.words)
    if re.search(r"-p\s*(pytest_)?django", named) or "pytest_django" in case.environ.get("PYTEST_PLUGINS", ""):
        return
    is_variable = bool(case.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"))
    ini = case.pytest.ini
    yield Clue(
        path=ENVIRONMENT if is_variable else ini.path if ini else COMMAND_LINE,
        setting="PYTEST_DISABLE_PLUGIN_AUTOLOAD" if is_variable else "--disable-plugin-autoload",
        evidence="plugins are not loaded by themselves ("
        + ("PYTEST_DISABLE_PLUGIN_AUTOLOAD is set" if is_variable else "--disable-plugin-autoload")
        + "), and nothing names pytest-django: no test database is made.",
        fix=Fix(
            words="unset the variable, or add -p pytest_django.plugin to addopts",
            changes=(add_addopts(case.tree, ini, "-p pytest_django.plugin"),),
        ),
        is_explaining=True,
    )


@rule(
    "unknown-ini-option",
    title="an option in pytest's configuration that nothing knows",
    depth=Depth.OPTION,
    link="https://docs.pytest.org/en/stable/reference/reference.html#ini-options-ref",
)
def unknown_ini_option(case: Case) -> Iterator[Clue]:
    """pytest warns of it, or, with --strict-config, ends there."""
    ini = case.pytest.ini
    if not case.is_pytest or case.run is None or ini is None:
        return
    for name in dict.fromkeys(re.findall(r"Unknown config options?: ([\w, ]+)", case.run.output)):
        for option in (item.strip() for item in name.split(",")):
            change = remove_option(case.tree, ini, option) if option in ini.options else None
            if change is None or option in KNOWN_OPTIONS:
                continue
            yield Clue(
                path=ini.path,
                line=line_of(case.tree, ini.path, rf"^{re.escape(option)}\b"),
                setting=option,
                evidence=f"pytest and its plugins know no option {option}{nearest(option, KNOWN_OPTIONS)}: it "
                f"has no effect.",
                fix=Fix(words=f"remove {option} from {ini.path}", changes=(change,)),
                is_explaining=case.run.exit_code == 4 and "ERROR: Unknown config option" in case.run.output,
                is_certain=True,
            )


MOVED = (NAME, "DJANGO_CONFIGURATION", "django_find_project", "pythonpath", "python_files", "testpaths")
"""Options without which the tests do not find the project, in the order in which they are written down."""

KNOWN_OPTIONS = (NAME, "DJANGO_CONFIGURATION", "FAIL_INVALID_TEMPLATE_VARS", "django_find_project", "django_debug_mode")


@rule(
    "unknown-command-line-flag",
    title="a flag that pytest does not have",
    depth=Depth.OPTION,
    link=f"{PYTEST_DJANGO}/usage.html",
)
def unknown_command_line_flag(case: Case) -> Iterator[Clue]:
    """pytest ends before it collects anything."""
    if not case.is_pytest or case.run is None:
        return
    found = re.search(r"unrecognized arguments: (.+)", case.run.output)
    if not found:
        return
    flags = [word for word in found[1].split() if word.startswith("-")]
    ini = case.pytest.ini
    change = remove_words(case.tree, ini, *flags) if ini is not None else None
    kept = tuple(word for word in case.command.words if word not in flags)
    is_given = kept != case.command.words
    variables = tuple(f"{name}={value}" for name, value in case.command.variables)
    for flag in flags[:1]:
        meant = _MEANT.get(flag.partition("=")[0], "")
        yield Clue(
            path=COMMAND_LINE if is_given or ini is None else ini.path,
            line=0 if is_given or ini is None else line_of(case.tree, ini.path, re.escape(flag)),
            setting=flag,
            evidence=f"pytest has no flag {' '.join(flags)}" + (f" (it is called {meant})" if meant else "") + ".",
            fix=Fix(
                words=f"leave out {' '.join(flags)}" + (f", or write {meant}" if meant else ""),
                changes=(change,) if change is not None else (),
                instead=(*variables, *kept) if is_given else (),
            ),
            is_explaining=True,
            confidence=Confidence.HIGH,
        )


_MEANT = {
    "--keepdb": "--reuse-db",
    "--recreate-db": "--create-db",
    "--noinput": "",
    "--no-migration": "--no-migrations",
    "--migrate": "--migrations",
}
