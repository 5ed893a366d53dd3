"""Cells outside the harness: commands to paste, bundles, and whether the same comes back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

AS_OF = ("--as-of", "2026-09-01")
PACKAGES = {"django": ["5.1"], "pytest-django": ["4.12", "4.13"], "pytest": ["8"]}
BROKEN = "_pre_setup_ran_eagerly"
CHANGING = """
import pathlib
from django.test import TestCase
from notes.models import Note

class Tests(TestCase):
    def test_good(self):
        Note.objects.create(title="fine")

    def test_changing(self):
        if pathlib.Path({switch!r}).exists():
            raise LookupError("now this")
        raise ValueError("first that")
"""


def cell(version: str, database: str, mode: str = "migrations") -> str:
    """Return the part of a cell's id that tells it from the others."""
    return f"database={database},django=5.1,mode={mode},pytest=8,pytest-django={version}"


@pytest.fixture(scope="session")
def known_folder(once, shared_folder: Path, environ, matrix, checkout_type) -> Path:
    """A checkout in which the known regression was run, on SQLite and PostgreSQL; not to be changed."""

    def build() -> dict[str, Any]:
        folder = shared_folder / "known"
        folder.mkdir()
        folder.chmod(0o711)
        checkout = checkout_type(folder=folder, environ=environ)
        checkout.matrix(matrix(packages=PACKAGES, database=("sqlite-memory", "postgres-17")))
        ran = checkout.run(*AS_OF, "--control", "never")
        return {"folder": str(folder), "code": ran.code, "err": ran.err, "out": ran.out}

    made = once("known", build)
    assert made["code"] == 1, made["err"]
    assert "harness repro 'canary=" in made["out"] or " repro canary=" in made["out"]
    return Path(made["folder"])


@pytest.fixture
def known(known_folder: Path, checkout) -> Any:
    """A copy of that checkout, with its records."""
    checkout.matrix((known_folder / "matrix.toml").read_text())
    shutil.copytree(known_folder / ".harness", checkout.folder / ".harness")
    return checkout


