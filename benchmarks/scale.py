"""What a cell costs by phase, here and through a Dask cluster on loopback, and what it costs whoever leads the run.

    python benchmarks/scale.py [--workers 2] [--python 3.12]

16 cells (two Djangos, two pytest-djangos, two databases, two canaries) are run four times, as many side by
side: here without environments, here with them, then the same on a cluster of as many single-threaded workers, which
share a cache of their own. Seconds are means over the cells' records. *overhead* is what a cell takes beyond its phases
(width x wall / cells - phases); *leader* is the CPU time of the process that leads the run, a cell's programs left out
where they are run by workers; *CPU* includes all that it started; *scheduler* is that
of Dask's. Sizes are of what travels and of what is kept.

Needs `harness[dask]`; docs/scale.md works 10,000 cells out of these figures.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.model import codec
from harness.model.record import Attempt
from harness.packages.environments import lock_in_cache
from harness.store.store import Store

ROOT = Path(__file__).resolve().parent.parent
SENT_BYTES, CAME_BYTES = 10_000, 40_000
PHASES = ("environment_s", "server_s", "copy_s", "test_s")
MATRIX = """\
[matrix]
python = ["{python}"]
django = ["5.2", "6.0"]
pytest-django = ["4.11", "4.12"]
pytest = ["9"]
database = ["sqlite-memory", "postgres-17"]
canary = ["minimal", "seed"]
mode = ["migrations"]

[database.postgres-17]
engine = "postgresql"
version = "17"
providers = ["embedded"]

[canary.minimal]
path = {minimal}
settings = "settings"
allow_skips = true

[canary.seed]
path = {seed}
settings = "config.settings.test"
allow_skips = true

[profile.all]
strength = "full"

[run]
as_of = 2026-08-01T00:00:00Z
"""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one run came to."""

    title: str
    cells: int
    wall_s: float
    leader_s: float
    cpu_s: float  # of the leader with all that it started
    phases: tuple[float, ...]  # means, in the order of `PHASES`


def main() -> int:
    """Run, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="cells side by side (default: %(default)s)")
    parser.add_argument("--python", default="3.12", help="the interpreter of the cells (default: %(default)s)")
    parser.add_argument("--messages", type=int, default=2000, help="empty attempts (default: %(default)s)")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harness-bench-")))
        folder.chmod(0o711)  # an unprivileged server must be able to pass through
        seed, minimal = (json.dumps(str(ROOT / "harness" / "canaries" / name)) for name in ("seed", "minimal"))
        text = MATRIX.format(python=arguments.python, seed=seed, minimal=minimal)
        (folder / "matrix.toml").write_text(text, encoding="utf-8")
        jobs = ("--jobs", str(arguments.workers))
        made = [run(folder, title, *jobs) for title in ("here, first", "here, ready")]
        sizes(folder)
        address, scheduler = cluster(folder, arguments.workers, stack)
        for title in ("cluster, first", "cluster, ready"):
            before_s = cpu_s(scheduler)
            made.append(run(folder, title, "--executor", address))
            print(f"{title}: scheduler {(cpu_s(scheduler) - before_s) / made[-1].cells * 1000:.1f} ms CPU a cell")
        report(made, arguments.workers)
        messages(address, scheduler, arguments.messages)
    return 0


def run(folder: Path, title: str, *words: str) -> Figures:
    """Run every cell once and return what came of it."""
    begun = time.monotonic()
    popen = subprocess.Popen(
        [sys.executable, "-m", "harness", "run", "-p", "all", "--rerun", "--quiet", "--control", "never", *words],
        cwd=folder,
        env=os.environ | {"HARNESS_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    leader_s, ended = 0.0, 0
    while not ended:
        leader_s = max(leader_s, cpu_s(popen.pid))
        time.sleep(0.1)
        ended, status, used = os.wait4(popen.pid, os.WNOHANG)
    wall_s = time.monotonic() - begun
    popen.returncode = os.waitstatus_to_exitcode(status)
    if popen.returncode not in (0, 1):
        raise SystemExit(f"{title}: ended with {popen.returncode}")
    with sqlite3.connect(folder / ".harness" / "store.sqlite") as store:
        rows = store.execute(
            "SELECT attempt FROM attempts WHERE made_in = (SELECT max(id) FROM runs) AND ended = 'exited'"
        ).fetchall()
    timings = [codec.loads(Attempt, row[0]).timings for row in rows]
    means = tuple(sum(getattr(one, phase) for one in timings) / len(timings) for phase in PHASES)
    cpu = used.ru_utime + used.ru_stime
    return Figures(title=title, cells=len(timings), wall_s=wall_s, leader_s=leader_s, cpu_s=cpu, phases=means)


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process so far, without its children; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cluster(folder: Path, workers: int, stack: ExitStack) -> tuple[str, int]:
    """Start a scheduler and workers on loopback; return the address and the scheduler's process."""
    file = folder / "scheduler.json"
    common = ("--scheduler-file", str(file), "--host", "127.0.0.1")
    scheduler = ("distributed.cli.dask_scheduler", "--port", "0", "--dashboard-address", "127.0.0.1:0")
    pids = [start(folder, stack, *scheduler, *common)]
    for number in range(workers):
        worker = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")
        start(folder, stack, *worker, "--local-directory", str(folder / f"worker-{number}"), *common)
    for _ in range(300):
        if file.exists():
            break
        time.sleep(0.1)
    time.sleep(3)  # so that every worker is there
    return json.loads(file.read_text())["address"].replace("tcp://", "dask://"), pids[0]


