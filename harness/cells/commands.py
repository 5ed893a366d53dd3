"""What is executed in a cell: the command and variables of each run of a mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from harness.model.command_line import Watch, is_pytest, is_python, watched
from harness.model.evidence import PLANTED_TABLE
from harness.model.record import Runner
from harness.model.spec import CanarySpec, Mode, ProjectSpec

PYTHON = "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One run of the canary: arguments after the program, and variables of its own."""

    args: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    program: str = PYTHON  # the cell's interpreter, or a program of its environment
    run: int = 1  # which run of the mode it belongs to; 0 for what comes before
    is_step: bool = False  # the next is not begun where it fails


def commands(mode: Mode, runner: Runner, canary: CanarySpec, probe: str) -> tuple[Command, ...]:
    """Return the runs that one attempt consists of; *probe* is the path of the probe's file."""
    match runner:
        case Runner.DJANGO:
            return (Command(args=(probe, *control_of(canary))),)
        case Runner.PYTEST if canary.project is not None:
            return tuple(
                command
                for number, (options, env) in enumerate(_runs(mode), 1)
                for command in _project_run(canary.project, options, env, number=number, args=canary.args, probe=probe)
            )
        case Runner.PYTEST:
            return tuple(
                Command(args=("-m", "pytest", "-p", "harness_probe", *options, *canary.args), env=env, run=number)
                for number, (options, env) in enumerate(_runs(mode), 1)
            )
        case _:
            assert_never(runner)


def control_of(canary: CanarySpec) -> tuple[str, ...]:
    """Return the arguments of Python that run Django's own runner on the canary's tests."""
    is_ours = canary.project is None
    return ("manage.py", "test", "--noinput") if is_ours else ("-m", "django", "test", "--noinput")


def has_control(canary: CanarySpec) -> bool:
    """Tell whether Django's own runner would be another one than what the canary is run by, and can be told of it."""
    project = canary.project
    return project is None or (bool(canary.settings) and any(map(is_pytest, project.commands)))


def _project_run(
    project: ProjectSpec,
    options: tuple[str, ...],
    env: tuple[tuple[str, str], ...],
    *,
    number: int,
    args: tuple[str, ...],
    probe: str,
) -> Iterator[Command]:
    """Yield one run of a project: its commands, with *options* and *args* given to those that are pytest's."""
    for words in project.commands:
        seen = watched(words, (*options, *args) if is_pytest(words) else (), probe=probe)
        match seen.watch:
            case Watch.PYTEST | Watch.DJANGO:
                further = env
            case Watch.SCRIPT | Watch.ASIDE:
                further = (*env, ("PYTEST_ADDOPTS", "-p harness_probe"))
            case _:
                assert_never(seen.watch)
        program = PYTHON if is_python(seen.words[0]) else seen.words[0]
        yield Command(args=seen.words[1:], env=further, program=program, run=number, is_step=True)


def unobserved(mode: Mode, canary: CanarySpec) -> tuple[tuple[str, ...], ...]:
    """Return the words of each run without the probe: what a person types."""
    if canary.project is not None:
        return tuple(
            watched(words, (*options, *canary.args), probe="").words
            for options, _ in _runs(mode)
            for words in canary.project.commands
        )
    return tuple((PYTHON, "-m", "pytest", *options, *canary.args) for options, _ in _runs(mode))


# A mode is what it says whatever the project's own options are, so `--migrations` is given, too.
def _runs(mode: Mode) -> tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...]:
    match mode:
        case Mode.MIGRATIONS:
            return ((("--migrations",), ()),)
        case Mode.NOMIGRATIONS:
            return ((("--no-migrations",), ()),)
        case Mode.REUSE_DB:
            return ((("--migrations", "--reuse-db"), ()), (("--migrations", "--reuse-db"), ()))
        case Mode.CREATE_DB:
            first = ("--migrations", "--reuse-db")
            return ((first, (("HARNESS_PLANT", PLANTED_TABLE),)), ((*first, "--create-db"), ()))
        case Mode.XDIST:
            return ((("--migrations", "-n", "2"), ()),)
        case Mode.PLAIN:
            return (((), ()),)
        case _:
            assert_never(mode)


def preparations(canary: CanarySpec) -> tuple[Command, ...]:
    """Return what is run in the copy before the tests, unobserved."""
    return tuple(Command(args=args, env=(("HARNESS_EVIDENCE", ""),), run=0) for args in canary.prepare)


def requirements(mode: Mode) -> tuple[str, ...]:
    """Return what a mode needs installed."""
    return ("pytest-xdist",) if mode is Mode.XDIST else ()
