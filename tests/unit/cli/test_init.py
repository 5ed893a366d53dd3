"""`harness init`: what it writes, what it asks, and how it ends. No index answers here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROJECTS = ROOT / "tests" / "projects"
Init = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def init(tmp_path: Path) -> Init:
    """Returns a function that runs the command beside a copy of the project `notes`; *answers* are typed in."""
    shutil.copytree(PROJECTS / "notes", tmp_path / "notes")

    def run(*words: str, answers: str | None = None) -> subprocess.CompletedProcess[str]:
        variables = {"PYTHONPATH": str(ROOT), "HARNESS_CACHE_DIR": str(tmp_path / "cache"), "UV_OFFLINE": "1"}
        return subprocess.run(
            [sys.executable, "-m", "harness", "init", *words],
            cwd=tmp_path,
            env={**os.environ, **variables},
            input=answers or "",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_it_writes_one_file(init: Init, tmp_path: Path) -> None:
    """And says what to do next. What lies there already is left, unless told otherwise."""
    before = sorted(path.name for path in (tmp_path / "notes").iterdir())
    done = init("notes", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "harness plan --matrix notes/matrix.toml" in done.stdout
    assert sorted(path.name for path in (tmp_path / "notes").iterdir()) == sorted([*before, "matrix.toml"])
    path = tmp_path / "notes" / "matrix.toml"
    text = path.read_text(encoding="utf-8")
    assert 'django = ["latest"]' in text
    path.write_text("mine", encoding="utf-8")
    again = init("notes", "--yes")
    assert (again.returncode, path.read_text(encoding="utf-8")) == (4, "mine")
    assert "--force" in again.stderr
    assert init("notes", "--yes", "--force").returncode == 0
    assert path.read_text(encoding="utf-8") == text


def test_it_may_only_show_or_write_elsewhere(init: Init, tmp_path: Path) -> None:
    """Elsewhere its path leads to the project."""
    shown = init("notes", "--yes", "--output", "-")
    assert shown.stdout.startswith("# What is tested against what.")
    assert not (tmp_path / "notes" / "matrix.toml").exists()
    assert init("notes", "--yes", "--output", "ci/matrices/notes.toml").returncode == 0
    assert 'path = "../../notes"' in (tmp_path / "ci" / "matrices" / "notes.toml").read_text(encoding="utf-8")


def test_json(init: Init, tmp_path: Path) -> None:
    """One document, with sources."""
    document = json.loads(init("notes", "--yes", "--json").stdout)
    assert document["path"] == "notes/matrix.toml"
    assert document["toml"] == (tmp_path / "notes" / "matrix.toml").read_text(encoding="utf-8")
    assert {"key": "canary.notes.command", "because": "pyproject.toml configures pytest"} in document["found"]
    assert "no answer" in document["left"][0]


def test_it_asks_what_it_cannot_see(init: Init, tmp_path: Path) -> None:
    """On stderr, again after what is no answer; with nobody there it says so, and `--yes` asks nothing."""
    project = tmp_path / "notes"
    (project / "pyproject.toml").unlink()
    (project / "manage.py").unlink()
    shutil.copy(project / "config" / "settings.py", project / "config" / "settings_ci.py")
    nobody = init("notes")
    assert nobody.returncode == 4
    assert "config.settings_ci" in nobody.stderr
    assert "--yes takes the default" in nobody.stderr
    asked = init("notes", answers="nonsense\nconfig.settings\n")
    assert asked.returncode == 0, asked.stderr
    assert "'nonsense' is none of them" in asked.stderr
    assert 'settings = "config.settings"' in (project / "matrix.toml").read_text(encoding="utf-8")
    silent = init("notes", "--yes", "--force")
    assert (silent.returncode, silent.stderr) == (0, "")
    assert 'settings = "config.settings_ci"' in (project / "matrix.toml").read_text(encoding="utf-8")


def test_names_of_all_kinds(init: Init, tmp_path: Path) -> None:
    """In folders, and in a project's own name."""
    odd = tmp_path / 'naïve – "proj"\n日本'
    shutil.copytree(tmp_path / "notes", odd)
    (odd / "pyproject.toml").unlink()
    done = init(odd.name, "--yes")
    assert done.returncode == 0, done.stderr
    assert "[canary.na-ve-proj]" in (odd / "matrix.toml").read_text(encoding="utf-8")


def test_a_project_below_is_found(init: Init, tmp_path: Path) -> None:
    """The matrix lies where it was asked for."""
    (tmp_path / "repo").mkdir()
    shutil.move(tmp_path / "notes", tmp_path / "repo" / "backend")
    assert init("repo", "--yes").returncode == 0
    assert 'path = "backend"' in (tmp_path / "repo" / "matrix.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere",), "there is no folder nowhere"),
        (("notes/manage.py",), "there is no folder notes/manage.py"),
        (("empty",), "nothing of Django is to be seen"),
        (("flask",), "nothing of Django is to be seen"),
        (("broken",), "pyproject.toml"),
        (("notes", "--output", "notes/manage.py/matrix.toml"), "--output - shows it"),
        (("notes", "--from", "nowhere.ini"), "nowhere.ini"),
    ],
)
def test_what_cannot_be_is_a_usage_error(init: Init, tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    """In a few words, and no matrix is written."""
    for name, files in (("empty", {}), ("flask", {"app.py": "import flask\n"}), ("broken", {"pyproject.toml": "[x"})):
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text, encoding="utf-8")
    done = init(*words, "--yes")
    assert done.returncode == 4, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.rglob("matrix.toml")) == []
