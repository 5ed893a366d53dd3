"""The doctor's word on a failing cell: the cause in the project in place of the missing table."""

from __future__ import annotations

import pytest

PACKAGES = {"django": ["5.1"], "pytest-django": ["4.12", "==4.13.0"], "pytest": ["9"]}
ALIASES = 'aliases = ["default", "analytics"]'
WHEN = ("--as-of", "2026-11-20")
EMPTY = """
[canary.bare]
base = "minimal"
remove = ["*/migrations/0*.py"]
"""


@pytest.fixture
def two(checkout, matrix):
    """A checkout whose canaries are `minimal`, and `minimal` with its migrations removed."""
    text = matrix("minimal", packages=PACKAGES, more=EMPTY)
    return checkout.matrix(text.replace('["minimal"]', '["minimal", "bare"]'))


def test_an_empty_migrations_package_is_the_projects_fault(two) -> None:
    """It is named in summary, record and JSON; the regression of pytest-django 4.13.0 stays pytest-django's; what is
    known is not asked again."""
    ran = two.run("--json", *WHEN)

    assert ran.code == 1, ran.err
    assert ran.states() == {"fail": 3, "pass": 1}, ran.err
    groups = {group["blame"]: group for group in ran.document["groups"]}
    assert set(groups) == {"project", "pytest-django"}
    found = groups["project"]["finding"]
    assert (found["cause"], found["path"]) == ("empty-migrations-package", "notes/migrations/__init__.py")
    assert groups["project"]["why"].startswith("notes/migrations/ holds __init__.py and no migration")
    assert all("canary=bare," in cell for cell in groups["project"]["cells"])
    (regressed,) = groups["pytest-django"]["cells"]
    assert "canary=minimal," in regressed
    assert groups["pytest-django"]["finding"] is None
    assert ran.cell(regressed)["finding"] == ""
    assert {cell["purpose"] for cell in ran.document["cells"]} == {
        "matrix"
    }  # what a finding explains needs no neighbour

    again = two.run("--control", "never", *WHEN)
    assert "nothing to run" in again.out
    assert "a migrations package without a migration" in again.out
    assert "blame: project: notes/migrations/ holds __init__.py and no migration" in " ".join(again.out.split())
    shown = two.harness("show", groups["project"]["cells"][0])
    assert "to do: make the migrations of notes" in " ".join(shown.out.split())
    report = two.harness("report", "--format", "markdown")
    assert "- to do: make the migrations of notes" in report.out


def test_tests_that_trip_over_the_regression_are_not_its_cause(checkout, matrix) -> None:
    """4.13.0 leaves a class in force that refuses further databases: the tests that it hits list theirs."""
    text = matrix("multi_db", packages=PACKAGES, canary_more=ALIASES)
    ran = checkout.matrix(text).run("--json", *WHEN)
    assert ran.states() == {"fail": 1, "pass": 1}, ran.err
    assert [(group["blame"], group["finding"]) for group in ran.document["groups"]] == [("pytest-django", None)]
