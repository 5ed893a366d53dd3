"""The variables of a cell outside the harness, as lines of sh."""

from __future__ import annotations

import shlex
from pathlib import Path

from harness.cells import project_environ
from harness.cells.environ import ALLOWED, FIXED
from harness.cells.outside import databases
from harness.cells.outside.recipe import Recipe
from harness.cells.outside.words import stand_in, urls, word_of

INJECTED = project_environ.INJECTED
"""What the folder of the settings module that is put in is called, beside the working copy."""

_PATH = "PYTHONPATH"


def told(recipe: Recipe) -> dict[str, str]:
    """Return what a project is told besides, with stand-ins for what only the script knows.

    Raises:
        UsageError: its `env` names a variable that a cell does not have.
    """
    project, work = recipe.project, stand_in("work")
    if project is None:
        return {}
    base = {name: stand_in(name) for name in ALLOWED} | {
        "PATH": f"{work}/venv/bin:{stand_in('PATH')}",
        "TMPDIR": str(Path(work, "tmp")),
        _PATH: "",  # in a cell, where the probe lies
        **_fixed(recipe),
        "HARNESS_DATABASES": stand_in("HARNESS_DATABASES"),
        "HARNESS_RUN": stand_in("number"),
    }
    found = project_environ.variables(
        recipe.job.canary,
        project,
        databases.entries(recipe.job),
        inherited={name: stand_in(name) for name in project.pass_env},
        base=base,
        injection=Path(work, INJECTED),
    )
    path = ":".join(filter(None, found.pop(_PATH).split(":")))
    return found | ({_PATH: path} if path else {})


def plain(recipe: Recipe) -> dict[str, str]:
    """Return those of `told` that are not simply passed on."""
    return {name: text for name, text in told(recipe).items() if text != stand_in(name)}


def word(recipe: Recipe, text: str) -> str:
    """Return a text of `told` as a word of sh; what it names and you have not set is empty in it."""
    passed = recipe.project.pass_env if recipe.project is not None else ()
    return word_of(text, may_be_unset=ALLOWED.union(passed) - {"PATH"})


def quoted(recipe: Recipe) -> list[str]:
    """Return the lines that make what goes into the addresses of databases fit for it."""
    wanted = sorted({name for text in told(recipe).values() for name in urls(text)})
    if not wanted:
        return []
    code = "import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=sys.argv[2]))"
    lines = [f'quoted() {{ "$work/venv/bin/python" -I -c {shlex.quote(code)} "$@"; }}']
    return lines + [f'quoted_{name}=$(quoted "${name}" {"/" if name == "work" else chr(39) * 2})' for name in wanted]


def environment(recipe: Recipe) -> list[str]:
    """Return the lines of a command that gives its program the variables of a cell and no others; that comes next."""
    passed = [name for name, text in told(recipe).items() if text == stand_in(name)]
    kept = sorted(ALLOWED - {"PATH", "TMPDIR"})
    return [
        f"    env -i {' '.join(map(_if_set, kept))} \\",
        '        PATH="$work/venv/bin:$PATH" TMPDIR="$work/tmp" \\',
        '        HARNESS_DATABASES="$HARNESS_DATABASES" HARNESS_RUN="$number" \\',
        "        " + " ".join(f"{name}={shlex.quote(value)}" for name, value in _fixed(recipe).items()) + " \\",
        *(f"        {_if_set(name)} \\" for name in passed),
        *(f"        {name}={word(recipe, text)} \\" for name, text in plain(recipe).items()),
    ]


def _if_set(name: str) -> str:
    return f'${{{name}+"{name}=${name}"}}'


def _fixed(recipe: Recipe) -> dict[str, str]:
    settings = project_environ.settings_of(recipe.job.canary)
    named = {"DJANGO_SETTINGS_MODULE": settings} if settings else {}
    return {**FIXED, **named, "HARNESS_MODE": recipe.job.mode.value}
