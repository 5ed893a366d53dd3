"""The commands of a mode."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.cells.commands import Command, commands, preparations, requirements
from harness.model.evidence import PLANTED_TABLE
from harness.model.record import Runner
from harness.model.spec import CanarySpec, Mode

PYTEST = ("-m", "pytest", "-p", "harness_probe")
PROBE = "somewhere/harness_probe.py"


@pytest.fixture
def canary(tmp_path: Path) -> CanarySpec:
    """One with arguments of its own."""
    return CanarySpec(name="seed", path=tmp_path, settings="settings", args=("tests/a", "-x"))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.MIGRATIONS, [("--migrations",)]),
        (Mode.NOMIGRATIONS, [("--no-migrations",)]),
        (Mode.REUSE_DB, [("--migrations", "--reuse-db"), ("--migrations", "--reuse-db")]),
        (Mode.CREATE_DB, [("--migrations", "--reuse-db"), ("--migrations", "--reuse-db", "--create-db")]),
        (Mode.XDIST, [("--migrations", "-n", "2")]),
        (Mode.PLAIN, [()]),
    ],
)
def test_each_mode_has_its_options_and_number_of_runs(
    mode: Mode, expected: list[tuple[str, ...]], canary: CanarySpec
) -> None:
    """The probe comes in by ``-p``; the canary's own arguments come last, so that they have the last word."""
    found = [command.args for command in commands(mode, Runner.PYTEST, canary, PROBE)]
    assert found == [(*PYTEST, *options, "tests/a", "-x") for options in expected]


def test_only_the_first_run_of_create_db_plants_a_table(canary: CanarySpec) -> None:
    """So that the second can show it gone; no other mode has variables."""
    first, second = commands(Mode.CREATE_DB, Runner.PYTEST, canary, PROBE)
    assert first.env == (("HARNESS_PLANT", PLANTED_TABLE),)
    assert second.env == ()
    for mode in set(Mode) - {Mode.CREATE_DB}:
        for runner in Runner:
            assert all(command.env == () for command in commands(mode, runner, canary, PROBE))


def test_what_prepares_the_tests_is_not_observed(canary: CanarySpec) -> None:
    """Each command as it is written, in its order; without a place for evidence the probe would say nothing."""
    prepared = replace(canary, prepare=(("manage.py", "migrate"), ("-c", "print()")))
    assert [command.args for command in preparations(prepared)] == list(prepared.prepare)
    assert {command.env for command in preparations(prepared)} == {(("HARNESS_EVIDENCE", ""),)}


@pytest.mark.parametrize("mode", Mode)
def test_the_control_is_one_run_of_django_s_own_runner(mode: Mode, canary: CanarySpec) -> None:
    """Under the probe, which runs as a script; nothing of pytest's is in its command, nor the canary's arguments."""
    assert commands(mode, Runner.DJANGO, canary, PROBE) == (Command(args=(PROBE, "manage.py", "test", "--noinput")),)


@pytest.mark.parametrize("mode", Mode)
def test_only_xdist_needs_more_installed(mode: Mode) -> None:
    """Its plugin."""
    assert requirements(mode) == (("pytest-xdist",) if mode is Mode.XDIST else ())
