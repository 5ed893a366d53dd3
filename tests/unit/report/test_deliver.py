"""Documents go where they were asked for, whole or not at all."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from harness.analysis.reported import RunReport
from harness.errors import UsageError
from harness.report.deliver import MANIFEST, deliver
from harness.report.formats import Format
from harness.report.formats.document import Document

REPORT = cast("RunReport", None)  # these formats do not look at it


def a_format(name: str, *documents: Document, is_text: bool = True) -> Format:
    """Return a format that makes these documents."""
    return Format(name=name, title="", make=lambda _: iter(documents), is_text=is_text)


ONE = a_format("one", Document(name="one.xml", content="main"), Document(name="cells/a.xml", content="a"))
BINARY = a_format(
    "two", Document(name="two.db", content=lambda path: cast("Any", path.write_bytes(b"\0"))), is_text=False
)


def written(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder, its manifest aside."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("output", ["", "-"])
def test_without_an_output_the_main_document_is_given_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    """For standard output, which ``-`` names, too; the others are not lost, but left to a folder."""
    monkeypatch.chdir(tmp_path)
    assert list(deliver([ONE], REPORT, output, {})) == ["main"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("formats", [[ONE, ONE], [BINARY]], ids=["several", "binary"])
def test_what_is_nothing_for_standard_output_is_an_error(formats: list[Format]) -> None:
    """It says what to do."""
    with pytest.raises(UsageError, match="--output FOLDER/"):
        list(deliver(formats, REPORT, "", {}))


def test_a_file_gets_the_main_document(tmp_path: Path) -> None:
    """Its folder is made."""
    assert list(deliver([ONE], REPORT, f"{tmp_path}/a/b.xml", {})) == []
    assert written(tmp_path) == {"a/b.xml": b"main"}


@pytest.mark.parametrize("suffix", ["out", "out.d/", "there.already"])
def test_a_folder_gets_all_of_them(tmp_path: Path, suffix: str) -> None:
    """A name without suffix, with a slash at its end, or of a folder."""
    (tmp_path / "there.already").mkdir()
    list(deliver([ONE], REPORT, f"{tmp_path}/{suffix}", {}))
    assert written(tmp_path / suffix) == {"one.xml": b"main", "cells/a.xml": b"a"}


def test_several_formats_share_a_folder(tmp_path: Path) -> None:
    """Texts and others."""
    list(deliver([ONE, BINARY], REPORT, f"{tmp_path}/x.y", {}))
    assert written(tmp_path / "x.y") == {"one.xml": b"main", "cells/a.xml": b"a", "two.db": b"\0"}


def test_what_is_written_no_more_is_removed_and_nothing_else(tmp_path: Path) -> None:
    """A cell that is gone does not stay among the test results; foreign files and other formats' do."""
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "foreign.xml").write_text("mine")
    list(deliver([ONE, BINARY], REPORT, str(tmp_path), {}))
    less = a_format("one", Document(name="one.xml", content="new"))
    list(deliver([less], REPORT, str(tmp_path), {}))

    assert written(tmp_path) == {"one.xml": b"new", "two.db": b"\0", "cells/foreign.xml": b"mine"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"one": 3}', '{"one": ["../out", "/etc/x", "a/../../out"]}'])
def test_a_manifest_that_was_tampered_with_removes_nothing_outside(tmp_path: Path, text: str) -> None:
    """Broken, or naming files beyond the folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "out").write_text("mine")
    (folder / MANIFEST).write_text(text)
    list(deliver([ONE], REPORT, str(folder), {}))

    assert (tmp_path / "out").read_text() == "mine"
    assert json.loads((folder / MANIFEST).read_text()) == {"one": ["one.xml", "cells/a.xml"]}


def test_an_output_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    """Below a file, say."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match=r"cannot write .*file") as caught:
        list(deliver([ONE], REPORT, f"{tmp_path}/file/out/", {}))
    assert caught.value.remedy == "another --output"


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path) -> None:
    """The error passes as it is, to end as trouble of the disk; no draft stays."""
    (tmp_path / "two.db").write_bytes(b"old")

    def fails(path: Path) -> None:
        path.write_bytes(b"ha")
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    full = a_format("two", Document(name="two.db", content=fails), is_text=False)
    with pytest.raises(OSError, match="No space left"):
        list(deliver([full], REPORT, str(tmp_path), {}))
    assert written(tmp_path) == {"two.db": b"old"}


def test_documents_are_made_one_by_one(tmp_path: Path) -> None:
    """A file needs the main one only: the rest is not even made."""

    def make(_: RunReport) -> Iterator[Document]:
        yield Document(name="a", content="main")
        raise AssertionError("the second was asked for")

    lazy: Callable[[RunReport], Iterator[Document]] = make
    list(deliver([Format(name="lazy", title="", make=lazy)], REPORT, f"{tmp_path}/x.txt", {}))
    assert written(tmp_path) == {"x.txt": b"main"}
