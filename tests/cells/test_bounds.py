"""Lower bounds on the real index: a planted truth is found, a bound that holds is told; lowest versions."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "small"
version = "1.0"
dependencies = ["more-itertools>=10,<11", "toolz>=0.12.1", "colorama; sys_platform == 'win32'"]

[project.optional-dependencies]
test = ["pytest"]

[tool.hatch.build.targets.wheel]
packages = ["small"]
"""
MODULE = "from more_itertools import takewhile_inclusive  # since 10.1.0\n"
TESTS = """
import small, toolz

def test_until():
    assert list(small.takewhile_inclusive(lambda item: item < 3, [1, 2, 3, 4])) == [1, 2, 3]
"""
MATRIX = """
[matrix]
python = [{python}]
pytest = ["9"]
toolz = ["1"]
database = ["sqlite-memory"]
canary = ["small"]
mode = ["plain"]

[canary.small]
path = "small"
install = [".[test]"]
{more}

[run]
as_of = 2026-05-01T00:00:00Z
"""


@pytest.fixture
def small(checkout) -> Callable[..., Any]:
    """Returns a function that writes the matrix of a project without Django, and gives its checkout."""
    files = {"pyproject.toml": PYPROJECT, "small/__init__.py": MODULE, "tests/test_small.py": TESTS}
    for name, text in files.items():
        path: Path = checkout.folder / "small" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def write(more: str = "") -> Any:
        python = json.dumps(f"{sys.version_info.major}.{sys.version_info.minor}")
        return checkout.matrix(MATRIX.format(python=python, more=more))

    return write


def test_a_planted_bound_is_found_and_another_holds(small) -> None:
    """The release in which a function arrived is the lower bound, whatever is declared; beside it, one that is right is
    left as it is, though the matrix has another release of it on an axis. All together pass. What does not apply here
    is not searched. Asked again, nothing is run."""
    checkout = small()
    before = {path: path.read_bytes() for path in (checkout.folder / "small").rglob("*") if path.is_file()}
    first = checkout.harness("bounds", "--json")
    assert first.code == 1, first.err
    found = {one["name"]: one for one in first.document["bounds"]}
    assert list(found) == ["more-itertools", "toolz"]
    wrong, right = found.values()
    assert (wrong["state"], wrong["declared"], wrong["line"]) == (
        "too-low",
        "<11,>=10",
        "more-itertools>=10.1.0,<11",
    )
    assert (wrong["last_bad"], wrong["first_good"]) == ("10.0.0", "10.1.0")
    assert wrong["signature"]["type"] == "ImportError"
    assert "takewhile_inclusive" in wrong["example"]
    assert (right["state"], right["proposed"], right["last_bad"]) == ("holds", ">=0.12.1", None)
    assert first.document["joint"]["versions"] == [["more-itertools", "10.1.0"], ["toolz", "0.12.1"]]
    assert first.document["joint"]["row"]["state"] == "pass"
    again = checkout.harness("bounds", "toolz")
    assert again.code == 0, again.out
    assert "toolz >=0.12.1: holds" in again.out
    assert "\n0 runs, " in again.out
    bad = next(row for row in wrong["releases"] if row["label"] == "10.0.0")
    shown = checkout.harness("show", bad["cell"], "--json")
    assert "takewhile_inclusive" in shown.out
    after = {path: path.read_bytes() for path in (checkout.folder / "small").rglob("*") if path.is_file()}
    assert after == before


def test_lowest_versions_are_resolved_where_they_are_wanted(small) -> None:
    """``run`` passes with the newest; with ``--lowest-direct`` what is declared too low fails. The plan says which
    versions they are, and what nothing bounds. What axes say stays."""
    checkout = small('requires = ["pytest-randomly>=3.15", "iniconfig"]')
    assert checkout.run().code == 0
    lowest = checkout.run("--lowest-direct", "--json")
    assert lowest.code == 1, lowest.err
    told = "\n".join(lowest.document["warnings"])
    assert "--lowest-direct: the lowest versions" in told
    assert "no lower bound is given for iniconfig" in told
    cell = lowest.document["cells"][0]
    assert "takewhile_inclusive" in cell["reason"]
    record = checkout.harness("show", cell["id"], "--json").document["record"]
    assert "10.0.0" in json.dumps(record)
    exact = dict(record["trials"][-1]["attempt"]["exact"])
    assert (exact["pytest"].split(".")[0], exact["toolz"].split(".")[0]) == ("9", "1")
    assert checkout.run("--lowest", "--lowest-direct").code == 4


def test_what_fails_anyway_has_no_bound(small) -> None:
    """Where the newest of everything fails, that is said, and nothing is searched. What is no dependency is refused."""
    checkout = small('command = ["pytest -q -k nothing"]')
    failed = checkout.harness("bounds", "toolz")
    assert failed.code == 10
    assert "not searched: toolz" in failed.out
    assert "1 run, " in failed.out
    refused = checkout.harness("bounds", "tools")
    assert refused.code == 4
    assert "'tools' is no direct dependency of canary small; nearest: toolz" in refused.err
