"""`harness report --html`: how it ends, and what it leaves alone."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def report(make_store: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Returns a function that runs the command in a folder with a made-up store of so many runs."""

    def ask(*words: str, runs: int = 1, spoil: Callable[[Any], None] = lambda _: None) -> Any:
        made_up = make_store(tmp_path / "project")
        for _ in range(runs):
            made_up.run(cells=made_up.product[:4])
        spoil(made_up)
        return subprocess.run(
            [sys.executable, "-m", "harness", "report", *words],
            cwd=made_up.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_CACHE_DIR": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return ask


def test_site(report: Callable[..., Any], tmp_path: Path) -> None:
    """It ends 0 and says where the site is; the same again replaces it; formats may be asked for beside it."""
    ran = report("--html", "site")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "open site/index.html" in ran.stderr
    assert "All 4 cells pass" in (tmp_path / "project" / "site" / "index.html").read_text(encoding="utf-8")


def test_beside_formats(report: Callable[..., Any], tmp_path: Path) -> None:
    """Both are made of one run."""
    ran = report("--html", "site", "--format", "compat")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("{")
    assert (tmp_path / "project" / "site" / "index.html").is_file()


@pytest.mark.parametrize("words", [("--html", ""), ("--html", "site", "--format", "nope")], ids=["empty", "format"])
def test_what_cannot_be_meant(report: Callable[..., Any], tmp_path: Path, words: tuple[str, ...]) -> None:
    """4: no folder's name, as of a variable that is not set, and an unknown format; nothing is made."""
    ran = report(*words)
    assert ran.returncode == 4
    assert ran.stdout == ""
    assert not (tmp_path / "project" / "site").exists()


def test_empty_store(report: Callable[..., Any], tmp_path: Path) -> None:
    """5: nothing was run here; no folder is made."""
    ran = report("--html", "site", runs=0)
    assert ran.returncode == 5
    assert "nothing was run here yet" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "project" / "site").exists()


def test_foreign_files(report: Callable[..., Any], tmp_path: Path) -> None:
    """4: a folder with files of someone else's is refused, and stays as it is."""

    def put(made_up: Any) -> None:
        (made_up.folder / "mine").mkdir()
        (made_up.folder / "mine" / "thesis.txt").write_text("years of work")

    ran = report("--html", "mine", spoil=put)
    assert ran.returncode == 4
    assert "holds files that harness did not write: thesis.txt" in ran.stderr
    assert [path.name for path in (tmp_path / "project" / "mine").iterdir()] == ["thesis.txt"]


def test_newer_store(report: Callable[..., Any]) -> None:
    """4: a store of a later harness is said to be one."""

    def age(made_up: Any) -> None:
        with sqlite3.connect(made_up.store) as connection:
            connection.execute("PRAGMA user_version = 99")

    ran = report("--html", "site", spoil=age)
    assert ran.returncode == 4
    assert "newer" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_no_store_at_all(report: Callable[..., Any]) -> None:
    """4: a file that is no store is said to be none."""
    ran = report("--html", "site", spoil=lambda made_up: made_up.store.write_bytes(b"no database" * 100))
    assert ran.returncode == 4
    assert "is not a store" in ran.stderr


def test_unknown_run(report: Callable[..., Any]) -> None:
    """4: with the newest run's number."""
    ran = report("--html", "site", "--run", "7")
    assert ran.returncode == 4
    assert "has no run 7" in ran.stderr


def test_mid_run(report: Callable[..., Any], tmp_path: Path) -> None:
    """0, and partial: the run that goes on is shown, and said to go on."""

    def start(made_up: Any) -> None:
        made_up.run(lambda cell: "none" if cell["python"] == "3.13" else "pass", is_finished=False)

    ran = report("--html", "site", spoil=start)
    assert ran.returncode == 0
    assert "partial: run 2 is still going on or was interrupted" in ran.stderr
    assert "Partial: run 2" in (tmp_path / "project" / "site" / "index.html").read_text(encoding="utf-8")


def test_another_matrix(report: Callable[..., Any]) -> None:
    """4: where matrix.toml no longer has the cells' canary, that is said, and what to do."""

    def rename(made_up: Any) -> None:
        text = made_up.matrix.replace('"minimal"', '"maximal"', 2)
        (made_up.folder / "matrix.toml").write_text(text, encoding="utf-8")

    ran = report("--html", "site", spoil=rename)
    assert ran.returncode == 4, ran.stderr
    assert "no longer describes run 1" in ran.stderr
