"""Checkouts with a matrix of their own, on which the harness runs as a program: real uv, real environments.

One cache serves all tests of a session, whatever worker they run on, so that their one environment is made once.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import harness

ROOT = Path(__file__).resolve().parents[2]
CANARIES = (ROOT / "tests" / "canaries", ROOT / "harness" / "canaries")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PACKAGES = {"django": ["5.2"], "pytest-django": ["4.12"], "pytest": ["9"]}
AS_OF = "2026-05-01T00:00:00Z"
TIMEOUT_S = 150


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How one command of the harness ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on its standard output."""
        return json.loads(self.out)

    def cell(self, part: str) -> dict[str, Any]:
        """The one cell of the document whose id holds *part*."""
        (found,) = [cell for cell in self.document["cells"] if part in cell["id"]]
        return found

    def states(self) -> dict[str, int]:
        """The states that occur, with their numbers."""
        return {state: count for state, count in self.document["states"] if count}


@dataclass(kw_only=True)
class Started:
    """A command of the harness under way."""

    popen: subprocess.Popen[bytes]
    out: Path
    err: Path
    begun: float

    def until(self, is_so: Callable[[], Any], *, timeout_s: float = 60) -> Any:
        """Wait until *is_so* says something true while the command runs; return that."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if found := is_so():
                return found
            assert self.popen.poll() is None, f"ended too early with {self.popen.returncode}: {self.err.read_text()}"
            time.sleep(0.02)
        raise AssertionError(f"did not come in {timeout_s} s: {self.err.read_text()}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal as a terminal does: to the process group."""
        os.killpg(self.popen.pid, number)

    def end(self, timeout_s: float = TIMEOUT_S) -> Ran:
        """Wait for its end."""
        try:
            code = self.popen.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            pytest.fail(f"still running after {timeout_s} s: {self.err.read_text()[-3000:]}")
        return Ran(
            code=code,
            out=self.out.read_text(encoding="utf-8"),
            err=self.err.read_text(encoding="utf-8"),
            seconds=time.monotonic() - self.begun,
        )

    def descendants(self) -> set[int]:
        """The processes that it has started, and those they have."""
        return descendants(self.popen.pid)


@dataclass(kw_only=True)
class Checkout:
    """A folder with a `matrix.toml`, and how to run the harness in it."""

    folder: Path
    environ: dict[str, str]
    started: list[Started] = field(default_factory=list)

    def matrix(self, text: str) -> Checkout:
        """Write the matrix file."""
        (self.folder / "matrix.toml").write_text(text, encoding="utf-8")
        return self

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> Started:
        """Start ``python -m harness`` *arguments* in a process group of its own."""
        number = len(self.started)
        out, err = self.folder / f"out-{number}", self.folder / f"err-{number}"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            popen = subprocess.Popen(
                [sys.executable, "-m", "harness", *arguments],
                cwd=self.folder,
                env=self.environ | dict(env or {}),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        self.started.append(Started(popen=popen, out=out, err=err, begun=time.monotonic()))
        return self.started[-1]

    def harness(self, *arguments: str, env: Mapping[str, str] | None = None, timeout_s: float = TIMEOUT_S) -> Ran:
        """Run ``python -m harness`` *arguments* to its end."""
        return self.start(*arguments, env=env).end(timeout_s)

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, timeout_s: float = TIMEOUT_S) -> Ran:
        """Run the main job to its end."""
        return self.harness("run", *arguments, env=env, timeout_s=timeout_s)

    @property
    def scratch(self) -> Path:
        """Where its temporary files lie."""
        return Path(self.environ["TMPDIR"])

    def ledgers(self) -> list[Path]:
        """The lists of what running harnesses have started."""
        return sorted((Path(self.environ["HARNESS_CACHE_DIR"]) / "ledger").glob("*.jsonl"))

    def logs(self) -> list[Path]:
        """The cells' logs."""
        return sorted((self.folder / ".harness" / "logs").glob("*.log"))


def descendants(pid: int) -> set[int]:
    """Return every process below *pid*."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, frontier = set[int](), {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier} - found
        found |= frontier
    return found


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "cells"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def once(shared_folder: Path) -> Callable[[str, Callable[[], dict[str, Any]]], dict[str, Any]]:
    """Returns a function that makes something once per session: the first worker does, the others read what it made."""

    def make(name: str, build: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        path = shared_folder / f"{name}.json"
        with FileLock(f"{path}.lock", timeout=300):
            if not path.exists():
                path.write_text(json.dumps(build()), encoding="utf-8")
            return json.loads(path.read_text(encoding="utf-8"))

    return make


@pytest.fixture(scope="session")
def environ(shared_folder: Path) -> dict[str, str]:
    """The environment of the harness under test: this session's cache, this interpreter on PATH, no colour."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PYTEST_", "HARNESS_", "COV_", "DJANGO_", "VIRTUAL_ENV"))
    }
    return kept | {
        "HARNESS_CACHE_DIR": str(shared_folder / "cache"),
        "PATH": f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": str(Path(harness.__file__).parents[1]),
        "PYTHONWARNINGS": "",
    }


