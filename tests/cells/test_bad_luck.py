"""Bad luck, made to happen: no index, no Docker, no image, a server that dies, another run on the same checkout."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

NO_INDEX = {
    "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "UV_HTTP_RETRIES": "0",
}
NO_DOCKER = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
MARIADB = """
[database.mariadb-x]
engine = "mariadb"
version = "10.11"
providers = ["docker"]
"""

POSTGRES = """
[database.postgres-15]
engine = "postgresql"
version = "15"
providers = ["docker"]
"""


def test_cached_locks_run_without_an_index(checkout, matrix) -> None:
    """After one good run the same matrix runs again, every cell anew, with no index in reach."""
    checkout.matrix(matrix())
    assert checkout.run().code == 0
    ran = checkout.run("--rerun", "--json", env=NO_INDEX)
    assert ran.code == 0, ran.err
    assert (ran.document["ran"], ran.states()) == (1, {"pass": 1})


def test_what_needs_the_index_is_an_error_and_the_rest_runs(checkout, matrix, find_canary) -> None:
    """Without an index a cell with a requirement that was never locked is `error`, never `fail`; exit 10."""
    checkout.matrix(matrix())
    assert checkout.run().code == 0
    folder = find_canary("minimal")
    needy = f'\n[canary.needy]\npath = "{folder}"\nsettings = "settings"\nrequires = ["attrs==25.3.0"]\n'
    text = matrix().replace('canary = ["minimal"]', 'canary = ["minimal", "needy"]')
    ran = checkout.matrix(text + needy).run("--rerun", "--json", env=NO_INDEX)
    assert ran.code == 10, ran.err
    assert ran.states() == {"pass": 1, "error": 1}
    needed = ran.cell("canary=needy")
    assert needed["verdict"] == "indeterminate"
    assert "index" in needed["reason"]
    shown = checkout.run(env=NO_INDEX)
    assert shown.code == 10
    assert "1 error" in shown.out.strip().splitlines()[-1]
    assert "UV_DEFAULT_INDEX" in shown.out
    back = checkout.run("--json")
    assert back.code == 0, back.err
    assert (back.document["ran"], back.document["reused"]) == (1, 1)


def test_an_environment_that_cannot_be_fetched_is_an_error(make_checkout, matrix, environ, tmp_path: Path) -> None:
    """Locks are known, but the packages were never downloaded: `error` after its retries, exit 10."""
    cache = tmp_path / "cache"
    checkout = make_checkout(HARNESS_CACHE_DIR=str(cache)).matrix(matrix())
    assert checkout.harness("plan").code == 0  # locks, and makes no environment
    assert not (cache / "environments").exists()
    empty = {"UV_CACHE_DIR": str(tmp_path / "uv"), "PIP_FIND_LINKS": "", "UV_FIND_LINKS": ""}
    ran = checkout.run("--json", env=NO_INDEX | empty)
    assert ran.code == 10, ran.err
    assert ran.states() == {"error": 1}
    assert "index" in ran.cell("minimal")["reason"]


def test_without_index_and_cache_a_message_says_so(make_checkout, matrix, tmp_path: Path) -> None:
    """Nothing is known and nobody can be asked: exit 10 with the address and what to check."""
    checkout = make_checkout(HARNESS_CACHE_DIR=str(tmp_path / "cache"), UV_CACHE_DIR=str(tmp_path / "uv"), **NO_INDEX)
    ran = checkout.matrix(matrix()).run("--no-python-downloads")
    assert ran.code == 10, ran.err
    assert ran.out == ""
    assert "http://127.0.0.1:9/simple" in ran.err
    assert "try: check the network" in ran.err
    assert "Traceback" not in ran.err
    assert ran.seconds < 30


def test_without_docker_its_cells_are_left_out(checkout, matrix) -> None:
    """No engine: the cells are listed with what to do, the others run; exit 0, with ``--require docker`` 10."""
    checkout.matrix(matrix(database=("sqlite-memory", "mariadb-x")) + MARIADB)
    ran = checkout.run(env=NO_DOCKER)
    assert ran.code == 0, ran.err
    assert "1 pass" in ran.out
    assert "left out" in ran.out
    assert "mariadb-x" in ran.out
    assert "docker" in ran.out.lower()
    assert "try: " in ran.out
    required = checkout.run("--require", "docker", "--json", env=NO_DOCKER)
    assert required.code == required.document["exit_code"] == 10
    nothing = checkout.run("--require", "docker", "--axis", "database=mariadb-x", env=NO_DOCKER)
    assert (nothing.code, "every cell is left out" in nothing.err) == (10, True)
    assert set(required.states()) == {"pass"}
    (entry,) = required.document["left_out"]
    assert entry["nogood"]["why"] == "no-provider"
    assert entry["nogood"]["remedy"]


@pytest.mark.docker
def test_without_the_image_its_cells_are_left_out(checkout, matrix, needs_docker) -> None:
    """An image that nobody has: as without Docker, never a failing cell."""
    image = 'image = "127.0.0.1:9/harness-test/no-such-image:1"\n'
    ran = checkout.matrix(matrix(database=("sqlite-memory", "mariadb-x")) + MARIADB + image).run("--json")
    assert ran.code == 0, ran.err
    assert ran.states() == {"pass": 1}
    (entry,) = ran.document["left_out"]
    assert entry["nogood"]["why"] == "no-provider"
    assert "no-such-image" in entry["nogood"]["detail"]


def postmasters(pids: set[int]) -> list[int]:
    """Return those of *pids* that are servers."""
    found = []
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"/postgres") and b"-D" in words:
            found.append(pid)
    return found


def is_testing(pids: set[int]) -> bool:
    """Tell whether a cell's tests are among *pids*."""
    return any(b"harness_probe" in (read_if_there(Path(f"/proc/{pid}/cmdline")) or b"") for pid in pids)