@pytest.fixture
def by_sh(environ, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Returns a function that runs a script with sh, in an empty folder, with uv alone beside the system's programs."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert uv is not None
    for name in ("bin", "empty", "temporary"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin" / "uv").symlink_to(uv)
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    (tmp_path / "bin" / python.name).symlink_to(python)  # what uv is to find

    def run(script: Path, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["sh", str(script)],
            cwd=tmp_path / "empty",
            env=environ
            | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.defpath}", "TMPDIR": str(tmp_path / "temporary")}
            | more,
            capture_output=True,
            text=True,
            check=False,
        )
        assert list((tmp_path / "temporary").iterdir()) == [], "it left something behind"
        return done

    return run


@pytest.mark.parametrize("database", ["sqlite-memory", "postgres-17"])
@pytest.mark.parametrize(("version", "state"), [("4.13", "fail"), ("4.12", "pass")])
def test_the_same_comes_back_outside(known, version: str, state: str, database: str) -> None:
    """A failing and a passing cell, on SQLite and on a PostgreSQL that the script is told of: the same signature."""
    ran = known.harness("repro", cell(version, database), "--run", "--json")
    assert ran.code == 0, ran.err + ran.out
    found = ran.document
    assert (found["answer"], found["exit_code"]) == ("same", 0)
    assert (found["expected"]["state"], found["came"]["state"]) == (state, state)
    assert found["came"]["signature"] == found["expected"]["signature"]
    assert (found["came"]["signature"] is None) == (state == "pass")
    assert found["came"]["failing"] == found["expected"]["failing"]
    assert found["notes"] == []
    log = Path(found["log"]).read_text()
    assert "test session starts" in log
    assert list(known.scratch.iterdir()) == []


def test_printed_commands_need_nothing_but_uv(known, by_sh, tmp_path: Path) -> None:
    """Pasted into sh elsewhere, with nothing of the harness in reach, they end as the tests do."""
    for version, code in (("4.13", 1), ("4.12", 0)):
        shown = known.harness("repro", cell(version, "sqlite-memory"))
        assert shown.code == 0, shown.err
        script = tmp_path / "commands.sh"
        script.write_text(shown.out)
        done = by_sh(script)
        assert done.returncode == code, done.stdout + done.stderr
        assert (BROKEN in done.stdout) == bool(code)
        assert "harness_probe" not in shown.out


def test_a_bundle_stands_alone(known, by_sh, find_canary, tmp_path: Path) -> None:
    """Its script reproduces the failure from wherever the folder lies; written again, the bytes are the same, and a
    folder with something else in it is refused."""
    wanted = cell("4.13", "sqlite-memory")
    first = known.harness("repro", wanted, "--out", "bundle")
    assert first.code == 0, first.err
    bundle = known.folder / "bundle"
    before = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    assert known.harness("repro", wanted, "--out", "bundle").code == 0
    assert before == {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    assert (bundle / "canary" / "manage.py").read_bytes() == (find_canary("minimal") / "manage.py").read_bytes()
    moved = tmp_path / "moved here"
    shutil.copytree(bundle, moved)
    results = tmp_path / "results"
    results.mkdir()
    done = by_sh(moved / "repro.sh", REPRO_PYTHON=sys.executable, REPRO_RESULTS=str(results))
    assert done.returncode == 1, done.stdout + done.stderr
    assert BROKEN in done.stdout
    assert sorted(path.name for path in results.iterdir()) == ["run-1.code", "run-1.xml"]
    (bundle / "mine.txt").touch()
    refused = known.harness("repro", wanted, "--out", "bundle", "--run")
    assert refused.code == 4
    assert "mine.txt" in refused.err


@pytest.fixture
def changing(checkout, matrix, find_canary, tmp_path: Path) -> Any:
    """A checkout whose canary failed; its test fails otherwise once the file ``switch`` is there."""
    canary = checkout.folder / "shop"
    shutil.copytree(find_canary("fails"), canary)
    for path in (canary / "tests").glob("test_*.py"):
        path.unlink()
    (canary / "tests" / "test_changing.py").write_text(CHANGING.format(switch=str(tmp_path / "switch")))
    checkout.matrix(matrix("fails").replace(str(find_canary("fails")), str(canary)))
    ran = checkout.run("--control", "never", "--json")
    assert (ran.code, ran.states()) == (1, {"fail": 1})
    return checkout


def test_another_outcome_is_told(changing, tmp_path: Path) -> None:
    """The record says one failure, outside it fails in another way: exit 1, with both."""
    assert changing.harness("repro", "canary=fails", "--run").code == 0
    (tmp_path / "switch").touch()
    ran = changing.harness("repro", "canary=fails", "--run")
    assert ran.code == 1, ran.err
    assert "something else came back" in ran.out
    assert "ValueError: first that" in ran.out
    assert "LookupError: now this" in ran.out


def test_the_canary_is_as_it_was(changing) -> None:
    """Mended since, it still fails as the record says: a copy of it was kept."""
    (changing.folder / "shop" / "tests" / "test_changing.py").write_text("def test_mended(): pass\n")
    ran = changing.harness("repro", "canary=fails", "--run", "--out", "bundle", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["answer"] == "same"
    (note,) = ran.document["notes"]
    assert "canary has changed" in note
    assert "first that" in (changing.folder / "bundle" / "canary" / "tests" / "test_changing.py").read_text()


@pytest.mark.parametrize(
    ("canary", "state"), [("segfaults", "crash"), ("exits", "crash"), ("no_tests", "fail"), ("hangs", "timeout")]
)
def test_other_ends_come_back_too(checkout, matrix, canary: str, state: str) -> None:
    """A signal, an exit code, no tests, and tests that do not end."""
    checkout.matrix(matrix(canary, timeouts="test_s = 8" if canary == "hangs" else ""))
    assert checkout.run("--control", "never").code == 1
    ran = checkout.harness("repro", f"canary={canary}", "--run", "--json")
    assert (ran.code, ran.document["answer"], ran.document["came"]["state"]) == (0, "same", state), ran.out


def test_two_runs_and_a_file(checkout, matrix) -> None:
    """A mode that runs twice, on SQLite in a file: both runs are made."""
    checkout.matrix(matrix(database=("sqlite-file",), mode=("create-db",)))
    assert checkout.run("--control", "never").code == 0
    ran = checkout.harness("repro", "mode=create-db", "--run", "--json")
    assert (ran.code, ran.document["answer"]) == (0, "same"), ran.out + ran.err
    assert Path(ran.document["log"]).read_text().count("test session starts") == 2


def test_a_cell_that_was_never_run(checkout, matrix) -> None:
    """The matrix says what it stands for; there is nothing to compare, and a pass is a pass."""
    checkout.matrix(matrix())
    shown = checkout.harness("repro", "canary=minimal")
    assert shown.code == 0, shown.err
    assert "pytest-django==4.12.0 " in shown.out
    ran = checkout.harness("repro", "canary=minimal", "--run", "--json")
    assert (ran.code, ran.document["answer"], ran.document["run"]) == (0, "uncompared", None)
    assert ran.document["came"]["state"] == "pass"


@pytest.mark.parametrize("command", ["repro", "shell"])
def test_what_is_no_cell_is_refused(known, make_checkout, matrix, command: str) -> None:
    """No such cell, several, nothing run yet, a cell that nothing satisfies: exit 4 or 5 and what to try."""
    for text, words in (("canary=minimum", "no run has a cell"), ("django=5.1", "4 cells of run 1 are meant")):
        refused = known.harness(command, text)
        assert refused.code == 4
        assert words in refused.err
    empty = make_checkout().matrix(matrix())
    refused = empty.harness(command, "no cell")
    assert refused.code == 5
    assert "nothing was run here yet" in refused.err
    assert "try: harness run" in refused.err
    impossible = make_checkout().matrix(matrix(canary_more='requires = ["django<4"]'))
    refused = impossible.harness(command, "canary=minimal")
    assert refused.code == 5
    assert "cannot be tested" in refused.err
    assert "unsatisfiable" in refused.err


def test_what_stops_the_script_before_its_tests_is_no_answer(known) -> None:
    """Packages that are nowhere to be had: exit 10 with the script's words."""
    nowhere = {"UV_CACHE_DIR": str(known.folder / "uv"), "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
    ran = known.harness("repro", cell("4.13", "sqlite-memory"), "--run", env=nowhere)
    assert ran.code == 10
    assert "before it came to the tests" in ran.err
    assert "the packages could not be installed" in ran.err


@pytest.mark.docker
def test_the_script_starts_the_very_image(checkout, matrix, by_sh, needs_docker) -> None:
    """A cell that a container served: the script of its bundle starts one by itself, and removes it."""
    own = (
        '[database.pg]\nengine = "postgresql"\nversion = "17"\nproviders = ["docker"]\nimage = "harness/postgres:17"\n'
    )
    checkout.matrix(matrix(database=("pg",)) + own)
    assert checkout.run("--control", "never", "--require", "docker").code == 0
    assert checkout.harness("repro", "database=pg", "--out", "bundle").code == 0
    bundle = checkout.folder / "bundle"
    assert (bundle / "server" / "Dockerfile").exists()
    done = by_sh(bundle / "repro.sh", REPRO_PYTHON=sys.executable, REPRO_DOCKER_ARGS="--label harness.test=repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    left = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", "label=harness.test=repro"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert left.stdout == ""
    ran = checkout.harness("repro", "database=pg", "--run", "--json")
    assert (ran.code, ran.document["answer"]) == (0, "same"), ran.err


def test_a_search_ends_in_such_commands_too(checkout, matrix, by_sh, tmp_path: Path) -> None:
    """Where one line does not do, the report has a block for each side: pasted into sh, they pass and fail."""
    checkout.matrix(matrix(packages=PACKAGES, database=("sqlite-file",), mode=("reuse-db",)))
    ends = ("--axis", "pytest-django", "--good", "4.12.0", "--bad", "4.13.0")
    found = checkout.harness("bisect", *AS_OF, *ends, "--json")
    assert found.code == 0, found.err
    commands = {one["shows"]: one["command"] for one in found.document["commands"]}
    for name, code in (("good", 0), ("bad", 1)):
        script = tmp_path / f"{name}.sh"
        script.write_text(commands[name])
        done = by_sh(script)
        assert done.returncode == code, done.stdout + done.stderr
        assert done.stdout.count("test session starts") == 2
    report = checkout.harness("bisect", *AS_OF, *ends, "--markdown").out
    assert commands["bad"] in report
    assert "bad: many lines" in checkout.harness("bisect", *AS_OF, *ends).out