@pytest.fixture(scope="session")
def pythons(shared_folder: Path) -> Callable[[str], Any]:
    """Returns a function that gives a stack's environment ("django60", "django61"), made once for all workers."""
    cases = importlib.import_module("benchmarks.cases")

    def make(stack: str) -> Any:
        with FileLock(shared_folder / "stacks.lock", timeout=300):
            folder = shared_folder / "stacks"
            if not (folder / "ready").exists():
                cases.made(folder)
                (folder / "ready").touch()
        number = ("django60", "django61").index(stack)
        return cases.Stack(python=folder / f"environment{number}" / "bin" / "python", django=stack[-2:], title=stack)

    return make


@pytest.fixture(scope="session")
def server() -> Iterator[Callable[[], Mapping[str, str]]]:
    """Returns a function that gives the variables that lead to a PostgreSQL with the cases' roles, once asked."""
    cases = importlib.import_module("benchmarks.cases")
    started: list[Mapping[str, str]] = []
    with contextlib.ExitStack() as stack:

        def variables() -> Mapping[str, str]:
            if not started:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harness-cases-")))
                folder.chmod(0o711)
                started.append(stack.enter_context(cases.postgresql(folder)))
            return started[0]

        yield variables


@pytest.fixture
def make_checkout(tmp_path: Path, environ: dict[str, str]) -> Iterator[Callable[..., Checkout]]:
    """Returns a builder of checkouts; keywords are variables of the environment. What still runs is ended."""
    made: list[Checkout] = []

    def build(**variables: str) -> Checkout:
        folder = tmp_path / f"checkout-{len(made)}"
        folder.mkdir()
        # not below tmp_path, which is ours alone: a server may run as another user
        scratch = tempfile.mkdtemp(prefix="harness-test-")
        Path(scratch).chmod(0o711)
        made.append(Checkout(folder=folder, environ=environ | {"TMPDIR": scratch} | variables))
        return made[-1]

    yield build
    for checkout in made:
        for started in checkout.started:
            if started.popen.poll() is None:
                started.popen.kill()
                started.popen.wait()
        shutil.rmtree(checkout.scratch, ignore_errors=True)


@pytest.fixture(scope="session")
def checkout_type() -> type[Checkout]:
    """The type of checkouts, for those that outlive a test."""
    return Checkout


@pytest.fixture
def checkout(make_checkout: Callable[..., Checkout]) -> Checkout:
    """One checkout, its matrix not yet written."""
    return make_checkout()


@pytest.fixture(scope="session")
def matrix() -> Callable[..., str]:
    """Returns a builder of small matrices; keywords replace axes, *canary* names them, *more* is appended."""

    def build(
        *canary: str,
        database: tuple[str, ...] = ("sqlite-memory",),
        mode: tuple[str, ...] = ("migrations",),
        python: tuple[str, ...] = (PYTHON,),
        packages: Mapping[str, list[str]] = PACKAGES,
        run: str = "",
        timeouts: str = "",
        canary_more: str = "",
        more: str = "",
    ) -> str:
        canary = canary or ("minimal",)
        axes = {"python": python, **packages, "database": database, "canary": canary, "mode": mode}
        lines = ["[matrix]", *(f"{name} = {json.dumps(list(values))}" for name, values in axes.items())]
        for name in canary:
            lines += ["", f"[canary.{name}]", f'path = "{canary_folder(name)}"', 'settings = "settings"', canary_more]
        if any(name.startswith("postgres") for name in database):
            lines.append(POSTGRES)
        lines += ["", "[run]", f"as_of = {AS_OF}", run, "", "[run.timeouts]", timeouts, "", more]
        return "\n".join(lines)

    return build


POSTGRES = """
[database.postgres-17]
engine = "postgresql"
version = "17"
providers = ["embedded"]
"""


def canary_folder(name: str) -> Path:
    """Return the folder of a canary: a planted one of the tests, or one of the harness's own."""
    return next(folder / name for folder in CANARIES if (folder / name).is_dir())


@pytest.fixture(scope="session")
def find_canary() -> Callable[[str], Path]:
    """Returns a function from a canary's name to its folder."""
    return canary_folder


@pytest.fixture(scope="session")
def python_minor() -> str:
    """The value of the `python` axis that stands for this interpreter."""
    return PYTHON


@pytest.fixture(scope="session")
def find_descendants() -> Callable[[int], set[int]]:
    """Returns a function from a process to those below it."""
    return descendants


@pytest.fixture
def needs_docker() -> None:
    """Skips the test where no Docker engine answers; in CI that is a failure."""
    import docker

    try:
        client = docker.from_env(timeout=10)
        client.ping()
        client.close()
    except docker.errors.DockerException as error:
        (pytest.fail if os.environ.get("HARNESS_REQUIRE_DOCKER") == "1" else pytest.skip)(f"no Docker engine: {error}")
