"""The main job from end to end: reuse, expectations, flaky cells, controls and blame, picking cells."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

EXPECT = '[[expect]]\nwhen = {{ canary = "{canary}" }}\nreason = "known to us"\nissue = "https://example.org/7"\n'

LACKS = """
[[canary.minimal.lacks]]
tests = "*test_migrations_are_complete"
when = { mode = "nomigrations" }
reason = "there are none to complete"
"""


@pytest.fixture
def make_flaky(tmp_path: Path, find_canary) -> Callable[[], Path]:
    """Returns a builder of a project that fails once, wherever its working copies lie."""

    def build() -> Path:
        folder = tmp_path / "flaky"
        shutil.copytree(find_canary("flaky"), folder)
        seen = tmp_path / "seen"
        with (folder / "settings.py").open("a") as settings:
            settings.write(f'\nimport os\nos.environ["HARNESS_FLAKY_FILE"] = {str(seen)!r}\n')
        return folder

    return build


def test_an_unchanged_matrix_runs_nothing_and_says_so(checkout, matrix) -> None:
    """The second run reuses each answer, is quick, and says that it ran nothing; ``--rerun`` asks again."""
    checkout.matrix(matrix("minimal", "fails"))
    first = checkout.run("--json")
    assert first.code == 1, first.err
    second = checkout.run()
    assert second.code == 1
    assert "nothing to run: all 3 answers were known" in second.out
    known = checkout.run("--json").document
    assert (known["ran"], known["reused"]) == (0, 3)
    assert all(cell["is_reused"] for cell in known["cells"])
    again = checkout.run("--rerun", "--json", "--control", "never").document
    assert (again["ran"], again["reused"]) == (2, 0)


def test_a_failure_of_the_project_is_not_blamed_on_a_package(checkout, matrix) -> None:
    """The control fails the same way: pytest and pytest-django are out of it, and nothing is blamed without grounds."""
    ran = checkout.matrix(matrix("fails")).run("--json")
    failed = ran.cell("canary=fails")
    assert failed["state"] == "fail"
    assert failed["blame"] not in ("pytest-django", "pytest", "harness")
    (group,) = ran.document["groups"]
    assert "pytest-django" not in group["suspects"]
    assert "control" in ran.err


def test_a_declared_failure_ends_0_and_without_its_entry_1(checkout, matrix) -> None:
    """The verdict is derived on read: with and without an ``[[expect]]`` nothing runs anew."""
    checkout.matrix(matrix("fails", more=EXPECT.format(canary="fails")))
    declared = checkout.run("--json")
    assert declared.code == 0, declared.out
    assert declared.cell("fails")["verdict"] == "expected-failure"
    shown = checkout.run()
    assert "1 fail (1 expected)" in shown.out
    assert "known to us (https://example.org/7)" in shown.out
    removed = checkout.matrix(matrix("fails")).run("--json")
    assert removed.code == 1
    assert removed.cell("fails")["verdict"] == "unexpected-failure"
    assert removed.document["ran"] == 0


def test_an_unexpected_pass_is_named_and_strict_counts_it(checkout, matrix) -> None:
    """Exit 0, with ``--strict`` 12: the entry has had its day."""
    checkout.matrix(matrix(more=EXPECT.format(canary="minimal")))
    ran = checkout.run()
    assert ran.code == 0
    assert "passes, though a failure is declared (known to us)" in ran.out
    strict = checkout.run("--strict", "--json")
    assert strict.code == strict.document["exit_code"] == 12
    assert strict.cell("minimal")["verdict"] == "unexpected-pass"


def test_a_flaky_cell_is_in_the_headline(checkout, matrix, make_flaky) -> None:
    """It failed, and passed on the one retry: exit 0, named; with ``--strict`` 1. It is never reused."""
    text = matrix("flaky").replace(str(Path("tests/canaries/flaky")), "")
    path = make_flaky()
    lines = [f'path = "{path}"' if line.startswith("path = ") else line for line in text.splitlines()]
    ran = checkout.matrix("\n".join(lines)).run()
    assert ran.code == 0, ran.out
    headline = ran.out.strip().splitlines()[-1]
    assert "1 flaky" in headline
    assert "≈ flaky: canary=flaky" in ran.out
    (path.parent / "seen").unlink()
    strict = checkout.run("--strict", "--json")
    assert strict.code == 1
    assert strict.document["ran"] >= 1
    assert strict.cell("flaky")["state"] == "flaky"


def test_last_failed_runs_what_failed(checkout, matrix) -> None:
    """Of the last run's cells, only those that failed; mended, they pass."""
    checkout.matrix(matrix("minimal", "fails"))
    assert checkout.run("--control", "never").code == 1
    ran = checkout.run("--last-failed", "--rerun", "--control", "never", "--json")
    assert ran.code == 1
    assert [cell["id"].split(",")[0] for cell in ran.document["cells"]] == ["canary=fails"]


def test_an_interpreter_that_is_not_there_is_listed_and_the_others_run(checkout, matrix) -> None:
    """With downloads forbidden its cells are left out: where it was looked for, how to get it; exit 0."""
    text = matrix()
    python = text.splitlines()[1]
    ran = checkout.matrix(text.replace(python, python.replace("]", ', "3.99"]'))).run("--no-python-downloads")
    assert ran.code == 0, ran.err
    assert "no Python 3.99 was found in PATH, " in ran.out
    assert "uv python install 3.99" in ran.out
    assert "1 pass" in ran.out
    document = checkout.run("--no-python-downloads", "--json").document
    assert [entry["nogood"]["why"] for entry in document["left_out"]] == ["no-interpreter"]
    assert document["coverage"]["covered"] < document["coverage"]["feasible"]


def test_an_impossible_set_is_left_out_in_the_words_of_the_resolver(checkout, matrix) -> None:
    """`unresolvable` is known before anything is built: exit 0, the other cells run, uv's words are told."""
    packages = {"django": ["5.2"], "pytest-django": ["4.12"], "pytest": ["9", "==6.2.5"]}
    ran = checkout.matrix(matrix(packages=packages)).run("--json")
    assert ran.code == 0, ran.err
    assert ran.states() == {"pass": 1}
    (entry,) = ran.document["left_out"]
    assert entry["nogood"]["why"] == "unresolvable"
    assert "depends on pytest>=7" in entry["nogood"]["detail"].replace(" >= ", ">=")


def test_modes_and_both_sqlite_databases_pass(checkout, matrix) -> None:
    """Every mode on a file and in memory; what a mode cannot give is declared; reuse-db in memory is left out."""
    modes = ("migrations", "nomigrations", "reuse-db", "create-db", "xdist")
    more = LACKS + '\n[profile.default]\nstrength = "1"\n'
    checkout.matrix(matrix(database=("sqlite-memory", "sqlite-file"), mode=modes, more=more))
    ran = checkout.run("--json", "--control", "never")
    assert ran.code == 0, ran.out + ran.err
    assert {cell["id"].split("mode=")[1].split(",")[0] for cell in ran.document["cells"]} == set(modes)
    assert set(ran.states()) == {"pass"}


def test_control_always_runs_a_control_for_each_cell(checkout, matrix) -> None:
    """Django's own runner on the same cell, whether it failed or not; it has no part in the counts."""
    checkout.matrix(matrix())
    ran = checkout.run("--control", "always", "--rerun", "--json")
    assert ran.code == 0
    assert ran.document["ran"] == 2
    assert ran.states() == {"pass": 1}
    assert "control, django, attempt 1" in checkout.harness("show", "canary=minimal").out
