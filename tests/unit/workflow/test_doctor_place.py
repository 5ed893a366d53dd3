"""Which project a folder belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.workflow.doctor_place import Seat, seat

INI = "[pytest]\nDJANGO_SETTINGS_MODULE = config.settings\n"


def make(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_marked_folder_is_its_own_project(tmp_path: Path) -> None:
    """A manage.py of its own, though another project lies around it."""
    outer = make(tmp_path / "outer", {"pyproject.toml": "[tool.pytest.ini_options]\n", "inner/manage.py": ""})
    assert seat(outer / "inner") == Seat(project=outer / "inner", cwd="")


def test_an_unmarked_folder_belongs_to_the_nearest_marked_one(tmp_path: Path) -> None:
    """However deep it lies."""
    outer = make(tmp_path / "outer", {"manage.py": "", "shop/tests/test_a.py": ""})
    assert seat(outer / "shop" / "tests") == Seat(project=outer, cwd="shop/tests")


def test_where_pytest_is_told_of_django_further_up_that_is_the_project(tmp_path: Path) -> None:
    """Not beyond the repository's top, and not where that file speaks of something else."""
    outer = make(tmp_path / "outer", {"pytest.ini": INI, "src/manage.py": ""})
    assert seat(outer / "src") == Seat(project=outer, cwd="src")
    (outer / "src" / ".git").mkdir()
    assert seat(outer / "src") == Seat(project=outer / "src", cwd="")
    plain = make(tmp_path / "plain", {"pytest.ini": "[pytest]\naddopts = -q\n", "src/manage.py": ""})
    assert seat(plain / "src") == Seat(project=plain / "src", cwd="")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Is the user's mistake."""
    with pytest.raises(UsageError, match="there is no folder"):
        seat(tmp_path / "nowhere")


def test_a_folder_with_settings_needs_no_mark(tmp_path: Path) -> None:
    """It is no part of what lies around it."""
    outer = make(tmp_path / "outer", {"pyproject.toml": "", "inner/config/settings.py": "INSTALLED_APPS = []\n"})
    assert seat(outer / "inner") == Seat(project=outer / "inner", cwd="")
