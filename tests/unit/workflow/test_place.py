"""Where things lie: state beside the matrix, the cache where the user wants it."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.workflow import place as places


@pytest.fixture
def matrix(tmp_path: Path) -> Path:
    """A file that need not mean anything."""
    folder = tmp_path / "project"
    folder.mkdir()
    path = folder / "matrix.toml"
    path.touch()
    return path


def test_state_lies_beside_the_matrix_and_the_cache_where_it_is_wanted(matrix: Path, tmp_path: Path) -> None:
    """Both are made; names in them are fixed."""
    place = places.find(matrix, {"HARNESS_CACHE_DIR": str(tmp_path / "deep" / "cache")})
    state = matrix.parent / ".harness"
    assert (place.matrix, place.state, place.cache) == (matrix, state, tmp_path / "deep" / "cache")
    assert (place.store, place.logs, place.ledger) == (state / "store.sqlite", state / "logs", place.cache / "ledger")
    assert place.logs.is_dir()
    assert place.cache.is_dir()
    assert not place.store.exists()


@pytest.mark.skipif(shutil.which("git") is None, reason="asks git")
def test_state_is_kept_out_of_version_control(matrix: Path, tmp_path: Path) -> None:
    """By a file of its own: nobody's ``.gitignore`` has to be changed."""
    place = places.find(matrix, {"HARNESS_CACHE_DIR": str(tmp_path / "cache")})
    place.store.touch()
    asked = ("status", "--porcelain", "--untracked-files=all")
    for words in (("init", "-q"), asked):
        shown = subprocess.run(
            ("git", *words), cwd=matrix.parent, check=True, capture_output=True, text=True, timeout=60
        ).stdout
    assert shown == "?? matrix.toml\n"


def test_finding_a_place_again_changes_nothing_in_it(matrix: Path, tmp_path: Path) -> None:
    """Records, logs and cache stay."""
    environ = {"HARNESS_CACHE_DIR": str(tmp_path / "cache")}
    place = places.find(matrix, environ)
    kept = [place.store, place.logs / "x.log", place.cache / "x"]
    for path in kept:
        path.write_text("kept")
    again = places.find(matrix, environ)
    assert again == place
    assert [path.read_text() for path in kept] == ["kept"] * 3


def test_relative_paths_are_those_of_the_folder_one_is_in(
    matrix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And stay the same whichever folder one is in later."""
    monkeypatch.chdir(matrix.parent)
    place = places.find(Path("matrix.toml"), {"HARNESS_CACHE_DIR": "cache"})
    assert place.matrix == matrix
    assert place.cache == matrix.parent / "cache"


def test_without_a_wish_the_cache_is_the_user_s(matrix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty wish is none."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / "cache"))
    for environ in ({}, {"HARNESS_CACHE_DIR": ""}):
        place = places.find(matrix, environ)
        assert place.cache.is_relative_to(tmp_path / "home")
        assert place.cache.name == "harness"


def test_the_surroundings_are_a_copy(matrix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those given, else of this process's; what changes later is not seen."""
    environ = {"HARNESS_CACHE_DIR": str(tmp_path / "cache"), "TZ": "UTC"}
    place = places.find(matrix, environ)
    environ["TZ"] = "Asia/Tokyo"
    assert place.environ["TZ"] == "UTC"
    monkeypatch.setenv("HARNESS_CACHE_DIR", str(tmp_path / "ours"))
    ours = places.find(matrix)
    monkeypatch.setenv("HARNESS_CACHE_DIR", "changed")
    assert (ours.cache, ours.environ["HARNESS_CACHE_DIR"]) == (tmp_path / "ours", str(tmp_path / "ours"))


def test_the_clock_has_a_zone(matrix: Path, tmp_path: Path) -> None:
    """UTC."""
    now = places.find(matrix, {"HARNESS_CACHE_DIR": str(tmp_path / "cache")}).now()
    assert now.utcoffset() == dt.timedelta(0)
    assert abs(now - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


@pytest.mark.parametrize("name", ["gone.toml", "."])
def test_a_matrix_that_is_no_file_is_refused(name: str, matrix: Path) -> None:
    """With what to do; nothing is made."""
    with pytest.raises(UsageError) as caught:
        places.find(matrix.parent / name, {})
    assert caught.value.message == f"there is no {matrix.parent / name}"
    assert "--matrix" in caught.value.remedy
    assert not (matrix.parent / ".harness").exists()


@pytest.mark.parametrize("in_the_way", ["project/.harness", "project/.harness/logs", "cache"])
def test_a_folder_that_cannot_be_made_is_named(in_the_way: str, matrix: Path, tmp_path: Path) -> None:
    """Whichever it is."""
    path = tmp_path / in_the_way
    path.parent.mkdir(exist_ok=True)
    path.write_text("a file, where a folder is needed")
    with pytest.raises(UsageError) as caught:
        places.find(matrix, {"HARNESS_CACHE_DIR": str(tmp_path / "cache")})
    assert str(path) in caught.value.message
