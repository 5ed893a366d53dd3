"""What a script does for a project that came as it is."""

from __future__ import annotations

import shlex

from harness.cells.environ import ADDOPTS, INJECTION
from harness.cells.outside import steps, variables, words
from harness.cells.outside.recipe import Recipe
from harness.cells.outside.variables import INJECTED
from harness.model.spec import Injection, ProjectSpec

_END = "END_OF_SETTINGS"


def is_injected(recipe: Recipe) -> bool:
    """Tell whether the databases are put into the project by a settings module."""
    return recipe.project is not None and recipe.project.inject is Injection.SETTINGS


def is_simple(recipe: Recipe) -> bool:
    """Tell whether a project's command can be run where its files lie, beside which a build would leave others."""
    project = recipe.project
    if project is None:
        return True
    is_plain = recipe.wheel is None and not is_injected(recipe) and project.cwd == "."
    return is_plain and not any(map(words.has_stand_in, variables.plain(recipe).values()))


def installed(recipe: Recipe) -> list[str]:
    """Return the lines that install the project from its working copy."""
    if recipe.project is None or recipe.wheel is None:
        return []
    # in a copy there is no version control, which many a version is read from
    version = f"SETUPTOOLS_SCM_PRETEND_VERSION={shlex.quote(recipe.wheel.version)}"
    # uv leaves the locks of builds in the temporary folder
    install = f'TMPDIR="$work/tmp" {version} uv pip install --quiet --python "$work/venv/bin/python" --no-deps'
    failed = "    fail 'the project could not be installed'"
    if recipe.project.is_editable:
        return [f"{install} --editable {recipe.copy} ||", failed]
    built = '"$work/tmp/project"'  # what a build leaves behind is not there for the tests
    return [f"cp -R {recipe.copy} {built}", f"{install} {built} ||", failed, f"rm -rf {built}"]


def injected(recipe: Recipe, *, is_bundled: bool) -> list[str]:
    """Return the lines that lay out the settings module that is put in."""
    if not is_injected(recipe):
        return []
    if is_bundled:
        return [f'cp -R "$here/{INJECTION.name}" "$work/{INJECTED}"']
    name = f"{INJECTED}.py"
    text = (INJECTION / name).read_text(encoding="utf-8")
    return [f'mkdir "$work/{INJECTED}"', f"cat >\"$work/{INJECTED}/{name}\" <<'{_END}'", f"{text}{_END}"]


def tests(recipe: Recipe, project: ProjectSpec, prepared: list[tuple[str, ...]], *, has_results: bool) -> list[str]:
    """Return what runs the preparations, then the commands, with the variables of a cell and no others.

    With *has_results*, what is left in REPRO_RESULTS lets the runs be judged.
    """
    lines = [*variables.quoted(recipe), "cell() {", *variables.environment(recipe), '        "$@"', "}"]
    if prepared:
        lines.append(f"cd {recipe.copy}")
    for number, args in enumerate(prepared, 1):
        lines += _preparation(number, shlex.join(args), has_results=has_results)
    lines.append(f"cd {recipe.copy}" if project.cwd == "." else f"cd {recipe.copy}/{shlex.quote(project.cwd)}")
    if not has_results:
        return [*lines, *steps.plain(recipe.job)]
    options = variables.told(recipe).get(ADDOPTS, "")
    if options:
        lines.append(f"addopts={variables.word(recipe, options)}")
    return [*lines, *steps.judgeable(recipe.job, project, has_options=bool(options))]


def _preparation(number: int, line: str, *, has_results: bool) -> list[str]:
    if not has_results:
        return ["number=0", f"cell python {line} || exit"]
    return [
        "code=0 number=0",
        f"cell python {line} || code=$?",
        f'[ -z "${{REPRO_RESULTS-}}" ] || printf "%s\\n" "$code" >"$REPRO_RESULTS/prepare-{number}.code"',
        '[ "$code" -eq 0 ] || exit "$code"',
    ]
