"""Changes reach the disk, and nothing else does."""

from __future__ import annotations

import pytest

from harness.doctor.apply import apply
from harness.doctor.finding import Change
from harness.errors import UsageError


def test_files_are_made_changed_and_removed(tmp_path):
    """Folders come with the files in them."""
    (tmp_path / "a").write_text("1\n")
    (tmp_path / "b").write_text("2\n")
    changes = (
        Change(path="a", before="1\n", after="one\n"),
        Change(path="b", before="2\n", after=None),
        Change(path="x/y/c", before=None, after=""),
    )
    assert apply(changes, tmp_path) == ("a", "b", "x/y/c")
    assert (tmp_path / "a").read_text() == "one\n"
    assert not (tmp_path / "b").exists()
    assert (tmp_path / "x" / "y" / "c").read_text() == ""


def test_what_was_changed_elsewhere_in_the_file_stays(tmp_path):
    """Two fixes may touch one file."""
    before = "".join(f"{n}\n" for n in range(10))
    (tmp_path / "a").write_text(before.replace("8\n", "eight\n"))
    apply((Change(path="a", before=before, after=before.replace("2\n", "two\nand a half\n")),), tmp_path)
    assert (tmp_path / "a").read_text() == "0\n1\ntwo\nand a half\n3\n4\n5\n6\n7\neight\n9\n"


def test_a_change_in_the_same_place_is_refused(tmp_path):
    """With a word on what to do, and the file as it was."""
    (tmp_path / "a").write_text("other\n")
    with pytest.raises(UsageError, match="same place"):
        apply((Change(path="a", before="one\n", after="two\n"),), tmp_path)
    assert (tmp_path / "a").read_text() == "other\n"


@pytest.mark.parametrize("path", ["../a", "/etc/a", "b/../../a"])
def test_nothing_outside_of_the_folder_is_written(tmp_path, path):
    """Whatever a change says."""
    with pytest.raises(UsageError, match="outside"):
        apply((Change(path=path, before=None, after="x"),), tmp_path)
