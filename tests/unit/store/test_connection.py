"""Files that are no stores, several processes at once, and sudden death."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import Infrastructure, UsageError
from harness.model.cell import Cell
from harness.model.record import Attempt
from harness.store import Store

ROOT = Path(__file__).parents[3]

WRITER = """
import datetime as dt, sys
from pathlib import Path
from harness.model.cell import Cell
from harness.model.record import Attempt, Ended, Purpose, Runner
from harness.store import Store

now = dt.datetime.now(dt.timezone.utc)
cell = Cell.of({"django": "6.0"})
with Store.open(Path(sys.argv[1])) as store:
    run = store.begin_run(started=now, matrix_digest="", selection=sys.argv[2])
    store.plan_cells(run, [(cell, (), None)])
    for number in range(int(sys.argv[3])):
        attempt = Attempt(
            run_key=sys.argv[2], cell_id=cell.id, exact=(), runner=Runner.PYTEST, purpose=Purpose.MATRIX,
            started_at=now, ended=Ended.EXITED, exit_code=0, message=str(number),
        )
        store.add(run, attempt, [b"%d " % number * 20000])
        print(number, flush=True)
"""


def start(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    """Start a process that writes *count* attempts under the run key *name*, and prints each once it is committed."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(count)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def test_kill_9_takes_nothing_that_was_committed(path: Path) -> None:
    """Killed in the midst of writing: all that was reported is there, whole, and the run is seen to be unfinished."""
    with start(path, "key", 1_000_000) as writer:
        assert writer.stdout is not None
        reported = [int(writer.stdout.readline()) for _ in range(25)]
        writer.send_signal(signal.SIGKILL)
        reported += [int(line) for line in writer.stdout if line.endswith("\n")]
    with Store.open(path) as store:
        found = [int(stored.trial.attempt.message) for stored in reversed(store.find("key"))]
        assert found[: len(reported)] == reported
        assert len(found) - len(reported) <= 1
        assert found == list(range(len(found)))
        last = store.last_run()
        assert last is not None
        assert not last.is_finished
        assert len(list(store.records(last.id))) == 1
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()


def test_several_processes_make_and_fill_one_store(path: Path) -> None:
    """All at once, from the first moment."""
    writers = [start(path, f"key {number}", 15) for number in range(4)]
    assert [writer.communicate()[0].count("\n") for writer in writers] == [15] * 4
    assert [writer.returncode for writer in writers] == [0] * 4
    with Store.open(path) as store:
        assert [len(store.find(f"key {number}")) for number in range(4)] == [15] * 4
        assert sorted(run.selection for run in store.runs()) == [f"key {number}" for number in range(4)]


def test_a_text_file_is_no_store(tmp_path: Path) -> None:
    """It is named, and left as it was."""
    path = tmp_path / "notes.txt"
    path.write_text("to do: " * 1000)
    with pytest.raises(UsageError, match=r"notes\.txt is not a store"):
        Store.open(path)
    assert path.read_text() == "to do: " * 1000


def test_another_programs_database_is_no_store(tmp_path: Path) -> None:
    """It is named, and left as it was."""
    path = tmp_path / "db.sqlite3"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE users (id)")
    raw.commit()
    before = path.read_bytes()
    with pytest.raises(UsageError, match="of something else"):
        Store.open(path)
    raw.close()
    assert path.read_bytes() == before


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    """Nor is a file in place of the folder."""
    with pytest.raises(UsageError, match="cannot open"):
        Store.open(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot open"):
        Store.open(tmp_path / "file" / "store.sqlite3")


def test_a_file_that_stays_locked_is_infrastructure(
    path: Path,
    store: Store,
    cells: tuple[Cell, ...],
    begin: Callable[..., int],
    make_attempt: Callable[..., Attempt],
) -> None:
    """After a bounded wait; once the other is done, writing goes on."""
    run = begin()
    other = sqlite3.connect(path, isolation_level=None)
    with Store.open(path, busy_s=0.2) as impatient:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Infrastructure, match="locked"):
            impatient.add(run, make_attempt(cells[0]), [])
        other.execute("ROLLBACK")
        impatient.add(run, make_attempt(cells[0]), [])
    other.close()
    assert len(store.find(f"key of {cells[0].id}")) == 1
