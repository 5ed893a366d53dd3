"""Measures the memory and time that a summary of many recorded cells takes.

    python benchmarks/store.py [--cells 2000] [--tests 60]

A store is filled through `Store.add` with made-up attempts, each with a file of evidence as the probe writes it, one
in twenty failing. Then, each in a process of its own: the summary of that run as text and as JSON, and `harness show`,
which concludes over the whole run. The bound of 150 MB of peak memory (issue 2, section 9) is held against each;
exit code 1: exceeded. Filling is timed, too: it is what recording costs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from harness import config
from harness.analysis.asked import Asked
from harness.analysis.conclude import conclude
from harness.analysis.summary import RunSummary, summarise
from harness.model.cell import Cell
from harness.model.plan import Coverage, Plan
from harness.model.record import Attempt, Ended, Purpose, Runner, Timings
from harness.model.spec import Strength
from harness.report import run_json, run_text
from harness.store.store import Store

ROOT = Path(__file__).resolve().parent.parent
BOUND_BYTES = 150_000_000
FAILING_EVERY = 20
NOW = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
AXES = {
    "python": ("3.11", "3.12", "3.13"),
    "django": ("4.2", "5.1", "5.2", "6.0", "6.1"),
    "pytest-django": ("4.11.1", "4.12", "4.13", "4.14"),
    "pytest": ("8", "9"),
    "database": ("sqlite-memory", "sqlite-file"),
    "canary": tuple(f"project-{number}" for number in range(50)),
    "mode": ("migrations",),
}


def main() -> int:
    """Fill, summarise in processes of their own, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=2000, help="recorded cells (default: %(default)s)")
    parser.add_argument("--tests", type=int, default=60, help="tests in each (default: %(default)s)")
    parser.add_argument("--summary", choices=("text", "json"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.summary:
        print(summary(arguments.folder, arguments.summary))
        return 0
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as name:
        folder = Path(name)
        (folder / "matrix.toml").write_text(matrix(), encoding="utf-8")
        begun = time.monotonic()
        first = fill(folder, cells=arguments.cells, tests=arguments.tests)
        filled_s = time.monotonic() - begun
        size = sum(path.stat().st_size for path in (folder / ".harness").glob("store.sqlite*"))
        print(f"{arguments.cells} cells, {arguments.tests} tests each: {size / 1e6:.1f} MB, filled in {filled_s:.1f} s")
        again = [sys.executable, __file__, "--folder", str(folder)]
        commands = {
            "summary as text": [*again, "--summary", "text"],
            "summary as JSON": [*again, "--summary", "json"],
            "harness show": [sys.executable, "-m", "harness", "show", first],
        }
        peaks = [measure(title, command, folder) for title, command in commands.items()]
    is_over = max(peaks) > BOUND_BYTES
    print(f"bound: {BOUND_BYTES / 1e6:.0f} MB: {'EXCEEDED' if is_over else 'held'}")
    return int(is_over)


def measure(title: str, command: list[str], folder: Path) -> int:
    """Run a command, print its time and its peak memory, and return the latter in bytes."""
    begun = time.monotonic()
    with (folder / "out").open("wb") as out:
        popen = subprocess.Popen(command, cwd=folder, stdout=out)
        _, status, used = os.wait4(popen.pid, 0)
    if os.waitstatus_to_exitcode(status) or not (folder / "out").stat().st_size:
        raise SystemExit(f"{title}: ended with {os.waitstatus_to_exitcode(status)}")
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"{title:<16} {peak / 1e6:6.1f} MB  {time.monotonic() - begun:6.2f} s")
    return peak


def matrix() -> str:
    """Return the matrix that the made-up cells belong to."""
    lines = ["[matrix]", *(f"{axis} = {json.dumps(values)}" for axis, values in AXES.items())]
    for name in AXES["canary"]:
        path = json.dumps(str(ROOT / "harness" / "canaries" / "minimal"))
        lines += [f"[canary.{name}]", f"path = {path}", 'settings = "config.settings.test"']
    return "\n".join(lines) + "\n"


def spread(count: int) -> Iterator[Cell]:
    """Yield as many cells of the matrix, spread over it."""
    product = [Cell.of(zip(AXES, values, strict=True)) for values in itertools.product(*AXES.values())]
    if count > len(product):
        raise SystemExit(f"there are no more than {len(product)} cells")
    return (product[number * len(product) // count] for number in range(count))


def fill(folder: Path, *, cells: int, tests: int) -> str:
    """Record attempts at *cells* cells; return the id of the first."""
    chosen = tuple(spread(cells))
    (folder / ".harness").mkdir()
    with Store.open(folder / ".harness" / "store.sqlite") as store:
        run = store.begin_run(started=NOW, matrix_digest="made up", as_of=NOW)
        store.plan_cells(run, [(cell, exact(cell), None) for cell in chosen])
        for number, cell in enumerate(chosen):
            is_failing = number % FAILING_EVERY == 0
            store.add(run, attempt(cell, is_failing=is_failing), [evidence(cell, tests, is_failing=is_failing)])
        store.finish_run(run, 1, finished=NOW)
    return chosen[0].id


def exact(cell: Cell) -> tuple[tuple[str, str], ...]:
    """Return made-up exact versions."""
    versions = {axis: f"{value}.1" for axis, value in cell.packages()}
    return tuple(sorted({**versions, "python": f"{cell['python']}.4"}.items()))


def attempt(cell: Cell, *, is_failing: bool) -> Attempt:
    """Return an attempt as `cells` makes it."""
    return Attempt(
        run_key=f"{abs(hash(cell.id)):032x}"[:32],
        cell_id=cell.id,
        exact=exact(cell),
        runner=Runner.PYTEST,
        purpose=Purpose.MATRIX,
        started_at=NOW,
        ended=Ended.EXITED,
        exit_code=int(is_failing),
        timings=Timings(environment_s=0.1, copy_s=0.05, test_s=2.5),
        lock_hash="0123456789abcdef",
        interpreter=f"CPython {cell['python']}.4",
        platform="linux-x86_64",
        provider="sqlite",
        server_source="interpreter",
        log="made-up.log",
    )


def evidence(cell: Cell, tests: int, *, is_failing: bool) -> bytes:
    """Return what the probe would have written: 15 tables, *tests* tests, one of which fails where asked for."""
    tables = [f"app_{number}_table" for number in range(15)]
    name = ":memory:" if cell["database"] == "sqlite-memory" else "/tmp/test_default.sqlite3"
    packages = [{"name": axis, "version": version, "path": f"site-packages/{axis}"} for axis, version in exact(cell)]
    database = {"alias": "default", "vendor": "sqlite", "name": name, "version": "3.45.1", "expected": tables}
    database |= {"real": tables, "applied": [f"app.{number:04d}_step" for number in range(30)], "created": 15}
    hello = {"protocol": 1, "probe": "0" * 16, "pid": 100, "worker": "", "run": 1, "runner": "pytest-django"}
    events = [
        {"e": "hello", **hello, "python": dict(exact(cell))["python"], "sqlite": "3.45.1"},
        {"e": "pytest", "ini_file": "pytest.ini", "root_dir": "seed"},
        {"e": "imported", "packages": [item for item in packages if item["name"] != "python"]},
        {"e": "settings", "module": "config.settings.test", "chosen_by": "the environment"},
        {"e": "collected", "count": tests},
        {"e": "set-up", "by": "fixture django_db_setup (pytest_django.fixtures)"},
        {"e": "database", **database},
    ]
    for number in range(tests):
        test = {"id": f"tests/test_module_{number % 5}.py::SomethingTests::test_number_{number}"}
        events.append({"e": "start", **test})
        result = {"outcome": "passed", "phase": "call", "duration_s": 0.0123}
        if is_failing and number == tests // 2:
            frames = [{"file": f"django/db/step_{depth}.py", "line": 7, "function": "execute"} for depth in range(12)]
            trace = "\n".join(f"    line {line} of a trace that is as long as they are" for line in range(120))
            failure = {"type": "django.db.utils.OperationalError", "message": "no such table: users"}
            result |= {"outcome": "failed", "failure": failure | {"frames": frames, "trace": trace}}
        events.append({"e": "test", **test, **result})
    events.append({"e": "bye", "exit_status": int(is_failing)})
    return "".join(json.dumps(event) + "\n" for event in events).encode()


def summary(folder: Path, form: str) -> str:
    """Conclude over the whole run and return its report, as `harness run` ends."""
    spec = config.load(folder / "matrix.toml", today=NOW.date())
    with Store.open(folder / ".harness" / "store.sqlite") as store:
        (run,) = store.runs()
        made = [conclude(record, Asked.of(record.cell, spec), spec.expectations) for record in store.records(run.id)]
        planned = tuple(Cell.parse(cell_id) for cell_id in store.cell_ids(run.id))
    coverage = Coverage(strength=Strength.FULL, covered=len(planned), feasible=len(planned))
    summed: RunSummary = summarise(
        made,
        run_id=run.id,
        as_of=NOW,
        plan=Plan(cells=planned, left_out=(), coverage=coverage, product=len(planned)),
        missing=(),
        ran=len(planned),
        reused=0,
        duration_s=1.0,
        strict=False,
        absent=[],
        databases=spec.databases,
    )
    states = dict(summed.counts.states)
    failing = sum(count for state, count in states.items() if state.is_failure)
    # or the figures would be of a summary in which everything went wrong in some other way
    assert failing == -(-len(planned) // FAILING_EVERY), states
    if form == "json":
        return run_json.document(summed)
    from harness.cli.console import out

    out().print(run_text.summary(summed, folder, is_verbose=True, command="harness run", repro="harness repro"))
    return "printed"


if __name__ == "__main__":
    sys.exit(main())
