"""Causes that lie in pytest's plugins and options: pytest-django switched off, or not asked what is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.doctor.case import Case, Chooser
from harness.doctor.choice import NAME
from harness.doctor.edit import add_addopts, remove_option, remove_words
from harness.doctor.finding import Change, Clue, Confidence, Depth, Fix
from harness.doctor.flags import ADDOPTS, environ_without
from harness.doctor.pytest_config import IniFile, line_of
from harness.doctor.registry import rule
from harness.doctor.rules.runner import (
    COMMAND_LINE,
    ENVIRONMENT,
    PYTEST_DJANGO,
    configured,
)
from harness.errors import nearest


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