def read_if_there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def kill_server_in_mid_test(started) -> int:
    """Wait until a cell tests, then SIGKILL its server; return the server's process id."""
    started.until(lambda: postmasters(started.descendants()) and is_testing(started.descendants()))
    time.sleep(1.5)  # its connection is open, its tests have begun
    (server,) = postmasters(started.descendants())
    os.kill(server, signal.SIGKILL)
    return server


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the server through /proc")


@needs_proc
def test_a_server_killed_in_mid_run_is_restarted_once(checkout, matrix) -> None:
    """Its cells are tried again on another server and pass; the lost attempt is kept, as no failure; exit 0."""
    started = checkout.matrix(matrix("slow", database=("postgres-17",))).start("run", "--json")
    killed = kill_server_in_mid_test(started)
    started.until(lambda: any(pid != killed for pid in postmasters(started.descendants())))
    ran = started.end()
    assert ran.code == 0, ran.out + ran.err
    assert ran.states() == {"pass": 1}
    assert ran.cell("slow")["verdict"] == "as-expected"
    shown = checkout.harness("show", "canary=slow").out
    assert "the server of postgres-17 died" in shown
    assert "attempt 2" in shown
    assert not list(checkout.scratch.iterdir())


@needs_proc
@pytest.mark.docker
def test_a_container_killed_in_mid_run_is_restarted_once(checkout, matrix, needs_docker) -> None:
    """A container that dies is a server that dies: another one, another attempt, no failure; exit 0."""
    import docker

    text = matrix("slow", database=("postgres-15",)) + POSTGRES
    started = checkout.matrix(text).start("run", "--json", "--require", "docker")
    started.until(lambda: is_testing(started.descendants()), timeout_s=90)
    time.sleep(1.5)
    owners = [json.loads(path.read_text().splitlines()[0]) for path in checkout.ledgers()]
    (owner,) = [header["owner"] for header in owners if header["pid"] == started.popen.pid]
    client = docker.from_env()
    (container,) = client.containers.list(ignore_removed=True, filters={"label": f"harness.owner={owner}"})
    container.kill()
    ran = started.end()
    assert ran.code == 0, ran.out + ran.err
    assert ran.states() == {"pass": 1}
    assert "the server of postgres-15 died" in checkout.harness("show", "canary=slow").out
    assert not client.containers.list(all=True, ignore_removed=True, filters={"label": f"harness.owner={owner}"})
    client.close()


@needs_proc
def test_a_server_that_keeps_dying_is_an_error_and_never_a_failure(checkout, matrix) -> None:
    """Killed again after its restart: `error`, indeterminate, with its last words; others' cells pass; exit 10."""
    started = checkout.matrix(matrix("slow", database=("postgres-17", "sqlite-memory"))).start("run", "--json")
    first = kill_server_in_mid_test(started)
    started.until(lambda: any(pid != first for pid in postmasters(started.descendants())))
    kill_server_in_mid_test(started)
    ran = started.end()
    assert ran.code == 10, ran.out + ran.err
    assert ran.states() == {"pass": 1, "error": 1}
    lost = ran.cell("postgres-17")
    assert lost["verdict"] == "indeterminate"
    assert "died" in lost["reason"]
    assert [group["state"] for group in ran.document["groups"]] == ["error"]


def test_two_runs_at_once_on_one_checkout_are_both_right(make_checkout, matrix, tmp_path: Path) -> None:
    """They race for a fresh cache's environments and one store: both end 0 and complete."""
    checkout = make_checkout(HARNESS_CACHE_DIR=str(tmp_path / "cache"))
    checkout.matrix(matrix("minimal", database=("sqlite-memory", "sqlite-file")))
    both = [checkout.start("run", "--json"), checkout.start("run", "--json")]
    ended = [started.end() for started in both]
    for ran in ended:
        assert ran.code == 0, ran.err
        assert ran.states() == {"pass": 2}
        assert ran.document["missing"] == []
        assert ran.document["ran"] + ran.document["reused"] == 2
    assert sorted(ran.document["run"] for ran in ended) == [1, 2]
    with sqlite3.connect(checkout.folder / ".harness" / "store.sqlite") as store:
        codes = store.execute("SELECT exit_code FROM runs ORDER BY id").fetchall()
    store.close()
    assert codes == [(0,), (0,)]
    assert checkout.run("--json").document["ran"] == 0
    assert not list(checkout.scratch.iterdir())


def test_a_full_or_forbidden_state_folder_is_said(checkout, matrix) -> None:
    """A state folder that cannot be made: exit 4 naming it, no traceback."""
    checkout.matrix(matrix())
    (checkout.folder / ".harness").write_text("a file, where a folder is needed")
    ran = checkout.run()
    assert ran.code == 4
    assert ".harness" in ran.err
    assert "Traceback" not in ran.err
