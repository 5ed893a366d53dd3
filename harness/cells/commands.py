"""What is executed in a cell: the command and variables of each run of a mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from harness.model.evidence import PLANTED_TABLE
from harness.model.record import Runner
from harness.model.spec import CanarySpec, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One run of the canary: arguments after the interpreter, and variables of its own."""

    args: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()


def commands(mode: Mode, runner: Runner, canary: CanarySpec, probe: str) -> tuple[Command, ...]:
    """Return the runs that one attempt consists of; *probe* is the path of the probe's file."""
    match runner:
        case Runner.DJANGO:
            return (Command(args=(probe, "manage.py", "test", "--noinput")),)
        case Runner.PYTEST:
            return tuple(
                Command(args=("-m", "pytest", "-p", "harness_probe", *options, *canary.args), env=env)
                for options, env in _runs(mode)
            )
        case _:
            assert_never(runner)


def unobserved(mode: Mode, canary: CanarySpec) -> tuple[tuple[str, ...], ...]:
    """Return the arguments of each run under pytest without the probe: what a person types."""
    return tuple(("-m", "pytest", *options, *canary.args) for options, _ in _runs(mode))


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
    return tuple(Command(args=args, env=(("HARNESS_EVIDENCE", ""),)) for args in canary.prepare)


def requirements(mode: Mode) -> tuple[str, ...]:
    """Return what a mode needs installed."""
    return ("pytest-xdist",) if mode is Mode.XDIST else ()
