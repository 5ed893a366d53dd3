"""The main job against tox with tox-uv on the same 12 cells, and against bare pytest as the floor.

Cells: Django 5.2, 6.0, 6.1 x pytest-django 4.11.1, 4.12.0, 4.13.0, 4.14.0, pytest 9, SQLite in memory, canary `seed`.
Downloads are cached by one uncounted round of both. Each round measures, side by side in one run of this script:

    first    no environments, no records        tox run-parallel -p 2 | harness run
    again    nothing has changed                tox run-parallel -p 2 | harness run
    ready    environments ready, all cells run  python -m pytest, two at a time | harness run --rerun

    python benchmarks/matrix.py [--rounds 5] [--python 3.12]
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.packages import interpreters

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "harness" / "canaries" / "seed"
DJANGOS = ("5.2", "6.0", "6.1")
PYTEST_DJANGOS = ("4.11.1", "4.12.0", "4.13.0", "4.14.0")
LIMITS = {"first": 0.75, "again": 0.05, "ready": 1.15}

MATRIX = """\
[matrix]
python = ["{python}"]
django = [{djangos}]
pytest-django = [{pytest_djangos}]
pytest = ["9"]
database = ["sqlite-memory"]
canary = ["seed"]
mode = ["migrations"]

[canary.seed]
path = "{seed}"
settings = "config.settings.test"

[profile.default]
strength = "full"

[run]
jobs = 2
"""

TOX = """\
[tox]
requires = tox-uv
env_list = {environments}
skipsdist = true

[testenv]
base_python = {interpreter}
skip_install = true
change_dir = {seed}
set_env =
    DJANGO_SETTINGS_MODULE = config.settings.test
deps =
    pytest >=9, <10
{pins}
commands = python -m pytest -q
"""


def main() -> None:
    """Measure and print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--python", default="3.12")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as name:
        bench = Bench(Path(name), given.python)
        for warm_up in (bench.first_harness, bench.first_tox):  # uncounted: fills the download caches
            warm_up()
        times: dict[str, list[tuple[float, float]]] = {"first": [], "again": [], "ready": []}
        for number in range(given.rounds):
            print(f"round {number + 1} of {given.rounds} …", file=sys.stderr)
            times["first"].append((bench.first_harness(), bench.first_tox()))
            times["again"].append((bench.harness(), bench.tox()))
            times["ready"].append((bench.harness("--rerun"), bench.floor()))
    print_table(times, given.rounds)


class Bench:
    """The two projects, and a function for each thing that is timed (seconds of wall time)."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder = folder
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        self.env |= {"HARNESS_CACHE_DIR": str(folder / "cache"), "NO_COLOR": "1"}
        self.seed = folder / "seed"  # tox and bare pytest run here: bytecode may be written, as at users' homes
        shutil.copytree(SEED, self.seed, ignore=shutil.ignore_patterns("__pycache__"))
        self.matrix = folder / "matrix"
        self.matrix.mkdir()
        quoted = {"djangos": DJANGOS, "pytest_djangos": PYTEST_DJANGOS}
        lists = {key: ", ".join(f'"{value}"' for value in values) for key, values in quoted.items()}
        (self.matrix / "matrix.toml").write_text(MATRIX.format(python=python, seed=self.seed, **lists))
        self.tox_folder = folder / "tox"
        self.tox_folder.mkdir()
        environments = [f"dj{d.replace('.', '')}-pd{p.replace('.', '')}" for d in DJANGOS for p in PYTEST_DJANGOS]
        pins = [f"    dj{d.replace('.', '')}: django =={d}.*" for d in DJANGOS]
        pins += [f"    pd{p.replace('.', '')}: pytest-django =={p}" for p in PYTEST_DJANGOS]
        (self.tox_folder / "tox.ini").write_text(
            TOX.format(
                environments=", ".join(environments),
                pins="\n".join(pins),
                seed=self.seed,
                interpreter=interpreter(python, folder / "cache"),
            )
        )

    def run(self, command: list[str], cwd: Path) -> float:
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=cwd, env=self.env, capture_output=True, text=True, check=False)
        passed = time.perf_counter() - begun
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} ended {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return passed

    def harness(self, *args: str) -> float:
        return self.run([sys.executable, "-m", "harness", "run", "-q", *args], self.matrix)

    def first_harness(self) -> float:
        shutil.rmtree(self.matrix / ".harness", ignore_errors=True)
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        return self.harness()

    def tox(self) -> float:
        return self.run([sys.executable, "-m", "tox", "run-parallel", "-p", "2", "-q"], self.tox_folder)

    def first_tox(self) -> float:
        shutil.rmtree(self.tox_folder / ".tox", ignore_errors=True)
        return self.tox()

    def floor(self) -> float:
        """Run bare pytest in tox's ready environments, two at a time."""
        pythons = sorted(self.tox_folder.glob(".tox/dj*/bin/python"))
        if len(pythons) != len(DJANGOS) * len(PYTEST_DJANGOS):
            sys.exit(f"expected an environment a cell, found {len(pythons)}")
        self.env["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        begun = time.perf_counter()
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda python: self.run([str(python), "-m", "pytest", "-q"], self.seed), pythons))
        return time.perf_counter() - begun


def interpreter(python: str, cache: Path) -> str:
    """Return the path of the interpreter that harness itself takes, so that tox takes it, too."""
    found = interpreters.match(python, interpreters.find(cache, environ=os.environ))
    if found is None:
        sys.exit(f"no Python {python} on this machine: --python names another")
    return found.path


def print_table(times: dict[str, list[tuple[float, float]]], rounds: int) -> None:
    """Print medians, ratios and what they are held against."""
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, {rounds} rounds\n")
    print("| what | harness (s) | against | s | ratio, median (min–max) | wanted |")
    print("|---|---|---|---|---|---|")
    for what, pairs in times.items():
        ratios = sorted(ours / theirs for ours, theirs in pairs)
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        against = "bare pytest (the floor)" if what == "ready" else "tox run-parallel -p 2"
        print(
            f"| {what} | {ours:.2f} | {against} | {theirs:.2f} |"
            f" {statistics.median(ratios):.3f} ({ratios[0]:.3f}–{ratios[-1]:.3f}) | ≤ {LIMITS[what]} |"
        )


if __name__ == "__main__":
    main()
