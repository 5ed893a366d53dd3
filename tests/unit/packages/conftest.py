"""Values that several tests of this room need."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.model.package import Interpreter, Release

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def noon() -> dt.datetime:
    """One moment."""
    return NOON


@pytest.fixture
def release() -> Callable[..., Release]:
    """Build a release: a pure wheel unless said otherwise."""

    def build(version: str, *, name: str = "django", **more: Any) -> Release:
        return Release(name=name, version=version, **({"wheel_tags": ("py3-none-any",)} | more))

    return build


@pytest.fixture
def interpreter() -> Callable[..., Interpreter]:
    """Build an interpreter that nobody has to have."""

    def build(version: str, *, path: str = "", tags: tuple[str, ...] = ("py3-none-any",)) -> Interpreter:
        return Interpreter(
            path=path or f"/nowhere/{version}/python",
            version=version,
            implementation="CPython",
            build="b" * 16,
            platform="linux-x86_64",
            sqlite_version="3.40.1",
            tags=tags,
        )

    return build


class FakeIndex:
    """A package index on this machine: real HTTP, made-up packages."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, str]] = {}
        self.requests: list[str] = []
        self.status = 200
        self.address = ""

    def add_json(self, name: str, files: list[dict[str, Any]]) -> None:
        """Serve a project as PEP 691 says."""
        body = {"meta": {"api-version": "1.1"}, "name": name, "files": files, "versions": []}
        self.pages[name] = ("application/vnd.pypi.simple.v1+json", json.dumps(body))

    def add_html(self, name: str, lines: str) -> None:
        """Serve a project as PEP 503 says."""
        self.pages[name] = ("text/html", f"<!DOCTYPE html><html><body>{lines}</body></html>")


@pytest.fixture
def fake_index() -> Iterator[FakeIndex]:
    """Serve an index for one test."""
    fake = FakeIndex()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rstrip("/").rpartition("/")[2]
            fake.requests.append(name)
            kind, body = fake.pages.get(name, ("text/plain", "none"))
            status = fake.status if fake.status != 200 else (200 if name in fake.pages else 404)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    fake.address = f"http://127.0.0.1:{server.server_port}/simple"
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()
