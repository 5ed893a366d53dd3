"""The commands of a project as lines of sh."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from harness.cells.commands import PYTHON, unobserved
from harness.cells.environ import ADDOPTS
from harness.cells.job import Job
from harness.model.command_line import Watch, is_python, watched
from harness.model.spec import ProjectSpec

REPORT = "report.xml"
"""What a project's own JUnit file is called in REPRO_RESULTS."""

_STYLE = ("--override-ini=junit_family=xunit1", "--tb=native")
_NO_RESULTS = '[ -z "${REPRO_RESULTS-}" ]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command; where it fails, the next is not begun."""

    words: tuple[str, ...]
    run: int  # of the mode
    watch: Watch
    report: str = ""  # the file that it has pytest itself write its results to


def of(job: Job, project: ProjectSpec) -> tuple[Step, ...]:
    """Return the commands of every run."""
    found = unobserved(job.mode, job.canary)
    return tuple(_step(words, number // len(project.commands) + 1) for number, words in enumerate(found))


def plain(job: Job) -> Iterator[str]:
    """Yield the lines that run the commands until one fails."""
    assert job.canary.project is not None
    for step in of(job, job.canary.project):
        yield f"number={step.run}"
        yield f"cell {shlex.join(step.words)} || exit"


def judgeable(job: Job, project: ProjectSpec, *, has_options: bool) -> Iterator[str]:
    """Yield the lines that, with REPRO_RESULTS, also leave exit codes and a JUnit XML of what pytest ran.

    *has_options*: $addopts holds what the project itself has in PYTEST_ADDOPTS.
    """
    found = of(job, project)
    yield from _function(project, has_reports=any(step.report for step in found))
    for number, step in enumerate(found, 1):
        if step.report:
            yield f"report={shlex.quote(step.report)}"
        yield f"step {number} {step.run} {_words(number, step, has_options=has_options)}"
        if step.report:
            yield "report="


def _step(words: tuple[str, ...], run: int) -> Step:
    watch = watched(words, (), probe="").watch
    words = (PYTHON, *words[1:]) if is_python(words[0]) else words
    return Step(words=words, run=run, watch=watch, report=_report(words) if watch is Watch.PYTEST else "")


def _report(words: tuple[str, ...]) -> str:
    """Return the file that pytest is told to write its results to, "" where it is told nothing."""
    found = ""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, is_equated, value = word.partition("=")
        if name in ("--junitxml", "--junit-xml"):
            found = value if is_equated else following
    return found


def _function(project: ProjectSpec, *, has_reports: bool) -> Iterator[str]:
    """Yield the function that runs a step, given its number, its run and its words."""
    if has_reports:
        yield "report="
    yield "step() {"
    yield "    code=0 step=$1 number=$2"
    yield "    shift 2"
    yield f'    {_NO_RESULTS} || : >"$REPRO_RESULTS/run-$step.code"'
    yield '    cell "$@" || code=$?'
    yield f'    {_NO_RESULTS} || printf "%s\\n" "$code" >"$REPRO_RESULTS/run-$step.code"'
    if has_reports:
        yield f'    {_NO_RESULTS} || ! [ -f "$report" ] || cp "$report" "$REPRO_RESULTS/run-$step.xml"'
    if project.junit:
        junit = shlex.quote(project.junit)
        yield f'    {_NO_RESULTS} || ! [ -f {junit} ] || cp {junit} "$REPRO_RESULTS/{REPORT}"'
    yield '    [ "$code" -eq 0 ] || exit "$code"'
    yield "}"


def _words(number: int, step: Step, *, has_options: bool) -> str:
    """Return a step's words with what makes pytest leave its results, where it is run and where it may be."""
    xml = f"--junitxml=$REPRO_RESULTS/run-{number}.xml"
    match step.watch:
        case Watch.PYTEST:
            options = [*([] if step.report else [f'"{xml}"']), *_STYLE]
            at = step.words.index("--") if "--" in step.words else len(step.words)
            more = [f"${{REPRO_RESULTS:+{option}}}" for option in options]
            return " ".join([*map(shlex.quote, step.words[:at]), *more, *map(shlex.quote, step.words[at:])])
        case Watch.SCRIPT | Watch.ASIDE:
            own = "$addopts " if has_options else ""
            addopts = f"{ADDOPTS}={own}'{xml}' {' '.join(_STYLE)}"
            return f'${{REPRO_RESULTS:+"{addopts}"}} {shlex.join(step.words)}'
        case Watch.DJANGO:
            return shlex.join(step.words)
