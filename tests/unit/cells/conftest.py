"""Builders of what a cell is made of, and servers that only say that they run."""

from __future__ import annotations

import contextlib
import platform
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.cells.job import Job
from harness.errors import Infrastructure
from harness.model.cell import Cell
from harness.model.package import Interpreter, Lock, Pin
from harness.model.server import DjangoDatabases, ServerIdentity
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, ProviderName


@pytest.fixture
def interpreter() -> Interpreter:
    """The Python that runs the tests."""
    return Interpreter(
        path=sys.executable,
        version=platform.python_version(),
        implementation="CPython",
        build="0123456789abcdef",
        platform="linux-x86_64",
        sqlite_version=sqlite3.sqlite_version,
    )


@pytest.fixture
def make_job(interpreter: Interpreter, tmp_path: Path) -> Callable[..., Job]:
    """Returns a builder of jobs; keywords replace fields."""

    def build(**fields: Any) -> Job:
        defaults: dict[str, Any] = {
            "cell": Cell.parse("canary=seed,database=sqlite-memory,django=6.0,mode=migrations,python=3.12"),
            "exact": (("django", "6.0.2"), ("python", "3.12.1")),
            "lock": Lock(
                pins=(
                    Pin(name="django", version="6.0.2", hashes=("sha256:aa",)),
                    Pin(name="pytest", version="9.0.2", hashes=("sha256:bb",)),
                )
            ),
            "interpreter": interpreter,
            "database": DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE, version="memory"),
            "server": ServerIdentity(provider=ProviderName.SQLITE, source="interpreter", version="memory"),
            "canary": CanarySpec(name="seed", path=tmp_path / "seed", settings="config.settings"),
            "canary_hash": "feedfacefeedface",
        }
        return Job(**(defaults | fields))

    return build


@dataclass(eq=False)
class FakeServer:
    """A server that runs nowhere; see `harness.model.server.Server`."""

    identity: ServerIdentity
    number: int
    version: str = "17.5"
    is_up: bool = True
    is_removed: bool = False

    def is_alive(self) -> bool:
        """As the test says."""
        return self.is_up

    def log_tail(self) -> str:
        """Words that a message can be recognised by, for as long as it is not removed."""
        return "" if self.is_removed else f"last words of server {self.number}"

    @contextlib.contextmanager
    def lease(self, label: str, aliases: tuple[str, ...]) -> Iterator[DjangoDatabases]:
        """Databases in memory."""
        engine = "django.db.backends.sqlite3"
        secret = {"PASSWORD": "only-this-cell-knows"}
        yield {alias: {"ENGINE": engine, "NAME": ":memory:", "TEST": {}, **secret} for alias in aliases}


@dataclass
class FakeOffer:
    """Starts servers that run nowhere, and counts them; see `harness.model.server.Offer`.

    *failures* are raised by the first starts, one each; a start waits for *gate*; *trouble* is raised by each stop.
    """

    identity: ServerIdentity
    failures: list[Exception] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    starts: int = 0
    timeouts: list[float] = field(default_factory=list)
    started: list[FakeServer] = field(default_factory=list)
    stopped: list[FakeServer] = field(default_factory=list)
    trouble: Exception | None = None

    @contextlib.contextmanager
    def start(self, *, timeout_s: float) -> Iterator[FakeServer]:
        """Start one, if it is not to fail."""
        self.starts += 1
        self.timeouts.append(timeout_s)
        assert self.gate.wait(30), "nobody opened the gate"
        if self.failures:
            raise self.failures.pop(0)
        server = FakeServer(identity=self.identity, number=self.starts)
        self.started.append(server)
        yield server
        # not in a `finally`: a server that was only forgotten, and found by the garbage collector, was not stopped
        self.stopped.append(server)
        server.is_removed = True
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture
def make_offer() -> Callable[..., FakeOffer]:
    """Returns a builder of offers; words are errors that the first starts end in."""

    def build(*failures: str, is_open: bool = True) -> FakeOffer:
        identity = ServerIdentity(provider=ProviderName.EMBEDDED, source="wheel", version="17.5")
        offer = FakeOffer(identity=identity, failures=[Infrastructure(words) for words in failures])
        if is_open:
            offer.gate.set()
        return offer

    return build
