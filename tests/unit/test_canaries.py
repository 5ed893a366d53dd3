"""The canaries as files: what is the same in each of them, and what keeps the troubled ones apart."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from harness.process import capture

ROOT = Path(__file__).parents[2]
CANARIES = sorted(path for path in (ROOT / "harness" / "canaries").iterdir() if (path / "manage.py").exists())
TROUBLED = sorted(path for path in (ROOT / "tests" / "canaries").iterdir() if (path / "manage.py").exists())
OLDEST_PYTHON = (3, 8)


def test_the_canaries_of_the_matrix_are_there() -> None:
    """The five canaries lie in their folder."""
    assert [path.name for path in CANARIES] == ["data", "minimal", "multi_db", "seed", "tenants"]


@pytest.mark.parametrize("name", ["checks.py", "databases.py", "tests/test_functions.py"])
def test_shared_files_are_the_same_in_each(name: str) -> None:
    """A canary is copied alone, so what canaries share lies in each of them, with the same bytes."""
    assert len({(path / name).read_bytes() for path in CANARIES}) == 1


@pytest.mark.parametrize("project", [*CANARIES, *TROUBLED], ids=lambda path: path.name)
def test_every_project_runs_on_the_oldest_python(project: Path) -> None:
    """Each file is Python 3.8, and a Django project has what both runners ask for."""
    for path in project.rglob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), filename=str(path), feature_version=OLDEST_PYTHON)
    assert "DJANGO_SETTINGS_MODULE" in (project / "pytest.ini").read_text(encoding="utf-8")


@pytest.mark.parametrize("project", CANARIES, ids=lambda path: path.name)
def test_canaries_import_nothing_of_harness(project: Path) -> None:
    """A canary runs where harness is not importable."""
    for path in project.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not {module for module in modules if module.partition(".")[0] == "harness"}, path


@pytest.mark.parametrize("project", CANARIES, ids=lambda path: path.name)
def test_canaries_have_tests_for_both_runners(project: Path) -> None:
    """Tests in pytest's style are in files that Django's discovery (test*.py) passes by."""
    assert list((project / "tests").glob("test_*.py"))
    assert list((project / "tests").glob("check_*.py"))
    assert "check_*.py" in (project / "pytest.ini").read_text(encoding="utf-8")


def test_troubled_projects_are_not_collected() -> None:
    """pytest finds no test in the troubled projects: they would end it."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/canaries"]
    done = capture(command, timeout_s=60, cwd=ROOT)
    assert done.code == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout + done.stderr