def start(folder: Path, stack: ExitStack, *words: str) -> int:
    """Start one of Dask's programs, to be ended with *stack*; return its process."""
    popen = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=os.environ | {"HARNESS_CACHE_DIR": str(folder / "theirs"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def end() -> None:
        popen.terminate()
        try:
            popen.wait(timeout=10)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()

    stack.callback(end)
    return popen.pid


def sizes(folder: Path) -> None:
    """Print what travels for a cell, and what is kept of it."""
    state = folder / ".harness"
    sent = came = blobs = logs = 0
    with Store.open(state / "store.sqlite") as store, sqlite3.connect(state / "store.sqlite") as raw:
        (run_id,) = raw.execute("SELECT max(id) FROM runs").fetchone()
        trials = [trial for record in store.records(run_id) for trial in record.trials]
        (blobs,) = raw.execute(
            "SELECT sum(length(files)) FROM evidence e JOIN attempts a ON a.id = e.attempt WHERE made_in = ?", (run_id,)
        ).fetchone()
    for trial in trials:
        log = (state / "logs" / trial.attempt.log).read_bytes()
        lock = lock_in_cache(folder / "cache", trial.attempt.lock_hash)
        sent, came, logs = sent + len(pickle.dumps(lock)), came + len(pickle.dumps((trial, log))), logs + len(log)
    kilo = 1000 * len(trials)
    print(
        f"a cell: its lock {sent / kilo:.1f} kB, its trial and log {came / kilo:.1f} kB;"
        f" evidence in the store {blobs / kilo:.1f} kB, log {logs / kilo:.1f} kB"
    )


def messages(address: str, scheduler: int, count: int) -> None:
    """Print what *count* attempts that do nothing cost, as large on their way there and back as real ones."""
    from distributed import Client

    with Client(address.replace("dask://", "tcp://"), set_as_default=False) as client:
        executor = client.get_executor(pure=False)
        executor.submit(len, b"").result()
        begun, own_s, scheduler_s = time.monotonic(), time.process_time(), cpu_s(scheduler)
        for first in range(0, count, 100):
            futures = [executor.submit(bytes.ljust, b"x" * SENT_BYTES, CAME_BYTES) for _ in range(first, first + 100)]
            for future in futures:
                future.result()
        wall_s, own_s, scheduler_s = (
            time.monotonic() - begun,
            time.process_time() - own_s,
            cpu_s(scheduler) - scheduler_s,
        )
    kilo = count / 1000
    print(
        f"an empty attempt: {wall_s / kilo:.1f} ms, of which the leader {own_s / kilo:.1f} ms of CPU,"
        f" the scheduler {scheduler_s / kilo:.1f} ms"
    )


def report(made: list[Figures], width: int) -> None:
    """Print the table."""
    titles = ("wall", "environment", "server", "copy", "tests", "overhead", "leader", "CPU")
    print(f"{'run':<16}" + "".join(f" {title:>11}" for title in titles))
    for one in made:
        overhead = width * one.wall_s / one.cells - sum(one.phases)
        seconds = (one.wall_s, *one.phases, overhead, one.leader_s / one.cells, one.cpu_s / one.cells)
        print(f"{one.title:<16}" + "".join(f" {value:9.3f} s" for value in seconds))


if __name__ == "__main__":
    sys.exit(main())
