"""The list of what a run has started."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import ledger as room
from harness.ledger import Ledger
from harness.model.owner import LIFETIME_H, is_expired, new_token

HOLDER = """
import sys, time
from pathlib import Path
from harness.ledger import Ledger
folder, thing = Path(sys.argv[1]), Path(sys.argv[2])
ledger = Ledger.open(folder)
with ledger.folder(thing), ledger.databases("SOME_DSN" if "databases" in sys.argv else "OTHER_DSN"):
    thing.mkdir()
    (thing / "file").write_text("x")
    print(ledger.owner, flush=True)
    time.sleep(60)
"""


def hold(folder: Path, thing: Path, *more: str) -> tuple["subprocess.Popen[str]", str]:
    """Start a run that registers a folder and waits to be killed."""
    environ = os.environ | {"PYTHONPATH": str(Path(room.__file__).parents[1])}
    command = [sys.executable, "-c", HOLDER, str(folder), str(thing), *more]
    popen = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
    assert popen.stdout is not None
    return popen, popen.stdout.readline().strip()


def finish(popen: "subprocess.Popen[str]") -> None:
    with popen:
        popen.kill()


def reaper_of(path: Path) -> int:
    """Return the process that watches a list."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"harness.ledger" in words and str(path).encode() in words:
            return int(entry.parent.name)
    raise AssertionError(f"nobody watches {path}")


def gone_within(path: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not path.exists()


def test_a_killed_run_s_things_go_within_seconds(tmp_path: Path) -> None:
    """The companion sees its owner's end and sweeps without anybody's asking."""
    popen, _ = hold(tmp_path / "ledger", tmp_path / "thing")
    finish(popen)
    assert gone_within(tmp_path / "thing", 3)


def test_the_next_run_sweeps_when_the_companion_died_too(tmp_path: Path) -> None:
    """And says what it removed."""
    popen, owner = hold(tmp_path / "ledger", tmp_path / "thing")
    os.kill(reaper_of(tmp_path / "ledger" / f"{owner}.jsonl"), signal.SIGKILL)
    finish(popen)
    assert (tmp_path / "thing").exists()
    with Ledger.open(tmp_path / "ledger") as ledger:
        assert ledger.swept == (f"folder {tmp_path / 'thing'}",)
        assert not (tmp_path / "thing").exists()


def test_a_live_run_s_things_are_not_touched(tmp_path: Path) -> None:
    """However often others begin and end beside it."""
    popen, owner = hold(tmp_path / "ledger", tmp_path / "thing")
    try:
        with Ledger.open(tmp_path / "ledger") as ledger:
            assert ledger.swept == ()
        assert (tmp_path / "thing" / "file").exists()
        assert (tmp_path / "ledger" / f"{owner}.jsonl").exists()
    finally:
        finish(popen)
    assert gone_within(tmp_path / "thing", 3)


def test_a_run_that_ends_well_leaves_no_list(tmp_path: Path) -> None:
    """Its file goes with it, and what it forgot to remove."""
    forgotten = tmp_path / "forgotten"
    with Ledger.open(tmp_path / "ledger") as ledger:
        forgotten.mkdir()
        never_left = ledger.folder(forgotten)
        never_left.__enter__()
        with ledger.folder(tmp_path / "kept"):
            (tmp_path / "kept").mkdir()
    assert not forgotten.exists()
    assert (tmp_path / "kept").exists()
    assert list((tmp_path / "ledger").iterdir()) == []


def test_a_dead_run_s_process_group_is_ended(tmp_path: Path) -> None:
    """The leader gets the signal it was registered with, the group SIGKILL."""
    victim = subprocess.Popen(["sleep", "60"], start_new_session=True)
    with victim:
        write_dead(tmp_path, [entry_of(victim.pid, room.start_ticks(victim.pid))])
        assert room.sweep(tmp_path) == (f"process {victim.pid}",)
        assert victim.wait(timeout=5) == -signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_merely_has_the_number_is_spared(tmp_path: Path) -> None:
    """Numbers come again; the moment of the start does not."""
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)
    with bystander:
        write_dead(tmp_path, [entry_of(bystander.pid, "1")])
        assert room.sweep(tmp_path) == ()
        assert bystander.poll() is None
        bystander.kill()


