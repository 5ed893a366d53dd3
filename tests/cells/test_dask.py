"""Cells on other machines: a Dask scheduler and workers on loopback, each worker with a cache of its own.

They are started as programs, as a person does, and ended by their process numbers.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")

SWEEP_S = 15.0


@dataclass(kw_only=True)
class Worker:
    """A worker's process, and where it keeps things."""

    popen: subprocess.Popen[bytes]
    cache: Path
    scratch: Path

    def left(self) -> list[str]:
        """What it has written down as running, and what lies in its temporary folder."""
        found = [path.name for path in self.scratch.glob("harness-*")]
        for path in (self.cache / "ledger").glob("*.jsonl"):
            with contextlib.suppress(OSError, IndexError):  # gone meanwhile; the cache serves other tests, too
                if json.loads(path.read_text().splitlines()[0])["pid"] == self.popen.pid:
                    found.append(path.name)
        return found


@dataclass(kw_only=True)
class Cluster:
    """A scheduler with its workers."""

    folder: Path
    environ: dict[str, str]
    caches: Path
    popens: list[subprocess.Popen[bytes]] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)

    @property
    def scheduler_file(self) -> Path:
        """Where the scheduler writes its address."""
        return self.folder / "scheduler.json"

    @property
    def address(self) -> str:
        """As `--executor` takes it."""
        return json.loads(self.scheduler_file.read_text())["address"].replace("tcp://", "dask://")

    def start(self, name: str, *words: str, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start one of Dask's programs."""
        with (self.folder / f"{name}.log").open("wb") as log:
            popen = subprocess.Popen(
                [sys.executable, "-m", *words, "--scheduler-file", str(self.scheduler_file), "--host", "127.0.0.1"],
                cwd=self.folder,
                env=self.environ | dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.popens.append(popen)
        return popen

    def add_worker(self, nanny: str = "--no-nanny", *, is_crippled: bool = False, **env: str) -> Worker:
        """Start a worker for one cell at a time; where binaries of PostgreSQL belong, a crippled one has a file."""
        name = f"worker-{len(self.workers)}"
        # not below tmp_path, which is ours alone: a server may run as another user
        scratch = Path(tempfile.mkdtemp(prefix="harness-test-"))
        scratch.chmod(0o711)
        cache = scratch / "cache" if is_crippled else self.caches / name
        if is_crippled:
            cache.mkdir()
            (cache / "postgresql").touch()
        more = {"HARNESS_CACHE_DIR": str(cache), "TMPDIR": str(scratch)} | env
        words = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", nanny)
        popen = self.start(name, *words, "--local-directory", str(self.folder / name), env=more)
        self.workers.append(Worker(popen=popen, cache=cache, scratch=scratch))
        return self.workers[-1]

    def end(self) -> None:
        """End all that was started."""
        for popen in reversed(self.popens):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(popen.pid, signal.SIGKILL)  # a group of its own: a nanny's worker is in it
            popen.wait()
        for worker in self.workers:
            shutil.rmtree(worker.scratch, ignore_errors=True)


@pytest.fixture
def make_cluster(tmp_path, environ, shared_folder) -> Iterator[Callable[..., Cluster]]:
    """Returns a builder of clusters: so many workers, and how often a cell may end one."""
    made: list[Cluster] = []

    def build(workers: int, *, allowed_failures: int = 3, nanny: str = "--no-nanny") -> Cluster:
        folder = tmp_path / f"cluster-{len(made)}"
        folder.mkdir()
        # PostgreSQL's binaries are unpacked once per session; its server may run as another user, who passes through
        cluster = Cluster(folder=folder, environ=dict(environ), caches=shared_folder / "workers")
        made.append(cluster)
        cluster.start(
            "scheduler",
            *("distributed.cli.dask_scheduler", "--port", "0", "--dashboard-address", "127.0.0.1:0"),
            env={"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)},
        )
        for _ in range(workers):
            cluster.add_worker(nanny)
        wait_for(cluster.scheduler_file.exists, 30)
        return cluster

    yield build
    for cluster in made:
        cluster.end()


def wait_for(is_so: Callable[[], Any], timeout_s: float) -> Any:
    """Wait until something holds, but not for ever; return what it says last."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := is_so():
            return found
        time.sleep(0.05)
    return is_so()


def is_there(pid: int) -> bool:
    """Tell whether a process is at work: neither gone nor a corpse that waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def at_work(worker: Worker, find_descendants: Callable[[int], set[int]]) -> set[int]:
    """The processes below a worker, none where no tests are among them."""
    below = find_descendants(worker.popen.pid)
    for pid in below:
        with contextlib.suppress(OSError):
            if b"harness_probe" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return below
    return set()


def answers(ran) -> dict[str, tuple[Any, ...]]:
    """What a run says of each cell, without times."""
    return {
        cell["id"]: (cell["state"], cell["verdict"], cell["signature"], cell["exact"]) for cell in ran.document["cells"]
    }


def test_a_cluster_that_loses_a_worker_answers_as_this_machine_does(
    make_cluster, make_checkout, matrix, find_descendants
) -> None:
    """One of three is killed in the middle of a cell: the others take its cells, and nothing of it is left.

    One of them has no PostgreSQL: it gets no cell that needs one, so that none comes back untried.
    """
    text = matrix("minimal", "fails", database=("sqlite-memory", "postgres-17"))
    here = make_checkout().matrix(text).run("--json", "--control", "never")
    cluster = make_cluster(2)
    cluster.add_worker(is_crippled=True)
    checkout = make_checkout().matrix(text)
    run = checkout.start("run", "--json", "--control", "never", "--executor", cluster.address)

    def busy() -> tuple[Worker, set[int]] | None:
        found = [(worker, below) for worker in cluster.workers if (below := at_work(worker, find_descendants))]
        return found[0] if found else None

    victim, below = run.until(busy)
    victim.popen.kill()
    there = run.end()

    assert "has left" in there.err
    assert (there.code, answers(there)) == (here.code, answers(here))
    assert {state for state, *_ in answers(there).values()} == {"pass", "fail"}
    assert wait_for(lambda: not any(map(is_there, below)), SWEEP_S)
    assert wait_for(lambda: not any(worker.left() for worker in cluster.workers), SWEEP_S)
    with sqlite3.connect(checkout.folder / ".harness" / "store.sqlite") as store:
        assert store.execute("SELECT DISTINCT ended FROM attempts").fetchall() == [("exited",)]
    store.close()
    assert all(f"# on {os.uname().nodename}" in log.read_text() for log in checkout.logs())
    again = checkout.run("--json", "--control", "never")
    assert again.document["ran"] == 0, "what a like machine has answered is known here"


def test_an_interrupted_run_and_a_lost_cluster_keep_what_is_finished(
    make_cluster, make_checkout, matrix, find_descendants
) -> None:
    """Workers stop what they do and keep nothing; what was finished is not run again."""
    cluster = make_cluster(1)
    checkout = make_checkout().matrix(matrix("minimal", "slow", database=("sqlite-memory", "postgres-17")))
    words = ("run", "--control", "never", "--executor", cluster.address)
    (worker,) = cluster.workers

    first = checkout.start(*words)
    first.until(lambda: "[1/4]" in first.err.read_text())
    first.send(signal.SIGINT)
    ran = first.end()
    assert (ran.code, "what is finished is kept" in ran.err) == (2, True)
    assert wait_for(lambda: not worker.left(), SWEEP_S)
    assert not [pid for pid in find_descendants(worker.popen.pid) if is_there(pid)]

    second = checkout.start(*words)
    second.until(lambda: at_work(worker, find_descendants))
    assert "known already" in second.err.read_text()
    cluster.popens[0].kill()
    lost = second.end(60)
    assert lost.code == 10
    assert f"the cluster at {cluster.address} has gone away; what is finished is kept" in lost.err
    assert "Traceback" not in lost.err
    assert wait_for(lambda: not worker.left(), SWEEP_S)


def test_a_cell_that_kills_workers_is_an_error(make_cluster, make_checkout, matrix, find_canary, tmp_path) -> None:
    """With words, and not for ever; the cells beside it get their answers."""
    deadly = tmp_path / "deadly"
    shutil.copytree(find_canary("minimal"), deadly)
    (deadly / "tests" / "test_deadly.py").write_text(
        "import os\n\n\ndef test_deadly():\n    os.kill(os.getppid(), 9)\n"
    )
    text = matrix("minimal", more=f'[canary.deadly]\npath = "{deadly}"\nsettings = "settings"\n')
    text = text.replace('canary = ["minimal"]', 'canary = ["minimal", "deadly"]')
    cluster = make_cluster(1, allowed_failures=0, nanny="--nanny")

    ran = make_checkout().matrix(text).run("--json", "--control", "never", "--executor", cluster.address)

    assert ran.code == 10
    assert ran.cell("canary=minimal")["state"] == "pass"
    assert ran.cell("canary=deadly")["state"] == "error"
    assert "a worker died under it" in ran.cell("canary=deadly")["reason"]


def test_a_cell_that_no_worker_can_try_is_an_error_that_says_why(make_cluster, make_checkout, matrix) -> None:
    """Each worker with what it lacks; what it does not lack anything for is tried."""
    cluster = make_cluster(0)
    crippled = cluster.add_worker(is_crippled=True)
    checkout = make_checkout().matrix(matrix("minimal", database=("sqlite-memory", "postgres-17")))

    ran = checkout.run("--json", "--control", "never", "--executor", cluster.address)

    assert (ran.code, ran.cell("sqlite-memory")["state"], ran.cell("postgres-17")["state"]) == (10, "pass", "error")
    reason = ran.cell("postgres-17")["reason"]
    assert reason.startswith(f"no worker of {cluster.address} can try it: ")
    assert str(crippled.cache / "postgresql") in reason


def test_a_worker_that_can_try_nothing_is_told(make_cluster, make_checkout, matrix) -> None:
    """It is the only one, so nothing is run."""
    cluster = make_cluster(0)
    cluster.add_worker(HARNESS_CACHE_DIR="/dev/null/cache")

    ran = make_checkout().matrix(matrix("minimal")).run("--executor", cluster.address)

    assert ran.code == 10
    assert f"no worker of {cluster.address} can try any cell" in ran.err
    assert "cannot write /dev/null/cache" in ran.err


def test_no_scheduler_no_library_and_no_address_are_told(make_checkout, matrix) -> None:
    """Each with what to do about it; nothing is run."""
    checkout = make_checkout(DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="2s").matrix(matrix("minimal"))

    silent = checkout.run("--executor", "dask://127.0.0.1:9")
    assert (silent.code, "no Dask scheduler answers at dask://127.0.0.1:9 within 2 s" in silent.err) == (10, True)
    assert "dask scheduler" in silent.err

    wrong = checkout.run("--executor", "tcp://127.0.0.1:9")
    assert (wrong.code, "dask://HOST:PORT" in wrong.err) == (4, True)

    without = "import sys; sys.modules['distributed'] = None; from harness.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", without, "run", "--executor", "dask://127.0.0.1:9"],
        cwd=checkout.folder,
        env=checkout.environ,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "pip install 'harness[dask]'" in done.stderr) == (4, True)
    assert "Traceback" not in done.stderr
