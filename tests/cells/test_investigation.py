"""A slice of the investigation, run for real and held against what is committed."""

from __future__ import annotations

import datetime as dt
import importlib
import re
import sys
from pathlib import Path

import pytest

from harness import config
from harness.store.store import Store

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "investigation"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SLICE = ("empty,database=sqlite-memory", "healthy-3,database=sqlite-name", "healthy-3-data,database=sqlite-name")

REST = f"django=5.2,mode=plain,pytest=9,pytest-django=4.11.1,python={PYTHON}"


@pytest.fixture
def scenarios(checkout):
    """A checkout with the investigation's matrix, on the Python that runs the tests."""
    text = (FOLDER / "matrix.toml").read_text(encoding="utf-8")
    text = re.sub(r'"(\.\./\.\./harness|overlays)/', lambda found: f'"{FOLDER}/{found[1]}/', text)
    return checkout.matrix(text.replace('python = ["3.12"]', f'python = ["{PYTHON}"]'))


def test_a_slice_comes_to_what_is_committed(scenarios, monkeypatch: pytest.MonkeyPatch) -> None:
    """The empty tree fails; attempt 3 writes into the project's own file, and an account in it is gone."""
    monkeypatch.syspath_prepend(ROOT)
    rows = importlib.import_module("docs.investigation.rows")
    cells = [word for part in SLICE for word in ("--cell", f"canary={part},{REST}")]

    ran = scenarios.run(*cells, "--control", "never", "--strict", "--json")

    assert ran.code == 0, ran.err
    spec = config.load(scenarios.folder / "matrix.toml", today=dt.date(2026, 11, 15))
    with Store.open(scenarios.folder / ".harness" / "store.sqlite") as store:
        found = rows.export(store.records(1), (), spec, as_of="2026-11-15")
    committed = rows.loads((FOLDER / "records.json").read_text(encoding="utf-8"))
    assert len(found.rows) == len(SLICE)
    assert set(found.rows) <= set(committed.rows)


def test_show_tells_that_the_real_file_changed(scenarios) -> None:
    """The file by its name, what was in it before and what is after."""
    cell = f"canary={SLICE[-1]},{REST}"
    scenarios.run("--cell", cell, "--control", "never")

    shown = scenarios.harness("show", cell)

    assert shown.code == 0, shown.err
    assert re.search(r"the real file \S+ CHANGED, though it is no test database: \d+ tables with \d+ rows", shown.out)
    assert "NO test database: the project's own" in shown.out
