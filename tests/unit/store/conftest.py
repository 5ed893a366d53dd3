"""A store on disk, and attempts to put into it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.model.cell import Cell
from harness.model.record import Attempt, Ended, Purpose, Runner, Timings
from harness.store import Store

NOW = dt.datetime(2026, 8, 10, 12, tzinfo=dt.UTC)


@pytest.fixture
def now() -> dt.datetime:
    """A moment."""
    return NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store lies; its folder is not there yet."""
    return tmp_path / "state" / "store.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An empty store."""
    with Store.open(path) as opened:
        yield opened


@pytest.fixture
def cells() -> tuple[Cell, ...]:
    """Three cells."""
    return tuple(Cell.of({"django": version, "mode": "migrations"}) for version in ("4.2", "5.2", "6.0"))


@pytest.fixture
def begin(store: Store, cells: tuple[Cell, ...]) -> Callable[..., int]:
    """Returns a function that begins a run with all of the cells planned."""

    def start(started: dt.datetime = NOW, **fields: Any) -> int:
        run = store.begin_run(started=started, matrix_digest="digest", **fields)
        store.plan_cells(run, [(cell, (("django", f"{cell['django']}.1"),), None) for cell in cells])
        return run

    return start


@pytest.fixture
def make_attempt() -> Callable[..., Attempt]:
    """Returns a builder of attempts; keywords replace fields."""

    def build(cell: Cell, **fields: Any) -> Attempt:
        defaults: dict[str, Any] = {
            "run_key": f"key of {cell.id}",
            "cell_id": cell.id,
            "exact": (("django", "5.2.1"),),
            "runner": Runner.PYTEST,
            "purpose": Purpose.MATRIX,
            "started_at": NOW,
            "ended": Ended.EXITED,
            "exit_code": 0,
            "timings": Timings(test_s=2.5),
            "lock_hash": "lock",
        }
        return Attempt(**(defaults | fields))

    return build


@pytest.fixture
def evidence_file() -> bytes:
    """What a probe wrote, with a line that JSON allows and str.splitlines would break."""
    events: list[dict[str, Any]] = [
        {
            "e": "hello",
            "protocol": 1,
            "probe": "p",
            "pid": 1,
            "worker": "",
            "run": 1,
            "runner": "r",
            "python": "3.12.1",
            "sqlite": "3",
        },
        {"e": "test", "id": "t\u2028[ü]", "outcome": "passed"},
        {"e": "bye", "exit_status": 0},
    ]
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events).encode()
