"""Several folders in one, by links."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.packages.tree import merge


def make(root: Path, *names: str) -> Path:
    """Fill a folder with files that hold its name."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(root.name)
    return root


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    """Two distributions with a namespace, bytecode of modules, and a file in common."""
    one = make(tmp_path / "one", "ns/a/x.py", "ns/common.py", "alone/y.py", "__pycache__/m.pyc", "m.py", "same.py")
    two = make(tmp_path / "two", "ns/b/z.py", "ns/common.py", "same.py")
    merge([one, two], tmp_path / "target")
    return tmp_path / "target"


def test_all_is_there(merged: Path) -> None:
    """Under its ordinary path; the first source wins a clash."""
    for name in ("ns/a/x.py", "alone/y.py", "m.py", "__pycache__/m.pyc", "same.py", "ns/common.py"):
        assert (merged / name).read_text() == "one"
    assert (merged / "ns/b/z.py").read_text() == "two"


def test_folders_are_made_only_where_they_are_shared_or_written_to(merged: Path) -> None:
    """A link costs nothing; Python may write into `__pycache__`, which must not be someone else's."""
    assert (merged / "alone").is_symlink()
    assert (merged / "ns/a").is_symlink()
    assert not (merged / "ns").is_symlink()
    assert not (merged / "__pycache__").is_symlink()


def test_folder_and_file_of_one_name(tmp_path: Path) -> None:
    """One wins; nothing breaks."""
    merge([make(tmp_path / "one", "x"), make(tmp_path / "two", "x/y")], tmp_path / "target")
    assert (tmp_path / "target" / "x").read_text() == "one"


def test_a_folder_apart_is_its_own_through_and_through(tmp_path: Path) -> None:
    """Whoever follows links stays in it: files are hard links, and nothing carries another place's path."""
    plugin = make(tmp_path / "plugin", "ns/a/x.py", "__pycache__/m.cpython-312-pytest-9.0.pyc", "__pycache__/m.pyc")
    target = tmp_path / "target"
    merge([plugin, make(tmp_path / "other", "ns/b.py")], target, is_apart=True)
    files = [path for path in target.rglob("*") if path.is_file()]
    assert sorted(path.relative_to(target).as_posix() for path in files) == [
        "__pycache__/m.pyc",
        "ns/a/x.py",
        "ns/b.py",
    ]
    assert all(path.resolve() == path and path.stat().st_nlink == 2 for path in files)
