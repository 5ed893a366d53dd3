"""A project's working copy: everything that is the project's, nothing that is not."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from harness.workflow.doctor_copy import make, names


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    """A folder that lies elsewhere is copied; one that leads back is not."""
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project / "a", project / "b", elsewhere):
        folder.mkdir(parents=True)
        (folder / "module.py").touch()
    (project / "linked").symlink_to(elsewhere)
    (project / "up").symlink_to("..")
    (project / "a" / "to_b").symlink_to("../b")
    (project / "b" / "to_a").symlink_to("../a")
    expected = ["a/module.py", "a/to_b/module.py", "b/module.py", "b/to_a/module.py", "linked/module.py"]
    assert sorted(names(project)) == expected


def test_caches_and_environments_stay_behind(tmp_path: Path) -> None:
    """By their names, or by the file that marks them."""
    project = tmp_path / "project"
    for name in (
        "shop/__pycache__/a.pyc",
        ".git/config",
        "env/pyvenv.cfg",
        "env/lib/x.py",
        "c/CACHEDIR.TAG",
        "shop/a.py",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    assert names(project) == ["shop/a.py"]


def test_a_changed_database_is_noticed(tmp_path: Path) -> None:
    """Whatever its file is called."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("db.sqlite3", "data"):
        with sqlite3.connect(project / name) as real:
            real.execute("CREATE TABLE own (id INTEGER)")
        real.close()
    copy = make(project, tmp_path / "copy")
    assert copy.touched() == ()
    with sqlite3.connect(project / "data") as real:
        real.execute("INSERT INTO own VALUES (1)")
    real.close()
    assert copy.touched() == ("data",)
