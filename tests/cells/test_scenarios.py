"""Scenarios through the main job: what is changed decides, and is what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

SCENARIOS = """
[canary.bare]
base = "minimal"
remove = ["*/migrations/0*.py"]

[canary.patched]
base = "bare"
overlay = "patch"
prepare = [["-c", "open('prepared', 'w').close()"]]

[canary.unprepared]
base = "minimal"
prepare = [["manage.py", "check"], ["manage.py", "nonsense"]]
"""
PATCH = """
import pathlib


def test_it_was_prepared():
    assert pathlib.Path("prepared").exists()
"""


@pytest.fixture
def scenarios(checkout, matrix):
    """A checkout with three scenarios of `minimal`; the folder that is laid over holds one test."""
    (checkout.folder / "patch" / "tests").mkdir(parents=True)
    (checkout.folder / "patch" / "tests" / "test_patch.py").write_text(PATCH, encoding="utf-8")
    text = matrix("minimal", mode=("plain",), more=SCENARIOS)
    return checkout.matrix(text.replace('["minimal"]', '["minimal", "bare", "patched", "unprepared"]'))


def test_each_scenario_is_run_as_what_it_says(scenarios) -> None:
    """The base passes; without migrations its tables are missing; a preparation that fails is the project's failure."""
    ran = scenarios.run("--control", "never", "--json")

    assert ran.states() == {"fail": 3, "pass": 1}, ran.err
    assert ran.cell("canary=minimal,")["state"] == "pass"
    assert "no such table: notes_note" in ran.cell("canary=bare,")["reason"]
    assert ran.cell("canary=unprepared,")["reason"].startswith(
        "`python manage.py nonsense`, before the tests, ended with code 1"
    )
    shown = scenarios.harness("show", "canary=patched", "--json").document
    outcomes = {
        test["id"]: test["outcome"]
        for process in shown["record"]["trials"][0]["evidence"]["processes"]
        for test in process["tests"]
    }
    assert outcomes["tests/test_patch.py::test_it_was_prepared"] == "passed"


def test_only_what_changed_is_asked_again(scenarios) -> None:
    """A file of the overlay is part of the question of those that lay it over, and of no other."""
    scenarios.run("--control", "never")
    path: Path = scenarios.folder / "patch" / "tests" / "test_patch.py"
    path.write_text(PATCH.replace("exists()", "is_file()"), encoding="utf-8")

    again = scenarios.run("--control", "never", "-v")

    assert "1 cell to run, 3 known already" in again.err
    (tried,) = [line for line in again.err.splitlines() if line.startswith("[1/1]")]
    assert "canary=patched" in tried


def test_an_option_that_pytest_does_not_know_is_a_failure(scenarios) -> None:
    """Not a crash: pytest refuses its command line in good order, before any hook could tell of it."""
    text = (scenarios.folder / "matrix.toml").read_text(encoding="utf-8")
    text += '\n[canary.odd]\nbase = "minimal"\nargs = ["--run-syncdb"]\n'
    scenarios.matrix(text.replace('"unprepared"]', '"unprepared", "odd"]'))

    ran = scenarios.run("--axis", "canary=odd", "--control", "never", "--json")

    assert ran.cell("canary=odd")["state"] == "fail"
    assert "pytest refused its command line" in ran.cell("canary=odd")["reason"]


def test_a_pattern_that_removes_nothing_is_told(scenarios) -> None:
    """Before anything runs, with the pattern and what to do."""
    text = (scenarios.folder / "matrix.toml").read_text(encoding="utf-8")
    scenarios.matrix(text.replace("*/migrations/0*.py", "*/migratons/0*.py"))

    ran = scenarios.run("--axis", "canary=bare", "--control", "never")

    assert ran.code == 4
    assert "is called '*/migratons/0*.py', so nothing can be removed" in ran.err
    assert "mend the canary's `remove`" in ran.err
    assert scenarios.logs() == []
