"""Measures how long the dashboard takes to build, and how large it is.

    python benchmarks/site.py [--cells 600,2000] [--tests 200,60]

Stores are filled with made-up attempts as in `benchmarks/store.py`, one in twenty failing. Reading the store and making
the site are timed apart: any report reads. Held against the budgets: a site in 3 s, 300 kB for the first page, 1 MB of
data (without the traces and logs of what failed, which are read when a cell is opened), 30 KiB of scripts; exit code 1:
exceeded.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import store as stores

from harness.cli import request
from harness.report.publish import publish
from harness.report.site.build import site
from harness.workflow.dashboard import open_dashboard

SITE_S = 3.0
INDEX_BYTES, DATA_BYTES, SCRIPT_BYTES = 300_000, 1_000_000, 30_720


def main() -> int:
    """Fill, build, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", default="600,2000", help="recorded cells (default: %(default)s)")
    parser.add_argument("--tests", default="200,60", help="tests in each (default: %(default)s)")
    arguments = parser.parse_args()
    pairs = zip(arguments.cells.split(","), arguments.tests.split(","), strict=True)
    results = [measure(int(cells), int(tests)) for cells, tests in pairs]
    return int(any(results))


def measure(cells: int, tests: int) -> bool:
    """Build one site, print its figures, and tell whether a budget is exceeded."""
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as name:
        folder = Path(name)
        (folder / "matrix.toml").write_text(stores.matrix(), encoding="utf-8")
        stores.fill(folder, cells=cells, tests=tests)
        spec, place = request.load(folder / "matrix.toml")
        begun = time.monotonic()
        with open_dashboard(spec, place, run=None, command="harness", tail="") as board:
            read_s = time.monotonic() - begun
            files = publish(folder / "site", site(board))
        made_s = time.monotonic() - begun - read_s
        sizes = {path.name: path.stat().st_size for path in (folder / "site").iterdir() if path.is_file()}
    data = sizes["data.js"] + sizes["details.js"]
    scripts = sum(size for file, size in sizes.items() if file.endswith(".js")) - data
    print(f"{cells} cells, {tests} tests each: read in {read_s:.2f} s, {files} files made in {made_s:.2f} s")
    figures = {"index.html": (sizes["index.html"], INDEX_BYTES), "data": (data, DATA_BYTES)}
    figures |= {"scripts": (scripts, SCRIPT_BYTES)}
    is_over = made_s > SITE_S
    for what, (size, bound) in figures.items():
        print(f"  {what:<11}{size / 1000:8.1f} kB of {bound / 1000:.0f}")
        is_over |= size > bound
    print(f"  matrix.html{sizes['matrix.html'] / 1000:8.1f} kB")
    print(f"  {'EXCEEDED' if is_over else 'held'}")
    return is_over


if __name__ == "__main__":
    sys.exit(main())
