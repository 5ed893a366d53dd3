"""Ctrl-C, SIGTERM and `kill -9`: what is finished is kept, what was started is gone, the next run goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")

LIMIT_S = 5.0
SWEEP_S = 3.0


def is_there(pid: int) -> bool:
    """Tell whether a process is at work: neither gone nor a corpse that waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def command(pid: int) -> str:
    """Return a process's command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def committed(checkout) -> int:
    """Return how many attempts are in the store."""
    with sqlite3.connect(f"file:{checkout.folder}/.harness/store.sqlite?mode=ro", uri=True) as store:
        (count,) = store.execute("SELECT count(*) FROM attempts WHERE ended = 'exited'").fetchone()
    store.close()
    return count


def folders_of(ledger: Path) -> list[Path]:
    """Return the folders that a list of things to remove holds."""
    entries = [json.loads(line) for line in ledger.read_text().splitlines()]
    return [Path(entry["what"][1]) for entry in entries if entry.get("what", [""])[0] == "folder"]


def own_ledger(checkout, pid: int) -> Path:
    """Return the list that the process *pid* keeps."""
    (found,) = [path for path in checkout.ledgers() if json.loads(path.read_text().splitlines()[0])["pid"] == pid]
    return found


def wait_for(is_so: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until something holds, but not for ever."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return is_so()


@pytest.fixture
def checkout(make_checkout, tmp_path):
    """A checkout whose cache is its own: whichever harness comes next sweeps, and here that must be ours."""
    return make_checkout(HARNESS_CACHE_DIR=str(tmp_path / "cache"))


@pytest.fixture
def under_way(checkout, matrix):
    """A run in whose middle we are: one cell finished, another testing on a PostgreSQL of ours."""
    text = matrix("minimal", "slow", database=("sqlite-memory", "postgres-17"), run="jobs = 2")
    started = checkout.matrix(text).start("run", "--control", "never")
    started.until(lambda: "[1/4]" in started.err.read_text())

    def is_testing() -> bool:
        commands = [command(pid) for pid in started.descendants()]
        return any("postgres" in text for text in commands) and any("harness_probe" in text for text in commands)

    started.until(is_testing)
    return started


def test_after_a_kill_nothing_is_left_and_the_next_run_goes_on(checkout, under_way) -> None:
    """`kill -9`: within 3 s no server, no cell, no working copy; finished cells are kept and reused."""
    started = under_way.descendants()
    ledger = own_ledger(checkout, under_way.popen.pid)
    folders = folders_of(ledger)
    assert len(started) >= 3
    assert any(folder.exists() for folder in folders)
    under_way.popen.kill()
    under_way.popen.wait()
    kept = committed(checkout)
    assert kept >= 1
    assert wait_for(lambda: not any(map(is_there, started)), SWEEP_S), list(map(command, filter(is_there, started)))
    assert wait_for(lambda: not ledger.exists(), SWEEP_S)
    assert not [folder for folder in folders if folder.exists()]
    assert not list(checkout.scratch.iterdir())
    ran = checkout.run("--json", "--control", "never")
    assert ran.code == 0, ran.err
    assert ran.document["reused"] == kept
    assert ran.states() == {"pass": 4}


def test_what_even_the_companion_left_goes_with_the_next_start(checkout, under_way) -> None:
    """Companion and harness killed at once: the next run says what it removed."""
    started = under_way.descendants()
    ledger = own_ledger(checkout, under_way.popen.pid)
    (companion,) = [pid for pid in started if "harness.ledger" in command(pid)]
    os.kill(companion, signal.SIGKILL)
    under_way.popen.kill()
    under_way.popen.wait()
    servers = [pid for pid in started if is_there(pid) and "postgres -D" in command(pid)]
    assert servers
    ran = checkout.harness("plan")
    assert ran.code == 0, ran.err
    assert f"left by a run that died, now removed: process {servers[0]}" in ran.err
    assert wait_for(lambda: not any(map(is_there, started)), 1)
    assert not ledger.exists()
    assert not list(checkout.scratch.iterdir())


@pytest.mark.parametrize("how", ["ctrl-c", "ctrl-c again and again", "sigterm"])
def test_an_interrupted_run_stops_cleans_up_and_goes_on(how: str, checkout, under_way) -> None:
    """Exit 2 within 5 s, everything removed; the next run reuses what was finished."""
    started = under_way.descendants()
    ledger = own_ledger(checkout, under_way.popen.pid)
    folders = folders_of(ledger)
    begun = time.monotonic()
    match how:
        case "sigterm":
            os.kill(under_way.popen.pid, signal.SIGTERM)
        case "ctrl-c":
            under_way.send(signal.SIGINT)
        case _:
            for _ in range(5):
                under_way.send(signal.SIGINT)
                time.sleep(0.1)
    ran = under_way.end(timeout_s=20)
    passed_s = time.monotonic() - begun
    assert ran.code == 2, ran.err
    assert "Traceback" not in ran.err
    assert "interrupted" in ran.err
    assert passed_s < LIMIT_S
    assert wait_for(lambda: not any(map(is_there, started)), 1), [command(pid) for pid in filter(is_there, started)]
    assert not ledger.exists()
    assert not [folder for folder in folders if folder.exists()]
    assert not list(checkout.scratch.iterdir())
    kept = committed(checkout)
    assert kept >= 1
    if how != "ctrl-c":
        return
    ran = checkout.run("--json", "--control", "never")
    assert ran.code == 0, ran.err
    assert ran.document["reused"] == kept
    assert ran.states() == {"pass": 4}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_an_end_before_any_cell_leaves_a_cache_that_works(
    number: signal.Signals, make_checkout, matrix, tmp_path: Path
) -> None:
    """While it looks around, resolves and makes an environment, in a fresh cache: Ctrl-C within 5 s each time."""
    checkout = make_checkout(HARNESS_CACHE_DIR=str(tmp_path / "cache")).matrix(matrix())
    for stage in ("looking for interpreters", "resolving 1 cells", "running 1 cells"):
        started = checkout.start("run", "-v")
        started.until(lambda: stage in started.err.read_text())  # noqa: B023  (called at once)
        begun = time.monotonic()
        started.send(number)
        ran = started.end(timeout_s=30)
        assert ran.code == (2 if number is signal.SIGINT else -9), (stage, ran.err)
        assert "Traceback" not in ran.err
        if number is signal.SIGINT:
            assert time.monotonic() - begun < LIMIT_S, stage
            assert not list((tmp_path / "cache").glob("tmp/*"))
        assert wait_for(lambda: not checkout.ledgers(), SWEEP_S if number is signal.SIGKILL else 0)
        assert not list(checkout.scratch.iterdir())
    assert checkout.run().code == 0
    shutil.rmtree(tmp_path / "cache")


@pytest.fixture
def mute_index() -> Iterator[str]:
    """The address of an index that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple"


