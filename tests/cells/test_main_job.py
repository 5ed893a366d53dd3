"""The main job on real input: this repository's own matrix, as `nox -s matrix` runs it."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MATRIX = (ROOT / "matrix.toml").read_text(encoding="utf-8")
ISSUE = "pytest-dev/pytest-django#1303"
OPTIONS = ("--json", "--no-python-downloads", "--as-of", "2026-11-20")
LONG_S = 900
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def own(checkout):
    """A checkout of the repository's matrix with its canaries."""
    shutil.copytree(
        ROOT / "harness" / "canaries",
        checkout.folder / "harness" / "canaries",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return checkout.matrix(MATRIX)


def test_the_repositorys_matrix(own, request) -> None:
    """It ends 0 with the 4.13.0 regression found, expected and blamed on pytest-django; undeclared it ends 1, without
    a cell being run; unchanged, nothing is run."""
    first = own.run(*OPTIONS, timeout_s=LONG_S)
    assert first.code == 0, first.err[-3000:] + first.out[-3000:]
    document = first.document
    assert set(first.states()) <= {"pass", "fail"}
    assert document["coverage"]["covered"] + len(document["coverage"]["missing"]) == document["coverage"]["feasible"]
    (group,) = document["groups"]
    assert (group["is_expected"], group["issue"], group["blame"]) == (True, ISSUE, "pytest-django")
    assert "Django's own runner passes" in group["why"]
    assert "4.12.0" in group["why"]
    assert all("pytest-django=4.13" in cell for cell in group["cells"])
    _covers_docker(document)

    _has_a_dashboard(own, document, request)
    again = own.run(*OPTIONS)
    assert (again.code, again.document["ran"]) == (0, 0)
    assert again.document["states"] == document["states"]

    own.matrix(MATRIX[: MATRIX.index("[[expect]]")])
    undeclared = own.run(*OPTIONS)
    assert (undeclared.code, undeclared.document["ran"]) == (1, 0)
    (group,) = undeclared.document["groups"]
    assert (group["is_expected"], group["blame"]) == (False, "pytest-django")


def _has_a_dashboard(own, document, request) -> None:
    """Its site is built, every page of it works, and a browser counts the cells that the run counted."""
    built = own.harness("report", "--html", "site")
    assert built.code == 0, built.err
    site = own.folder / "site"
    assert "as declared" in (site / "index.html").read_text(encoding="utf-8")
    if os.environ.get("HARNESS_REQUIRE_BROWSER") != "1" and not any(map(shutil.which, CHROMIUM)):
        return
    page = request.getfixturevalue("browser").new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in sorted(site.glob("*.html")):
        page.goto(f"file://{path}")
    for state, count in document["states"]:
        page.goto("about:blank")
        page.goto(f"file://{site}/matrix.html#q=state:{state}")
        assert page.locator("#rows tbody tr:visible").count() == count
    page.close()
    assert complaints == []


def _covers_docker(document) -> None:
    """In CI PostgreSQL 15 and MariaDB 10.11 ran in containers; elsewhere what lacks a provider is listed."""
    providers = Counter((cell["provider"], "mariadb" in cell["id"]) for cell in document["cells"])
    if os.environ.get("HARNESS_REQUIRE_DOCKER") == "1":
        assert providers["docker", False]
        assert providers["docker", True]
    elif not providers["docker", True]:
        assert any("mariadb" in str(item["nogood"]["values"]) for item in document["left_out"])
