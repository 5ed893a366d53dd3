"""Keeping what was fetched."""

from pathlib import Path

import pytest

from harness.databases import Context, fetch
from harness.errors import Infrastructure


def unpack(folder: Path) -> None:
    (folder / "bin").mkdir()
    (folder / "bin/postgres").write_text("binary")


def test_what_is_kept_is_unpacked_once(tmp_path: Path) -> None:
    """A second use gives the same checksum and fetches nothing."""
    calls = []

    def counted(folder: Path) -> None:
        calls.append(folder)
        unpack(folder)

    first = fetch.keep(tmp_path / "x", counted)
    assert first == fetch.keep(tmp_path / "x", counted)
    assert len(calls) == 1
    assert len(first) == 64


@pytest.mark.parametrize("damage", ["remove", "truncate"])
def test_what_was_damaged_is_fetched_again(tmp_path: Path, damage: str) -> None:
    """A missing file, or one of another size, is noticed and mended."""
    digest = fetch.keep(tmp_path / "x", unpack)
    file = tmp_path / "x/bin/postgres"
    file.unlink() if damage == "remove" else file.write_text("")
    assert fetch.check(tmp_path / "x") == ""
    assert fetch.keep(tmp_path / "x", unpack) == digest
    assert file.read_text() == "binary"


def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither half a folder nor a draft of one."""

    def fail(folder: Path) -> None:
        unpack(folder)
        raise Infrastructure("the index is down")

    with pytest.raises(Infrastructure, match="the index is down"):
        fetch.keep(tmp_path / "x", fail)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


def test_everybody_may_read_what_is_kept(tmp_path: Path) -> None:
    """As root the server runs as another user, so modes do not depend on ours."""

    def private(folder: Path) -> None:
        unpack(folder)
        (folder / "bin").chmod(0o700)
        (folder / "bin/postgres").chmod(0o700)

    fetch.keep(tmp_path / "x", private)
    assert (tmp_path / "x/bin").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "x/bin/postgres").stat().st_mode & 0o777 == 0o755


def test_another_checksum_is_refused(context: Context, tmp_path: Path) -> None:
    """npm's archive is compared with the integrity that the catalogue has; a stand-in for npm packs another one."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nprintf forged > package.tgz\n")
    npm.chmod(0o755)
    (tmp_path / "out").mkdir()
    with pytest.raises(Infrastructure, match="checksum sha512-"):
        fetch.unpack_npm(
            tmp_path / "out", package="p", version="1", integrity="sha512-right", npm=str(npm), context=context
        )
    assert not list((tmp_path / "out").iterdir())