def test_databases_stay_listed_until_they_are_dropped(tmp_path: Path) -> None:
    """Only the room that has the driver can drop them: it asks for dead owners and says when it is done."""
    popen, owner = hold(tmp_path / "ledger", tmp_path / "thing", "databases")
    finish(popen)
    assert gone_within(tmp_path / "thing", 3)
    with (tmp_path / "ledger" / f"{owner}.jsonl").open() as listed:
        fcntl.flock(listed, fcntl.LOCK_EX)  # the companion holds it until it has written what stays
    with Ledger.open(tmp_path / "ledger") as ledger:
        assert ledger.dead_owners("SOME_DSN") == (owner,)
        assert ledger.dead_owners("OTHER_DSN") == ()
        ledger.forget(owner, "SOME_DSN")
        assert ledger.dead_owners("SOME_DSN") == ()
    assert list((tmp_path / "ledger").iterdir()) == []


def test_a_list_of_another_container_is_left_alone_until_it_expires(tmp_path: Path) -> None:
    """Its process numbers mean nothing here, so that only time can tell."""
    (tmp_path / "thing").mkdir()
    boot = room.boot_id().partition(" ")[0] + " pid:[1]"
    entry = {"add": 1, "what": ["folder", str(tmp_path / "thing")]}
    owner = new_token(time.time())
    write(tmp_path / "ledger", {"owner": owner, "pid": 1, "ticks": "1", "boot": boot}, [entry])
    assert room.sweep(tmp_path / "ledger") == ()
    old = new_token(time.time() - (LIFETIME_H + 2) * 3600)
    write(tmp_path / "ledger", {"owner": old, "pid": 1, "ticks": "1", "boot": boot}, [entry])
    assert room.sweep(tmp_path / "ledger") == (f"folder {tmp_path / 'thing'}",)


@pytest.mark.parametrize("text", ["", "{", "[]\n", "null\n", '{"owner": "x"}\n'])
def test_a_file_that_says_not_whose_it_is_is_left_alone(tmp_path: Path, text: str) -> None:
    """A line may be half written; what is not understood is not acted upon."""
    (tmp_path / "x.jsonl").write_text(text)
    assert room.sweep(tmp_path) == ()
    assert (tmp_path / "x.jsonl").exists()


def test_a_token_expires_after_its_lifetime() -> None:
    """It says its hour itself; what is no token never expires."""
    now = 1_800_000_000.0
    token = new_token(now)
    assert not is_expired(token, now + (LIFETIME_H - 1) * 3600)
    assert is_expired(token, now + (LIFETIME_H + 1) * 3600)
    assert not is_expired("postgres!", now * 2)
    assert not is_expired("", now * 2)


def entry_of(pid: int, ticks: str) -> dict[str, object]:
    return {"add": 1, "what": ["process", str(pid)], "ticks": ticks, "stop": int(signal.SIGTERM)}


def write_dead(folder: Path, entries: list[dict[str, object]]) -> None:
    """Write the list of a run that is certainly dead: its boot is another one."""
    write(folder, {"owner": "1anlg430", "pid": 1, "ticks": "1", "boot": "another"}, entries)


def write(folder: Path, header: dict[str, object], entries: list[dict[str, object]]) -> None:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(item) + "\n" for item in (header, *entries)]
    (folder / f"{header['owner']}.jsonl").write_text("".join(lines))


def test_a_temporary_folder_is_registered_before_it_exists(tmp_path: Path) -> None:
    """It is ours alone, lies where it is told to, and is gone with the block."""
    with Ledger.open(tmp_path / "ledger") as ledger:
        with ledger.temporary("harness-test-", inside=tmp_path) as folder:
            assert folder.parent == tmp_path
            assert folder.stat().st_mode & 0o777 == 0o700
            assert str(folder) in (tmp_path / "ledger" / f"{ledger.owner}.jsonl").read_text()
        assert not folder.exists()
        with pytest.raises(FileNotFoundError), ledger.temporary("x", inside=tmp_path / "missing"):
            pytest.fail("never reached")
