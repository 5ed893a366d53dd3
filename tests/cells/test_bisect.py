"""Searches from end to end, on the real index: releases, days, interrupted and resumed, noise, bad input."""

from __future__ import annotations

import datetime as dt
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.analysis.bisect.answer import Answer
from harness.model.cell import Cell
from harness.model.package import Lock
from harness.model.plan import Nogood
from harness.plan.select import Selection
from harness.process import Cancel
from harness.workflow.days import last_moment, of_days, wanted
from harness.workflow.events import Silent
from harness.workflow.history import Ends
from harness.workflow.place import find
from harness.workflow.prepare import Options
from harness.workflow.probing import survey
from harness.workflow.run import surroundings

PACKAGES = {"django": ["5.1"], "pytest-django": ["4.12", "4.13"], "pytest": ["8"]}
AS_OF = ("--as-of", "2026-09-01")
CELL = ("--cell", "pytest-django=4.12")
LATER = dt.date(2026, 8, 7)
SHAKY = """
import itertools, os, pathlib
from importlib.metadata import version
from django.test import TestCase

class Tests(TestCase):
    def test_shaky(self):
        seen = pathlib.Path({seen!r})
        count = len(list(seen.iterdir()))
        (seen / str(count)).touch()
        if version("pytest-django") >= "4.12" and count % 3:
            raise ValueError("shaky")
"""


@pytest.fixture
def search(checkout, matrix) -> Callable[..., Any]:
    """Returns a function that runs a search in a checkout with the known regression, to its end."""
    checkout.matrix(matrix(packages=PACKAGES))

    def run(*arguments: str, json: bool = True, **options: Any) -> Any:
        return checkout.harness("bisect", *AS_OF, *(["--json"] if json else []), *arguments, **options)

    return run


def changes(ran: Any) -> list[tuple[str, str, str]]:
    """Return the changes that a search found."""
    assert ran.code == 0, ran.err
    return [(one["before"], one["after"], one["to"]) for one in ran.document["changes"]]


