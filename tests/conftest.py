"""Stores filled with made-up records, which reports and pages are made of without running anything; a browser."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from harness.model.cell import Cell
from harness.model.plan import Axis, Coverage, LeftOut, Nogood, PlanSummary, Value, Why
from harness.model.record import Attempt, Ended, Purpose, Runner, Timings
from harness.model.spec import Strength
from harness.store.store import Store

settings.register_profile("shared", deadline=None)  # an example's time says nothing on a shared machine
settings.load_profile("shared")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ROOT = Path(__file__).resolve().parents[1]
NOW = dt.datetime(2026, 8, 1, 9, 30, tzinfo=dt.UTC)
AXES: Mapping[str, Sequence[str]] = {
    "python": ("3.12", "3.13"),
    "django": ("5.1", "5.2", "6.0"),
    "pytest-django": ("4.12", "4.13"),
    "pytest": ("9",),
    "database": ("sqlite-memory",),
    "canary": ("minimal",),
    "mode": ("migrations",),
}
EXPECT = """
[[expect]]
when = { pytest-django = "==4.13.0", django = "<5.2" }
reason = "AttributeError on every test that asks for the database"
issue = "pytest-dev/pytest-django#1303"
"""
MESSAGES = {"fail": "no such table: users", "other": "database is locked", "flaky": "connection reset"}
SQLITE = "3.45.1"


@dataclass(kw_only=True)
class MadeUp:
    """A folder with a matrix and a store; `run` adds runs to it, of cells that end as *state_of* says.

    States are those of cells, ``other`` for another failure, ``none`` for a cell without an answer.
    """

    folder: Path
    axes: Mapping[str, Sequence[str]] = field(default_factory=lambda: AXES)
    tests: int = 3
    more: str = EXPECT
    words: Mapping[str, str] = field(default_factory=dict)  # what a cell says: test, message, trace, log
    product: Sequence[Cell] = ()

    def __post_init__(self) -> None:
        (self.folder / ".harness" / "logs").mkdir(parents=True)
        (self.folder / "matrix.toml").write_text(self.matrix, encoding="utf-8")
        self.product = tuple(
            Cell.of(zip(self.axes, values, strict=True)) for values in itertools.product(*self.axes.values())
        )

    @property
    def matrix(self) -> str:
        """The matrix file."""
        lines = ["[matrix]", *(f"{axis} = {json.dumps(list(values))}" for axis, values in self.axes.items())]
        for name in self.axes["canary"]:
            path = json.dumps(str(ROOT / "harness" / "canaries" / "minimal"))
            lines += [f"[canary.{json.dumps(name)}]", f"path = {path}", 'settings = "settings"']
        for name in self.axes["database"]:
            engine, _, version = name.partition("-")
            if engine == "postgres":
                lines += [f"[database.{name}]", 'engine = "postgresql"', f'version = "{version}"']
        return "\n".join(lines) + f"\n{self.more}"

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder / ".harness" / "store.sqlite"

    def run(
        self,
        state_of: Callable[[Cell], str] = lambda _: "pass",
        *,
        cells: Sequence[Cell] | None = None,
        is_finished: bool = True,
        neighbours: Sequence[tuple[Cell, str]] = (),
        left_out: Sequence[Nogood] = (),
        hours: float = 0,
        moved: Mapping[str, str] | None = None,
    ) -> int:
        """Record a run; *moved* names packages that have another version in it."""
        cells = self.product if cells is None else cells
        started = NOW + dt.timedelta(hours=hours)
        with Store.open(self.store) as store:
            run = store.begin_run(
                started=started, matrix_digest="made up", as_of=started, harness_version="0.1.0", platform="Linux"
            )
            store.keep_plan(run, self._plan(cells, left_out))
            states = {cell: state_of(cell) for cell in cells}
            store.plan_cells(run, [(cell, self.exact(cell), _untestable(cell, states[cell])) for cell in cells])
            for cell in cells:
                self._record(store, run, cell, states[cell], started, Purpose.MATRIX, moved or {})
            for cell, state in neighbours:
                store.plan_cells(run, [(cell, self.exact(cell), None)], purpose=Purpose.DIAGNOSTIC)
                self._record(store, run, cell, state, started, Purpose.DIAGNOSTIC, moved or {})
            if is_finished:
                store.finish_run(run, self._exit_code(states), finished=started + dt.timedelta(minutes=3))
        return run

    def reuse(self, earlier: int, *, hours: float = 0) -> int:
        """Record a run that takes every answer from an earlier one."""
        started = NOW + dt.timedelta(hours=hours)
        with Store.open(self.store) as store:
            run = store.begin_run(started=started, matrix_digest="made up", as_of=started)
            attempts = store.attempts_of(earlier)
            for cell_id, purpose in store.purposes(earlier):
                cell = Cell.parse(cell_id)
                store.plan_cells(run, [(cell, self.exact(cell), None)], purpose=purpose)
                for number in attempts.get(cell_id, ()):
                    store.reuse(run, number, cell)
            store.finish_run(run, 0, finished=started)
        return run

    def exact(self, cell: Cell) -> tuple[tuple[str, str], ...]:
        """Exact versions: ``.0`` behind each package's, ``.4`` behind Python's."""
        versions = {axis: value if value.count(".") > 1 else f"{value}.0" for axis, value in cell.packages()}
        return tuple(sorted({**versions, "python": f"{cell['python']}.4"}.items()))

    def _exit_code(self, states: Mapping[Cell, str]) -> int:
        is_known = {cell: cell["pytest-django"] == "4.13" and cell["django"] in ("4.2", "5.1") for cell in states}
        failing = [cell for cell, state in states.items() if state in ("fail", "other", "timeout", "crash")]
        if any(not (self.more == EXPECT and is_known[cell] and states[cell] != "timeout") for cell in failing):
            return 1
        return 10 if {"error", "none"} & set(states.values()) else 0

    def _plan(self, cells: Sequence[Cell], left_out: Sequence[Nogood]) -> PlanSummary:
        exact = {pair: version for cell in self.product for pair, version in self._pairs(cell)}
        axes = tuple(
            Axis(
                name=axis, values=tuple(Value(requested=value, exact=exact.get((axis, value), "")) for value in values)
            )
            for axis, values in self.axes.items()
        )
        return PlanSummary(
            axes=axes,
            left_out=tuple(
                LeftOut(nogood=nogood, cells=sum(nogood.covers(cell) for cell in self.product)) for nogood in left_out
            ),
            coverage=Coverage(strength=Strength.PAIRS, covered=len(cells), feasible=len(cells)),
            product=len(self.product),
            strict=False,
            absent=(),
        )

    def _pairs(self, cell: Cell) -> Iterator[tuple[tuple[str, str], str]]:
        exact = dict(self.exact(cell))
        return (((axis, value), exact.get(axis, "")) for axis, value in cell.values)

    def _record(
        self,
        store: Store,
        run: int,
        cell: Cell,
        state: str,
        started: dt.datetime,
        purpose: Purpose,
        moved: Mapping[str, str],
    ) -> None:
        if state in ("none", "unsupported", "unresolvable"):
            return
        for number, one in enumerate(("flaky", "pass") if state == "flaky" else (state,), 1):
            attempt = self._attempt(run, cell, one, number, started, purpose)
            (self.folder / ".harness" / "logs" / attempt.log).write_text(self.words.get("log", "a log\n"))
            store.add(run, attempt, [] if one == "error" else [self._evidence(cell, one, moved)])

    def _attempt(
        self, run: int, cell: Cell, state: str, number: int, started: dt.datetime, purpose: Purpose
    ) -> Attempt:
        ends = {
            "timeout": (Ended.TIMED_OUT, None, "300 s were not enough"),
            "crash": (Ended.SIGNALLED, -11, ""),
            "error": (Ended.INFRASTRUCTURE, None, "the server did not start"),
            "pass": (Ended.EXITED, 0, ""),
        }
        ended, code, message = ends.get(state, (Ended.EXITED, 1, ""))
        is_sqlite = cell["database"].startswith("sqlite")
        return Attempt(
            run_key=f"{run}-{cell.id}-{number}",
            cell_id=cell.id,
            exact=self.exact(cell),
            runner=Runner.PYTEST,
            purpose=purpose,
            number=number,
            started_at=started,
            ended=ended,
            exit_code=code,
            message=message,
            timings=Timings(environment_s=0.1, copy_s=0.05, test_s=2.5),
            lock_hash="0123456789abcdef",
            interpreter=f"CPython {cell['python']}.4",
            platform="linux-x86_64",
            provider="sqlite" if is_sqlite else "embedded",
            server_source="interpreter" if is_sqlite else "wheel",
            server_version="" if is_sqlite else f"{cell['database'].partition('-')[2]}.2",
            log=f"{run}-{abs(hash((cell.id, number)))}.log",
        )

    def _evidence(self, cell: Cell, state: str, moved: Mapping[str, str]) -> bytes:
        """What the probe would have written."""
        exact = {name: version for name, version in self.exact(cell) if name != "python"} | {"sqlparse": "0.5.0"}
        packages = [{"name": n, "version": moved.get(n, v), "path": f"site-packages/{n}"} for n, v in exact.items()]
        tables = [f"app_{number}" for number in range(5)]
        is_sqlite = cell["database"].startswith("sqlite")
        database = {
            "alias": "default",
            "vendor": "sqlite" if is_sqlite else "postgresql",
            "name": ":memory:" if cell["database"] == "sqlite-memory" else "/tmp/test_default.sqlite3",
            "version": SQLITE if is_sqlite else f"{cell['database'].partition('-')[2]}.2",
            "expected": tables,
            "real": tables,
            "applied": ["app.0001_initial"],
            "created": 5,
        }
        hello = {"protocol": 1, "probe": "0" * 16, "pid": 100, "worker": "", "run": 1, "runner": "pytest-django"}
        events: list[dict[str, Any]] = [
            {"e": "hello", **hello, "python": f"{cell['python']}.4", "sqlite": SQLITE},
            {"e": "pytest", "ini_file": "pytest.ini", "root_dir": "."},
            {"e": "imported", "packages": packages},
            {"e": "settings", "module": "settings", "chosen_by": "env"},
            {"e": "collected", "count": self.tests},
            {"e": "set-up", "by": "django_db_setup at pytest_django/fixtures.py:162"},
            {"e": "database", **database},
        ]
        for number in range(self.tests):
            events += self._test(number, state if number == self.tests - 1 else "pass")
        if state not in ("timeout", "crash"):
            events.append({"e": "bye", "exit_status": int(state != "pass")})
        return "".join(json.dumps(event) + "\n" for event in events).encode()

    def _test(self, number: int, state: str) -> Iterator[dict[str, Any]]:
        name = f"tests/test_module_{number % 5}.py::test_number_{number}"
        if state in MESSAGES:
            name += self.words.get("test", "")
        yield {"e": "start", "id": name}
        if state in ("timeout", "crash"):
            return
        result: dict[str, Any] = {"outcome": "passed", "phase": "call", "duration_s": 0.0123}
        if state in MESSAGES:
            frames = [{"file": "django/db/backends/utils.py", "line": 7, "function": "execute", "origin": "django"}]
            failure = {
                "type": "django.db.utils.OperationalError",
                "message": MESSAGES[state] + self.words.get("message", ""),
                "trace": self.words.get("trace", "    line of a trace\n" * 12),
                "frames": frames,
            }
            result |= {"outcome": "failed", "failure": failure}
        yield {"e": "test", "id": name, **result}


def _untestable(cell: Cell, state: str) -> Nogood | None:
    whys = {"unsupported": Why.SERVER_UNSUPPORTED, "unresolvable": Why.UNRESOLVABLE}
    if state not in whys:
        return None
    return Nogood(values=cell.values, why=whys[state], detail=f"{state}: no version fits")


@pytest.fixture(scope="session")
def make_store() -> Callable[..., MadeUp]:
    """Returns a builder of folders with a made-up store: ``make_store(folder)``; keywords are fields of `MadeUp`."""

    def build(folder: Path, **fields: Any) -> MadeUp:
        folder.mkdir(parents=True, exist_ok=True)
        return MadeUp(folder=folder, **fields)

    return build


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium as the system has it; where there is none the test is skipped, in CI that is a failure."""
    from playwright.sync_api import sync_playwright  # heavy, and few tests look at pages

    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        refuse = pytest.fail if os.environ.get("HARNESS_REQUIRE_BROWSER") == "1" else pytest.skip
        refuse("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # root cannot have one
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()
