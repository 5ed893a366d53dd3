"""A lock that cannot be written is told as what it is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from harness.errors import ExitCode, UsageError
from harness.workflow import lock as workflow
from harness.workflow.place import Place, utc_now


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Returns a function that writes a lock where the system answers with an error."""

    def written(number: int) -> None:
        def refuse(path: Path, _text: str) -> None:
            raise OSError(number, os.strerror(number), str(path.with_name(".matrix.lock.1")))

        monkeypatch.setattr(workflow, "write_whole", refuse)
        state = tmp_path / ".harness"
        workflow._write(
            Place(matrix=tmp_path / "matrix.toml", state=state, cache=tmp_path, environ={}, now=utc_now), "text"
        )

    return written


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_folder_that_may_not_be_written_to(write, tmp_path: Path, number: int) -> None:
    """Exit 4 with the file that was meant: no bug, and no disk that is full."""
    with pytest.raises(UsageError) as caught:
        write(number)
    assert caught.value.message == f"cannot write {tmp_path / 'matrix.lock'}: {os.strerror(number)}"
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_full_disk_is_none_of_it(write) -> None:
    """It is told where every full disk is."""
    with pytest.raises(OSError, match="No space"):
        write(errno.ENOSPC)