def test_an_interrupt_while_the_index_is_mute(make_checkout, matrix, tmp_path: Path, mute_index: str) -> None:
    """Ctrl-C does not wait for an index that never answers: exit 2 within 5 s."""
    checkout = make_checkout(HARNESS_CACHE_DIR=str(tmp_path / "cache"), UV_DEFAULT_INDEX=mute_index)
    started = checkout.matrix(matrix()).start("run", "-v", "--no-python-downloads")
    started.until(lambda: "looking for interpreters" in started.err.read_text())
    time.sleep(2)
    begun = time.monotonic()
    started.send(signal.SIGINT)
    ran = started.end(timeout_s=60)
    assert ran.code == 2, ran.err
    assert time.monotonic() - begun < LIMIT_S
    assert not list(checkout.scratch.iterdir())


def test_an_interrupted_plan_ends_2(checkout, matrix) -> None:
    """The same holds for every command."""
    started = checkout.matrix(matrix()).start("plan", "-v")
    started.until(lambda: "looking for" in started.err.read_text())
    started.send(signal.SIGINT)
    ran = started.end(timeout_s=10)
    assert (ran.code, ran.out) == (2, "")
    assert not list(checkout.scratch.iterdir())


@pytest.mark.docker
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_no_container_is_left(number: signal.Signals, checkout, matrix, needs_docker) -> None:
    """`kill -9` or Ctrl-C while a cell tests in a container: gone within seconds, by its label."""
    import docker

    text = matrix("slow", database=("postgres-15",)) + POSTGRES
    started = checkout.matrix(text).start("run", "--control", "never", "--require", "docker")
    started.until(lambda: any("harness_probe" in command(pid) for pid in started.descendants()), timeout_s=90)
    ledger = own_ledger(checkout, started.popen.pid)
    owner = json.loads(ledger.read_text().splitlines()[0])["owner"]
    client = docker.from_env()

    def containers() -> int:
        return len(client.containers.list(all=True, ignore_removed=True, filters={"label": f"harness.owner={owner}"}))

    assert containers() == 1
    begun = time.monotonic()
    started.send(number)
    ran = started.end(timeout_s=20)
    assert ran.code == (2 if number is signal.SIGINT else -9)
    if number is signal.SIGINT:
        assert time.monotonic() - begun < LIMIT_S
        assert containers() == 0
    assert wait_for(lambda: containers() == 0, 2 * SWEEP_S)
    assert wait_for(lambda: not ledger.exists(), SWEEP_S)
    client.close()


POSTGRES = """
[database.postgres-15]
engine = "postgresql"
version = "15"
providers = ["docker"]
"""
