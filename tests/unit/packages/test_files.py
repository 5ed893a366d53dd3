"""Files and folders appear whole, or not at all."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from harness.errors import Infrastructure, Interrupted
from harness.packages.files import discard, guard, in_the_making, read_if_there, size_of, write_whole
from harness.process import Cancel


def test_write_whole_makes_folders_and_replaces(tmp_path: Path) -> None:
    """Nothing temporary stays behind."""
    path = tmp_path / "a" / "b.json"
    assert read_if_there(path) is None
    write_whole(path, "1")
    write_whole(path, "2")
    assert read_if_there(path) == "2"
    assert list(path.parent.iterdir()) == [path]


def test_guard_lets_one_in_at_a_time(tmp_path: Path) -> None:
    """Threads of one process exclude one another, as processes do."""
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with guard(tmp_path, "thing", timeout_s=10):
            inside += 1
            most = max(most, inside)
            time.sleep(0.02)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_guard_waits_no_longer_than_told(tmp_path: Path) -> None:
    """The message names the file that is held; a cancelled wait ends as interrupted."""
    cancel = Cancel()
    with guard(tmp_path, "thing", timeout_s=1):
        with pytest.raises(Infrastructure, match=r"thing\.lock"), guard(tmp_path, "thing", timeout_s=0):
            pytest.fail("two inside")
        cancel.set()
        with pytest.raises(Interrupted), guard(tmp_path, "thing", timeout_s=10, cancel=cancel):
            pytest.fail("two inside")


def test_folder_in_the_making_appears_when_it_is_done(tmp_path: Path) -> None:
    """A failure leaves nothing, a success replaces what was there."""
    target = tmp_path / "target"

    def fail() -> None:
        with in_the_making(target) as folder:
            (folder / "half").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []
    for content in ("1", "2"):
        with in_the_making(target) as folder:
            (folder / content).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["target", "target/2"]


def test_only_bytes_that_nobody_else_holds_count_as_freed(tmp_path: Path) -> None:
    """uv links files out of its own cache: removing those frees nothing."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "own").write_bytes(b"x" * 100)
    (tmp_path / "shared").write_bytes(b"x" * 1000)
    (folder / "shared").hardlink_to(tmp_path / "shared")
    assert size_of(folder) == 100
    assert discard(folder) == 100
    assert [path.name for path in tmp_path.iterdir()] == ["shared"]
    assert discard(folder) == 0
