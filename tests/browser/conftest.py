"""Sites to look at with a browser, from a folder on disk and from a server on loopback."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from harness.analysis.dashboard import Dashboard
from harness.cli import request as requests
from harness.model.cell import Cell
from harness.report.publish import publish
from harness.report.site.build import site
from harness.workflow.dashboard import open_dashboard

BIG_AXES = {
    "python": ("3.11", "3.12", "3.13"),
    "django": ("4.2", "5.1", "5.2", "6.0", "6.1"),
    "pytest-django": ("4.11.1", "4.12", "4.13", "4.14"),
    "pytest": ("8", "9"),
    "database": ("sqlite-memory", "sqlite-file", "postgres-15", "postgres-16", "postgres-17"),
    "canary": ("minimal", "seed", "data", "tenants", "multi_db"),
    "mode": ("migrations",),
}


@pytest.fixture(scope="session")
def big_axes() -> dict[str, tuple[str, ...]]:
    """Axes of 3,000 cells."""
    return BIG_AXES


@dataclass(kw_only=True)
class Site:
    """A built site and what it was built of."""

    folder: Path
    board: Dashboard
    url: str  # where it is served

    def at(self, page: str, *, served: bool = False) -> str:
        """The address of a page."""
        return f"{self.url}/{page}" if served else f"file://{self.folder}/{page}"


@pytest.fixture(scope="session")
def build_site() -> Iterator[Callable[[Any], Site]]:
    """Returns a function that builds the site of a made-up store, and serves it on loopback."""
    servers: list[ThreadingHTTPServer] = []

    def build(made_up: Any) -> Site:
        spec, place = requests.load(made_up.folder / "matrix.toml")
        folder = made_up.folder / "site"
        with open_dashboard(spec, place, run=None, command="harness", tail="") as board:
            publish(folder, site(board))
        handler = functools.partial(Quiet, directory=str(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return Site(folder=folder, board=board, url=f"http://127.0.0.1:{server.server_port}")

    yield build
    for server in servers:
        server.shutdown()
        server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """A server that says nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Say nothing."""


@dataclass(kw_only=True)
class Reader:
    """A person at a browser: pages, with whatever they complained of or asked for elsewhere."""

    context: BrowserContext
    complaints: list[str]

    def open(self, address: str) -> Page:
        """Open a page."""
        page = self.context.new_page()
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        return page


@pytest.fixture
def make_reader(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Returns a builder of readers; keywords go to the browser's context. Whatever leaves the page is a complaint."""
    contexts: list[BrowserContext] = []

    def build(**options: Any) -> Reader:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        reader = Reader(context=context, complaints=[])

        def watch(route: Route) -> None:
            if not route.request.url.startswith(("file://", "http://127.0.0.1:", "data:")):
                reader.complaints.append(f"asks for {route.request.url}")
            route.continue_()

        context.route("**/*", watch)
        return reader

    yield build
    for context in contexts:
        context.close()


@pytest.fixture
def reader(make_reader: Callable[..., Reader]) -> Iterator[Reader]:
    """A reader whose pages must not complain."""
    made = make_reader()
    yield made
    assert made.complaints == []


def known_failure(cell: Cell) -> str:
    """The state of a cell of the known regression, and a few others, for colour."""
    if cell["pytest-django"] == "4.13" and cell["django"] in ("4.2", "5.1"):
        return "fail"
    return "pass"


@pytest.fixture(scope="session")
def mixed(
    make_store: Callable[..., Any], build_site: Callable[[Any], Site], tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """Sixty cells in every state there is, three runs, a neighbour, one cell that only the first run has."""
    axes = {**BIG_AXES, "python": ("3.12",), "pytest": ("9",), "canary": ("minimal",), "mode": ("migrations", "plain")}
    axes["database"] = ("sqlite-memory", "postgres-17")
    made_up = make_store(tmp_path_factory.mktemp("mixed"), axes=axes)
    odd = ["other", "error", "timeout", "crash", "flaky", "unsupported", "unresolvable", "none"]
    by_state = dict(zip([cell for cell in made_up.product if known_failure(cell) == "pass"][1::5], odd, strict=False))
    made_up.run(known_failure)
    made_up.run(
        lambda cell: "pass" if by_state.get(cell) == "other" else known_failure(cell),
        cells=made_up.product[:-3],
        hours=24,
        moved={"sqlparse": "0.4.9"},
    )
    made_up.run(
        lambda cell: by_state.get(cell) or known_failure(cell),
        cells=made_up.product[:-2],
        hours=48,
        neighbours=[(made_up.product[-1], "pass")],
    )
    return build_site(made_up)


@pytest.fixture(scope="session")
def expected_rows(mixed: Site) -> int:
    """The cells of the last run."""
    return mixed.board.report.summary.counts.cells