def test_a_release_that_broke_and_the_one_that_mended(search, checkout) -> None:
    """Both ends are good: every release between them is tried, and the bad interval is found. Asked again, nothing is
    run. Each command that is shown does what it says."""
    ends = ("--axis", "pytest-django", "--good", "4.11.1", "--bad", "4.14.0")
    first = search(*ends)
    assert changes(first) == [("4.12.0", "4.13.0", "bad"), ("4.13.0", "4.14.0", "good")]
    assert (first.document["ran"], first.document["stride"]) == (4, 1)
    assert "_pre_setup_ran_eagerly" in first.document["example"]
    again = search(*ends)
    assert changes(again) == changes(first)
    assert (again.document["ran"], again.document["reused"]) == (0, 4)
    text = search(*ends, json=False).out
    assert "introduced in 4.13.0, fixed in 4.14.0" in text
    commands = {one["shows"]: one["command"] for one in first.document["commands"]}
    assert set(commands) == {"both", "good", "bad"}
    assert all(command in text for command in commands.values())
    both = commands["both"].replace("harness", f"{sys.executable} -m harness", 1) + " --json"
    shown = subprocess.run(both, shell=True, cwd=checkout.folder, env=checkout.environ, capture_output=True, text=True)
    assert [point["answer"] for point in json.loads(shown.stdout)["points"]] == ["good", "bad"], shown.stderr
    assert json.loads(shown.stdout)["ran"] == 2
    for name, code in (("good", 0), ("bad", 1)):
        ended = subprocess.run(
            commands[name], shell=True, cwd=checkout.folder, env=checkout.environ, capture_output=True, text=True
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        assert ("_pre_setup_ran_eagerly" in ended.stdout) == (name == "bad")


def test_no_more_runs_than_promised(search) -> None:
    """Nine steps, one worker: at most four runs beside the two ends. What the resolver finds impossible is not run."""
    ran = search("--axis", "pytest-django", "--good", "4.5.2", "--bad", "4.13.0", "-j", "1")
    assert changes(ran) == [("4.12.0", "4.13.0", "bad")]
    found = ran.document
    assert (found["steps"], found["promised_rounds"], found["stride"]) == (9, 4, None)
    assert found["ran"] <= 2 + 4


def test_the_end_of_a_failure(search) -> None:
    """``--find-fix`` needs no good end: it is the newest release."""
    ran = search("--axis", "pytest-django", "--bad", "4.13.0", "--find-fix")
    assert changes(ran) == [("4.13.0", "4.14.0", "good")]


def test_a_day_and_the_package_that_changed_on_it(search) -> None:
    """What resolves as of each day: the day on which it breaks, and what moved on it."""
    ran = search("--axis", "date", "--good", "2026-07-30", "--bad", "2026-08-07", "--cell", "django=<5.2")
    assert changes(ran) == [("2026-08-04", "2026-08-05", "bad")]
    moved = [{"name": "pytest-django", "old": "4.12.0", "new": "4.13.0"}]
    assert ran.document["culprit"] == {"moved": moved, "guilty": moved, "tried": 0}


@pytest.mark.parametrize("guilty", [{"pytest-django"}, {"pytest-django", "pytest"}], ids=["one", "two"])
def test_the_guilty_of_several_packages(checkout, matrix, guilty: set[str]) -> None:
    """Between days far apart much changed: mixtures of their two locks, resolved for real, are asked until those are
    left that make the difference, whether it is one package or two together. The truth is planted: nothing is run."""
    checkout.matrix(matrix(packages=PACKAGES))
    place = find(checkout.folder / "matrix.toml", checkout.environ)
    spec = config.load(place.matrix, today=place.now().date())
    asked: list[Cell] = []
    with surroundings(place, Silent(), Cancel()) as context:
        ground = survey(spec, place, Options(selection=Selection()), context, Silent(), as_of=last_moment(LATER))
        ends = Ends(good="2026-01-10", bad=str(LATER))
        history, days = of_days(ground, wanted(spec, "django=<5.2"), ends)
        last = len(history.labels) - 1
        lock = days.lock(last)
        assert isinstance(lock, Lock)

        def ask(cell: Cell | Nogood) -> Answer:
            if isinstance(cell, Nogood):
                return Answer.UNKNOWN
            asked.append(cell)
            mixture = history.prepared.locks[cell]
            is_bad = all(mixture.version_of(name) == lock.version_of(name) for name in guilty)
            return Answer.BAD if is_bad else Answer.GOOD

        found = days.culprit(0, last, is_fix=False, ask=ask)
    assert {one.name for one in found.guilty} == guilty
    assert len(found.moved) > len(guilty)
    assert 0 < len(asked) == len(set(asked)) <= found.tried


def test_an_interrupted_search_goes_on(search, checkout, matrix) -> None:
    """Ctrl-C ends it with 2; what was answered is in the store and is not asked again."""
    arguments = ("--axis", "pytest-django", "--good", "4.9.0", "--bad", "4.13.0", "-j", "1")
    started = checkout.start("bisect", *AS_OF, *arguments)
    started.until(lambda: "asking 4.13.0" in started.err.read_text())
    started.send(signal.SIGINT)
    ended = started.end()
    assert ended.code == 2, ended.err
    ran = search(*arguments)
    assert changes(ran) == [("4.12.0", "4.13.0", "bad")]
    assert ran.document["reused"] >= 1
    assert ran.document["ran"] + ran.document["reused"] == sum(bool(one["runs"]) for one in ran.document["points"])


def test_a_failure_that_comes_and_goes(checkout, matrix, tmp_path: Path, find_canary) -> None:
    """A test that fails two times of three since 4.12.0: with repeats it is found, and how sure that is, is told."""
    folder, seen = tmp_path / "shaky", tmp_path / "seen"
    seen.mkdir()
    subprocess.run(["cp", "-r", find_canary("fails"), folder], check=True)
    (folder / "tests" / "test_trouble.py").write_text(SHAKY.format(seen=str(seen)))
    text = matrix("fails", packages=PACKAGES).replace(str(find_canary("fails")), str(folder))
    checkout.matrix(text)
    ran = checkout.harness(
        *("bisect", *AS_OF, "--axis", "pytest-django", "--good", "4.11.1", "--bad", "4.12.0"),
        *("--repeat", "3", "-j", "1", "--json"),
    )
    assert changes(ran) == [("4.11.1", "4.12.0", "bad")]
    good, bad = ran.document["points"]
    assert (good["runs"], good["passes"]) == (3, 3)
    assert bad["runs"] == 3
    assert 0.3 < ran.document["sureness"]["rate"] < 0.9
    assert 0.5 < ran.document["sureness"]["confidence"] < 1
    # it is known now that answers differ: the same question is asked as often as that takes
    again = checkout.harness(
        *("bisect", *AS_OF, "--axis", "pytest-django", "--good", "4.11.1", "--bad", "4.12.0", "-j", "1", "--json")
    )
    assert changes(again) == changes(ran)
    assert again.document["sureness"]["confidence"] >= 0.95
    assert again.document["points"][0]["passes"] > 3


def test_two_runs_are_compared(checkout, matrix) -> None:
    """A cell that regressed, with the package that moved; as many cells as there are; CI's exit code."""
    checkout.matrix(matrix(packages=PACKAGES | {"pytest-django": ["4.12"]}))
    assert checkout.run(*AS_OF).code == 0
    nothing = checkout.harness("compare", "1")
    assert nothing.code == 4
    assert "itself" in nothing.err
    checkout.matrix(matrix(packages={**PACKAGES, "pytest-django": ["4.13"]}))
    assert checkout.run(*AS_OF).code == 1
    ran = checkout.harness("compare", "1", "2", "--json")
    assert ran.code == 0
    assert dict(ran.document["counts"])["new"] == dict(ran.document["counts"])["gone"] == 1
    # the same requested value, resolved on two days
    latest = matrix(packages={**PACKAGES, "pytest-django": ["latest"]})
    assert checkout.matrix(latest).run("--as-of", "2026-08-01").code == 0
    assert checkout.run("--as-of", "2026-08-06").code == 1
    since = checkout.harness("compare", "--since", "3", "--json")
    assert since.code == since.document["exit_code"] == 1
    (cell,) = since.document["cells"]
    assert cell["category"] == "regressed"
    assert {"name": "pytest-django", "old": "4.12.0", "new": "4.13.0"} in cell["moved"]
    assert cell["tests"]["regressed"]
    assert "pytest-django 4.12.0 → 4.13.0" in checkout.harness("compare", "3", "4").out
    # a search's run is no run of the matrix
    assert (
        checkout.harness("bisect", *AS_OF, "--axis", "pytest-django", "--good", "4.12.0", "--bad", "4.13.0").code == 0
    )
    assert checkout.harness("compare", "--since", "3", "--json").document["new_run"] == 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--axis", "pytest-django", "--good", "4.12.0", "--bad", "4.12.0"), 4, "are both 4.12.0"),
        (("--axis", "pytest-django", "--good", "4.12", "--bad", "4.12.0"), 4, "are both 4.12.0"),
        (("--axis", "pytest-django", "--good", "4.12.9", "--bad", "4.13.0"), 4, "no such release"),
        (("--axis", "pytest-django", "--good", "what", "--bad", "4.13.0"), 4, "is no version"),
        (("--axis", "pytest-djngo", "--good", "1", "--bad", "2"), 4, "nearest: pytest-django"),
        (("--axis", "mode", "--good", "a", "--bad", "b"), 4, "no order"),
        (("--axis", "pytest-django", "--bad", "4.13.0"), 4, "two ends"),
        (("--axis", "pytest-django", "--good", "4.12.0", "--bad", "4.13.0", "--find-fix"), 4, "--find-fix"),
        (("--axis", "pytest-django", "--good", "4.12.0", "--bad", "4.13.0", "--bad-state", "pas"), 4, "one of fail"),
        (("--axis", "pytest-django", "--good", "4.12.0", "--bad", "4.13.0", "--cell", "django=9"), 4, "no value '9'"),
        (("--axis", "pytest-django", "--good", "4.12.0", "--bad", "4.13.0", "--cell", "dango=5.1"), 4, "no axis"),
        (("--axis", "django", "--good", "5.1", "--bad", "5.2", "--cell", "canary=minimal"), 4, "is missing"),
        (("--axis", "date", "--good", "2026-07-30", "--bad", "yesterday"), 4, "no day"),
        (("--axis", "date", "--good", "2026-07-30", "--bad", "2999-01-01"), 4, "future"),
        (
            ("--axis", "date", "--good", "2026-08-05", "--bad", "2026-08-06", "--cell", "django=<5.2"),
            4,
            "the same packages",
        ),
        (("--axis", "pytest", "--good", "6.2.5", "--bad", "8.0.0", *CELL), 4, "6.2.5 cannot be tested"),
        (("--axis", "python", "--good", "3.99", "--bad", "3.11", "--no-python-downloads", *CELL), 4, "no Python 3.99"),
        (("--axis", "database", "--good", "sqlite-memory", "--bad", "17", *CELL), 4, "only releases of PostgreSQL"),
    ],
)
def test_bad_input(search, checkout, arguments, code, words) -> None:
    """It is told what to try, and nothing is recorded."""
    ran = search(*arguments, json=False)
    assert ran.code == code, ran.err
    assert words in ran.err
    assert "try: " in ran.err
    assert "Traceback" not in ran.err
    store = checkout.folder / ".harness" / "store.sqlite"
    if store.exists():
        with sqlite3.connect(store) as connection:
            assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)
        connection.close()


