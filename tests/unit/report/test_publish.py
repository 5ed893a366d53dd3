"""A site takes the place of the one before, whole or not at all."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.report.publish import MANIFEST, publish

FIRST = [("index.html", "one"), ("cells/a.js", "a")]


def there(folder: Path) -> dict[str, str]:
    """The files of a folder, but for the manifest."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def test_replaces_what_it_wrote(tmp_path: Path) -> None:
    """Files that the new site does not have are gone, nothing is left beside it."""
    folder = tmp_path / "deep" / "site"
    assert publish(folder, FIRST) == 2
    assert there(folder) == dict(FIRST)
    publish(folder, [("index.html", "two"), ("logs/b.txt", "b")])
    assert there(folder) == {"index.html": "two", "logs/b.txt": "b"}
    assert [path.name for path in folder.parent.iterdir()] == ["site"]
    assert folder.stat().st_mode & 0o755 == 0o755


def test_takes_an_empty_folder(tmp_path: Path) -> None:
    """Folders in it that hold nothing do not matter."""
    (tmp_path / "site" / "empty").mkdir(parents=True)
    publish(tmp_path / "site", FIRST)
    assert there(tmp_path / "site") == dict(FIRST)


@pytest.mark.parametrize("name", ["notes.txt", "cells/notes.txt", ".git/HEAD"])
def test_refuses_foreign_files(tmp_path: Path, name: str) -> None:
    """Beside a site or alone: they are named, and nothing is changed."""
    folder = tmp_path / "site"
    for is_ours in (False, True):
        if is_ours:
            publish(folder, FIRST)
        foreign = folder / name
        foreign.parent.mkdir(parents=True, exist_ok=True)
        foreign.write_text("mine")
        before = there(folder)
        with pytest.raises(UsageError, match=f"holds files that harness did not write: {name}"):
            publish(folder, [("index.html", "two")])
        assert there(folder) == before
        assert [path.name for path in tmp_path.iterdir()] == ["site"]
        foreign.unlink()


def test_refuses_what_is_no_folder(tmp_path: Path) -> None:
    """A file and a link stay as they are."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="is no folder"):
            publish(tmp_path / name, FIRST)
    assert (tmp_path / "file").read_text() == "mine"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("name", ["file/site", "x" * 254, "x" * 300])
def test_refuses_a_place_that_cannot_be(tmp_path: Path, name: str) -> None:
    """Below a file, or where names are too long: a mistake of the user's."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="cannot write beside"):
        publish(tmp_path / name, FIRST)
    assert there(tmp_path) == {"file": "mine"}


def test_refuses_what_cannot_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that something is mounted on: it stays as it was, and nothing is left beside it."""
    folder = tmp_path / "site"
    publish(folder, FIRST)

    def busy(_self: Path, _target: Path) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(UsageError, match=r"cannot replace .*busy"):
        publish(folder, [("index.html", "two")])
    assert there(folder) == dict(FIRST)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_refuses_the_root_without_looking_at_all_of_it() -> None:
    """What is nearest is named, and `/proc`, where files come and go, does not matter."""
    with pytest.raises(UsageError, match="holds files that harness did not write"):
        publish(Path("/"), FIRST)


def test_a_manifest_that_lists_nothing_of_ours_protects_nothing(tmp_path: Path) -> None:
    """A broken manifest is none: then everything is foreign."""
    folder = tmp_path / "site"
    publish(folder, FIRST)
    (folder / MANIFEST).write_text("{")
    with pytest.raises(UsageError, match="did not write"):
        publish(folder, FIRST)


def test_a_failure_on_the_way_changes_nothing(tmp_path: Path) -> None:
    """What makes the pages may break half way."""
    folder = tmp_path / "site"
    publish(folder, FIRST)

    def breaking():
        yield "index.html", "two"
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        publish(folder, breaking())
    assert there(folder) == dict(FIRST)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    """The old site stays whole where a file cannot be written to its end."""
    folder = tmp_path / "site"
    publish(folder, FIRST)
    program = textwrap.dedent("""
        import resource, signal, sys
        from pathlib import Path
        from harness.report.publish import publish
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            publish(Path(sys.argv[1]), [("index.html", "two"), ("data.js", "x" * 100_000)])
        except OSError as error:
            sys.exit(40 + (error.errno == 27))
    """)
    assert hasattr(resource, "RLIMIT_FSIZE")
    ran = subprocess.run(
        [sys.executable, "-c", program, str(folder)], check=False, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert ran.returncode == 41, ran.stderr
    assert there(folder) == dict(FIRST)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
