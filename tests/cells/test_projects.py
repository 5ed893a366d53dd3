"""Projects as they come: `harness init --yes`, then `harness run`, without an edit."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECTS = Path(__file__).parents[1] / "projects"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
AS_OF = "2026-05-01"


@pytest.fixture
def project(make_checkout):
    """Returns a function that copies a project and writes its matrix; keywords are variables of the environment."""

    def make(name: str, *arguments: str, **variables: str) -> Any:
        checkout = make_checkout(**variables)
        shutil.copytree(PROJECTS / name, checkout.folder, dirs_exist_ok=True)
        written = checkout.harness("init", "--yes", *arguments)
        assert written.code == 0, written.err
        return checkout

    return make


def run(checkout: Any, *arguments: str) -> Any:
    """Run its matrix on this Python, from what there was on a day."""
    only = ("--axis", f"python={PYTHON}", "--no-python-downloads", "--as-of", AS_OF, "--control", "never")
    return checkout.run("--json", *only, *arguments)


def states(ran: Any) -> dict[str, int]:
    """Return how many cells ended in which state."""
    assert ran.out, ran.err
    return {state: count for state, count in ran.document["states"] if count}


@pytest.mark.parametrize(
    ("name", "databases", "djangos"),
    [
        ("ledger", ["sqlite-memory"], 2),
        ("shop", ["postgres-16"], 1),
        ("library", ["sqlite-memory"], 1),
        ("notes", ["sqlite-memory", "postgres-17"], 1 + (sys.version_info >= (3, 12))),
    ],
)
def test_a_project_runs_as_it_came(project, name: str, databases: list[str], djangos: int) -> None:
    """On each of its Djangos and databases, with evidence; afterwards its folder is as it was, but for the matrix."""
    checkout = project(name)
    ran = run(checkout, "--provider", "embedded", "--provider", "sqlite")
    assert ran.code == 0, ran.out + ran.err
    assert states(ran) == {"pass": len(databases) * djangos}
    cells = ran.document["cells"]
    assert {cell["evidence"] for cell in cells} == {"observed"}
    assert all(any(f"database={one}" in cell["id"] for cell in cells) for one in databases)
    before = {
        path.relative_to(PROJECTS / name) for path in (PROJECTS / name).rglob("*") if "__pycache__" not in str(path)
    }
    after = {path.relative_to(checkout.folder) for path in checkout.folder.rglob("*")}
    ours = {
        path
        for path in after - before
        if path.parts[0] in ("matrix.toml", ".harness") or path.name[:4] in ("out-", "err-")
    }
    assert after - ours == before


def test_what_tox_is_told_is_run(project) -> None:
    """The same environments, from tox's own reading of its file."""
    checkout = project("ledger", "--from", "tox.ini")
    ran = run(checkout)
    assert states(ran) == {"pass": 2}


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("no-tests", "fail", "no test ran"),
        ("exits-early", "crash", "exit code 3"),
        ("needs-variable", "fail", "BILLING_CONTRACT"),
        ("needs-service", "fail", "Connection refused"),
    ],
)
def test_a_project_that_cannot_pass_says_why(project, name: str, state: str, words: str) -> None:
    """One state each, and the words that a person needs."""
    ran = run(project(f"broken/{name}"))
    assert ran.code == 1, ran.err
    assert states(ran) == {state: 1}
    assert words in ran.out


def test_a_variable_of_the_users_is_passed(project) -> None:
    """What no file tells, `init` says; once it is there, the tests pass."""
    checkout = project("broken/needs-variable", BILLING_CONTRACT="4711")
    assert "export it" in (checkout.folder / "matrix.toml").read_text(encoding="utf-8")
    assert states(run(checkout)) == {"pass": 1}


def test_a_project_that_cannot_be_built_is_no_cell(project) -> None:
    """Nothing runs, which is not green, and the build's words are told."""
    ran = run(project("broken/does-not-install"))
    assert ran.code == 5
    assert "cannot be built" in ran.err


def test_what_is_written_outside_stays_in_the_cell(project) -> None:
    """The folder above a cell's copy is the cell's own: nothing appears beside the project."""
    checkout = project("broken/writes-outside")
    assert states(run(checkout)) == {"pass": 1}
    assert not (checkout.folder.parent / "written-outside.txt").exists()
