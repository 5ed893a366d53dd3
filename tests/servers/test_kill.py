"""What `kill -9` leaves behind, for real: nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import harness
from harness.databases import offer
from harness.ledger import Ledger, start_ticks
from harness.model.server import Absent
from harness.model.spec import DatabaseSpec, Engine, ProviderName

HOLDER = """
import os, sys, time
from pathlib import Path
import platformdirs, uv
from harness.databases import Context, offer
from harness.ledger import Ledger
from harness.model.spec import DatabaseSpec, Engine, ProviderName
from harness.process import Cancel
folder, provider, version = Path(sys.argv[1]), ProviderName(sys.argv[2]), sys.argv[3]
ledger = Ledger.open(folder)
context = Context(
    cache=platformdirs.user_cache_path("harness"), scratch=folder / "scratch", ledger=ledger,
    environ=os.environ, cancel=Cancel(), uv=uv.find_uv_bin(),
)
spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version=version, providers=(provider,))
with offer(spec, context=context).start(timeout_s=60) as server, server.lease("held", ("default",)):
    place = ""
    if provider is ProviderName.EMBEDDED:
        with server.administration._connection() as connection:
            place = connection.execute("SHOW data_directory").fetchone()[0]
    print(ledger.owner, place, flush=True)
    time.sleep(60)
"""


def hold(folder: Path, provider: str, version: str) -> "tuple[subprocess.Popen[str], list[str]]":
    environ = os.environ | {"PYTHONPATH": str(Path(harness.__file__).parents[1])}
    command = [sys.executable, "-c", HOLDER, str(folder), provider, version]
    popen = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
    assert popen.stdout is not None
    return popen, popen.stdout.readline().split()


def kill(popen: "subprocess.Popen[str]") -> None:
    with popen:
        popen.kill()


def reaper_of(path: Path) -> int:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"harness.ledger" in words and str(path).encode() in words:
            return int(entry.parent.name)
    raise AssertionError(f"nobody watches {path}")


def exists(pid: int) -> bool:
    return start_ticks(pid) != ""


def test_an_embedded_server_goes_within_three_seconds(tmp_path: Path) -> None:
    """The companion ends the server and removes its data."""
    popen, (owner, place) = hold(tmp_path, "embedded", "17")
    data = Path(place)
    server = int((data / "postmaster.pid").read_text().split()[0])
    assert exists(server)
    kill(popen)
    deadline = time.monotonic() + 3
    while (exists(server) or data.parent.exists()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not exists(server)
    assert not data.parent.exists()
    assert not (tmp_path / f"{owner}.jsonl").exists()


def test_an_embedded_server_goes_with_the_next_start_at_the_latest(tmp_path: Path) -> None:
    """Were the companion killed as well."""
    popen, (owner, place) = hold(tmp_path, "embedded", "17")
    server = int((Path(place) / "postmaster.pid").read_text().split()[0])
    os.kill(reaper_of(tmp_path / f"{owner}.jsonl"), signal.SIGKILL)
    kill(popen)
    assert exists(server)
    with Ledger.open(tmp_path) as ledger:
        assert f"process {server}" in ledger.swept
    assert not exists(server)
    assert not Path(place).parent.exists()


@pytest.mark.docker
def test_a_container_goes_within_three_seconds(tmp_path: Path, context) -> None:
    """By its label; other owners' containers stay."""
    spec = DatabaseSpec(name="x", engine=Engine.POSTGRESQL, version="15", providers=(ProviderName.DOCKER,))
    answer = offer(spec, context=context)
    if isinstance(answer, Absent):
        (pytest.fail if os.environ.get("HARNESS_REQUIRE_DOCKER") == "1" else pytest.skip)(answer.detail)
    import docker

    client = docker.from_env()

    def count(owner: str) -> int:
        return len(client.containers.list(all=True, ignore_removed=True, filters={"label": f"harness.owner={owner}"}))

    with answer.start(timeout_s=60):
        popen, (owner,) = hold(tmp_path / "other", "docker", "15")
        assert count(owner) == 1
        kill(popen)
        deadline = time.monotonic() + 3
        while count(owner) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert count(owner) == 0
        assert count(context.ledger.owner) == 1
    client.close()