def test_an_end_that_gives_nothing_to_follow(search) -> None:
    """It fails, but crashes are searched for: exit 5, with what to try; a sweep goes on, and finds nothing: 5 again."""
    ends = ("--axis", "pytest-django", "--good", "4.12.0", "--bad", "4.13.0", "--bad-state", "crash")
    ran = search(*ends, json=False)
    assert ran.code == 5, ran.err
    assert "--bad 4.13.0 is neither good nor bad: it came to fail" in ran.err
    assert "--bad-state fail" in ran.err
    swept = search(*ends, "--sweep=1")
    assert swept.code == swept.document["exit_code"] == 5
    assert [point["answer"] for point in swept.document["points"]] == ["good", "other"]
    assert swept.document["changes"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("compare", "1", "2"), 5, "nothing was run here yet"),
        (("compare", "--since", "1"), 5, "nothing was run here yet"),
        (("compare",), 4, "an old run and a new one"),
        (("compare", "1", "2", "3"), 4, "an old run and a new one"),
    ],
)
def test_nothing_to_compare(search, checkout, arguments, code, words) -> None:
    """An empty store, or too few or many runs."""
    ran = checkout.harness(*arguments)
    assert ran.code == code, ran.err
    assert words in ran.err
    assert "try: " in ran.err
