"""Measures what the probe costs a cell in CPU time: paired runs with it and without it, alternating.

    python benchmarks/probe.py [--runs 30] [--python ENVIRONMENT/bin/python]

The cell is the canary `seed` under pytest-django on in-memory SQLite. Without ``--python`` an environment is made with
uv. CPU time is user and system time of the process and all that it waited for, as the kernel accounts it; each pair
gives a ratio, and the bound of 3 % (issue 2, section 6) is held against the median of the ratios; exit code 1 if it is
exceeded. Compare with nothing else running: a loaded machine widens the interval.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.model.protocol import parse
from harness.process import capture

ROOT = Path(__file__).resolve().parent.parent
BOUND = 0.03
REQUIREMENTS = ("django==6.1.*", "pytest==9.*", "pytest-django==4.14.*")
RESAMPLES = 10_000


def main() -> int:
    """Run the pairs, print the table, and tell whether the bound holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30, help="pairs (default: %(default)s, at least 20)")
    parser.add_argument("--python", type=Path, help="interpreter of an environment with Django, pytest, pytest-django")
    arguments = parser.parse_args()
    if arguments.runs < 20:
        parser.error("--runs: at least 20, or the median says nothing")
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as name:
        folder = Path(name)
        python = arguments.python.absolute() if arguments.python else make_environment(folder / "environment")
        canary = folder / "seed"
        shutil.copytree(ROOT / "harness" / "canaries" / "seed", canary)
        command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        measure(command, canary, {})  # warms caches, and shows that it passes
        watched(command, canary, folder)
        pairs = []
        for number in range(arguments.runs):
            # The order alternates, so that a machine that warms up or slows down favours neither.
            first_bare = number % 2 == 0
            left = measure(command, canary, {}) if first_bare else watched(command, canary, folder)
            right = watched(command, canary, folder) if first_bare else measure(command, canary, {})
            pairs.append((left, right) if first_bare else (right, left))
        versions = capture([python, "-c", VERSIONS], timeout_s=60).stdout.strip()
    return report(pairs, versions)


VERSIONS = """
import django, platform, pytest, pytest_django, sqlite3
print("Python", platform.python_version(), "· Django", django.__version__, "· pytest", pytest.__version__,
      "· pytest-django", pytest_django.__version__, "· SQLite", sqlite3.sqlite_version)
"""


IN_FOLDER = "import os, sys; os.chdir(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])"


def make_environment(folder: Path) -> Path:
    """Make an environment with the newest versions of the repository's matrix, bytecode compiled."""
    python = folder / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    commands: tuple[list[str | Path], ...] = (
        [*uv, "venv", "--quiet", "--python", sys.executable, folder],
        [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *REQUIREMENTS],
    )
    for command in commands:
        done = capture(command, timeout_s=300)
        if done.code:
            sys.exit(done.stderr)
    return python


def environment(folder: Path) -> dict[str, str]:
    """Return what a cell's process gets: an allow-list, as `cells` has it."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}


def measure(command: Sequence[str], cwd: Path, extra: Mapping[str, str]) -> float:
    """Return the CPU seconds of one run."""
    with tempfile.TemporaryFile() as output:
        pid = os.posix_spawn(
            sys.executable,
            # A step in between: posix_spawn has no working directory.
            [sys.executable, "-I", "-S", "-c", IN_FOLDER, str(cwd), *command],
            environment(cwd) | dict(extra),
            file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)],
        )
        _, status, usage = os.wait4(pid, 0)
        if status:
            output.seek(0)
            sys.exit(output.read().decode(errors="replace"))
    return usage.ru_utime + usage.ru_stime


def watched(command: Sequence[str], cwd: Path, folder: Path) -> float:
    """Return the CPU seconds of one run with the probe, having made sure that it observed."""
    evidence = Path(tempfile.mkdtemp(dir=folder))
    extra = {
        "PYTHONPATH": str(ROOT / "harness" / "probe"),
        "HARNESS_EVIDENCE": str(evidence),
        "HARNESS_PACKAGES": "django,pytest,pytest-django",
    }
    seconds = measure([*command, "-p", "harness_probe"], cwd, extra)
    found = parse(path.read_text(encoding="utf-8").splitlines() for path in evidence.glob("*.jsonl"))
    if not found.is_complete or not found.tests() or not found.processes[0].databases:
        sys.exit(f"the probe observed nothing worth measuring: {found}")
    return seconds


def report(pairs: Sequence[tuple[float, float]], versions: str) -> int:
    """Print the figures; return 1 if the bound is exceeded."""
    ratios = [after / before - 1 for before, after in pairs]
    low, high = interval(ratios)
    middle = statistics.median(ratios)
    table = Table(title=f"Canary seed, {len(pairs)} alternating pairs", title_justify="left")
    for column in ("CPU", "median", "fastest", "slowest"):
        table.add_column(column, justify="left" if column == "CPU" else "right")
    for name, index in (("without the probe", 0), ("with it", 1)):
        seconds = [pair[index] for pair in pairs]
        table.add_row(name, *(f"{value:.3f} s" for value in (statistics.median(seconds), min(seconds), max(seconds))))
    console = Console(width=110)
    console.print(table)
    console.print(f"paired ratio: median {middle:+.2%}, 95 % interval {low:+.2%} … {high:+.2%} (bound {BOUND:.0%})")
    console.print(f"{versions}\n{platform.platform()} · {os.cpu_count()} cores · load {os.getloadavg()[0]:.1f}")
    return int(middle > BOUND)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval (percentile method) of the median."""
    draw = random.Random(0)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975)]


if __name__ == "__main__":
    sys.exit(main())
