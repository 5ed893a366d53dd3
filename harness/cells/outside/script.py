"""The commands of one cell as POSIX sh."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from harness.cells.commands import preparations, unobserved
from harness.cells.outside import databases, projects, server, steps, variables
from harness.cells.outside.recipe import Recipe, requirements
from harness.cells.project import SKIPPED_DIRS
from harness.model.spec import Change

FAILED = 10
"""The exit code of a script that did not come to the tests: no uv, no index, no server."""

MARK = "# harness repro:"
"""How the second line of a script of ours begins."""

_END = "END_OF_REQUIREMENTS"
_LEFT_OUT = " ".join(f"--exclude={name}" for name in sorted(SKIPPED_DIRS))


def bundled(recipe: Recipe) -> str:
    """Return the script of a bundle: it finds everything beside itself.

    With REPRO_RESULTS, a folder, it leaves there how each command ended, and a JUnit XML of each run.
    """
    build = _build(recipe, '"$here/server"')
    needs = "uv, and Docker or a server at hand; README.md says how" if recipe.server else "uv; README.md says more"
    python = f'"${{REPRO_PYTHON:-{recipe.job.interpreter.version}}}"'
    lines = [
        "#!/bin/sh",
        *_said(recipe),
        f"# Needs {needs}.",
        f"# Its exit code is that of the tests, or {FAILED} where it did not come to them.",
        "set -eu",
        f"fail() {{ printf 'repro: %s\\n' \"$1\" >&2; exit {FAILED}; }}",
        "command -v uv >/dev/null 2>&1 || fail 'uv is not on PATH'",
        'here=$(CDPATH=\'\' cd -- "$(dirname -- "$0")" && pwd)',
        *_work(recipe),
        *_environment(recipe, python=python, pins='"$here/requirements.txt"'),
        f'cp -R "$here/canary" {recipe.copy}',
        *projects.installed(recipe),
        *projects.injected(recipe, is_bundled=True),
        *_databases(recipe, build),
        *_tests(recipe, has_results=True),
    ]
    return "\n".join(lines) + "\n"


def pasted(recipe: Recipe, *, canary: tuple[str, ...], python: str, is_hashed: bool = True) -> str:
    """Return the commands as one block to paste into a shell, which lives on.

    *canary* is what `working_copy` returns; *python* is what uv finds the interpreter by.
    """
    own = recipe.server.own if recipe.server is not None else None
    build = _build(recipe, shlex.quote(str(own.folder))) if own is not None else ""
    lines = [
        *_said(recipe),
        "(",
        "set -eu",
        f"fail() {{ printf 'repro: %s\\n' \"$1\" >&2; exit {FAILED}; }}",
        *_work(recipe),
        f"cat >\"$work/requirements.txt\" <<'{_END}'",
        requirements(recipe.lock, is_hashed=is_hashed) + _END,
        *_environment(recipe, python=shlex.quote(python), pins='"$work/requirements.txt"', is_hashed=is_hashed),
        *canary,
        *projects.installed(recipe),
        *projects.injected(recipe, is_bundled=False),
        *_databases(recipe, build),
        *_tests(recipe, has_results=False),
        ")",
    ]
    return "\n".join(lines) + "\n"


def is_simple(recipe: Recipe) -> bool:
    """Tell whether one command does: one run, the files as they lie, and no database that has to be made."""
    job = recipe.job
    is_memory = recipe.server is None and job.database.version in ("", "memory")
    is_changed = bool(job.canary.changes or job.canary.prepare)
    is_one = len(unobserved(job.mode, job.canary)) == 1
    return is_memory and not is_changed and is_one and projects.is_simple(recipe)


def one_line(recipe: Recipe, *, canary: str, python: str) -> str:
    """Return the one command that a simple recipe comes to, run where the canary lies; without hashes."""
    job = recipe.job
    project = recipe.project
    (words,) = [step.words for step in steps.of(job, project)] if project else unobserved(job.mode, job.canary)
    pins = [word for pin in recipe.lock.pins for word in ("--with", f"{pin.name}=={pin.version}")]
    uv = ["uv", "run", "--no-project", "--isolated", "--python", python, *pins, "--", *words]
    settings = {"DJANGO_SETTINGS_MODULE": job.canary.settings} if job.canary.settings else {}
    given = settings | variables.plain(recipe)
    named = [f"{name}={shlex.quote(value)}" for name, value in given.items()]
    return f"(cd {shlex.quote(canary)} && {' '.join([*named, shlex.join(uv)])})"


def working_copy(recipe: Recipe, source: str, changes: Sequence[Change]) -> tuple[str, ...]:
    """Return the lines that make a copy of *source* with a scenario's changes."""
    target = recipe.copy
    lines = [f"cp -R {shlex.quote(source)} {target}"]
    if recipe.project is not None:  # where people work, there are caches, environments and version control, too
        lines = [f"mkdir {target}", f"tar -C {shlex.quote(source)} {_LEFT_OUT} -cf - . | tar -C {target} -xf -"]
    for change in changes:
        if change.overlay is not None:
            lines.append(f"cp -R {shlex.quote(str(change.overlay))}/. {target}/")
        for pattern in change.remove:
            found = f"find . -path {shlex.quote('./' + pattern)} -prune -exec rm -rf {{}} +"
            lines.append(f"(cd {target} && {found})")
    return tuple(lines)


def _build(recipe: Recipe, folder: str) -> str:
    """Return the command that builds this repository's own image from *folder*, a word of sh; "" for another."""
    if recipe.server is None or recipe.server.own is None:
        return ""
    own = recipe.server.own
    arguments = f'--build-arg BASE="${{REPRO_BASE:-{own.base}}}" --build-arg PACKAGES={shlex.quote(own.packages)}'
    return f'docker build -t "$REPRO_IMAGE" {arguments} {folder}'


def _said(recipe: Recipe) -> list[str]:
    """Return comments: what was seen came out of a cell, so a line break must not end one."""
    first, *rest = (f"{recipe.job.cell.id}", *recipe.said)
    return [f"{MARK} {printed(first)}", *(f"# {printed(line)}" for line in rest)]


def printed(text: str) -> str:
    """Return what came out of a cell as one line that steers no terminal."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in " ".join(text.split()))


def _work(recipe: Recipe) -> list[str]:
    tidy = 'rm -rf "$work"'
    if recipe.server is not None:
        tidy = f'[ -z "$server" ] || docker rm --force --volumes "$server" >/dev/null 2>&1 || :; {tidy}'
    return [
        "work=$(mktemp -d)",
        *(["server="] if recipe.server is not None else []),
        f"trap {shlex.quote(tidy)} EXIT",
        "trap 'exit 130' INT",
        "trap 'exit 143' TERM HUP",
        'mkdir "$work/tmp"',
    ]


def _environment(recipe: Recipe, *, python: str, pins: str, is_hashed: bool = True) -> list[str]:
    version = recipe.job.interpreter.version
    options = ["--no-deps", *(["--require-hashes"] if is_hashed else [])]
    options += [] if recipe.may_build else ["--only-binary", ":all:"]
    return [
        f'uv venv --quiet --no-project --python {python} "$work/venv" || fail "no Python {version}"',
        f'uv pip install --quiet --python "$work/venv/bin/python" {" ".join(options)} -r {pins} ||',
        "    fail 'the packages could not be installed'",
    ]


def _databases(recipe: Recipe, build: str) -> list[str]:
    started = server.lines(recipe, build=build) if recipe.server is not None else []
    return [*started, f"HARNESS_DATABASES={databases.word(recipe.job)}"]


def _tests(recipe: Recipe, *, has_results: bool) -> list[str]:
    """Return what runs the preparations and each run of the mode, with the variables of a cell and no others."""
    job = recipe.job
    prepared = [command.args for command in preparations(job.canary)]
    if recipe.project is not None:
        return projects.tests(recipe, recipe.project, prepared, has_results=has_results)
    lines = [
        f"cd {recipe.copy}",
        "python() {",
        *variables.environment(recipe),
        '        "$work/venv/bin/python" "$@"',
        "}",
    ]
    runs = [words[1:] for words in unobserved(job.mode, job.canary)]
    if has_results:
        return [*lines, *_RESULTS, *_calls("prepare", prepared), "worst=0", *_calls("run", runs), 'exit "$worst"']
    lines.append("number=0")
    lines += [f"python {shlex.join(args)} || exit" for args in prepared]
    lines.append("worst=0")
    for number, args in enumerate(runs, 1):
        lines += [f"number={number}", f'python {shlex.join(args)} || {{ code=$?; [ "$worst" -ne 0 ] || worst=$code; }}']
    return [*lines, 'exit "$worst"']


_RESULTS = (
    "prepare() {",
    "    code=0 number=0 step=$1",
    "    shift",
    '    python "$@" || code=$?',
    '    [ -z "${REPRO_RESULTS-}" ] || printf "%s\\n" "$code" >"$REPRO_RESULTS/prepare-$step.code"',
    '    [ "$code" -eq 0 ] || exit "$code"',
    "}",
    "run() {",
    "    code=0 number=$1",
    "    shift",
    '    [ -z "${REPRO_RESULTS-}" ] || : >"$REPRO_RESULTS/run-$number.code"',
    '    python "$@" ${REPRO_RESULTS:+"--junitxml=$REPRO_RESULTS/run-$number.xml"} \\',
    "        ${REPRO_RESULTS:+--override-ini=junit_family=xunit1} ${REPRO_RESULTS:+--tb=native} || code=$?",
    '    [ -z "${REPRO_RESULTS-}" ] || printf "%s\\n" "$code" >"$REPRO_RESULTS/run-$number.code"',
    '    [ "$worst" -ne 0 ] || worst=$code',
    '    [ "$code" -lt 128 ] || exit "$code"',
    "}",
)


def _calls(function: str, commands: list[tuple[str, ...]]) -> list[str]:
    return [f"{function} {number} {shlex.join(args)}" for number, args in enumerate(commands, 1)]
