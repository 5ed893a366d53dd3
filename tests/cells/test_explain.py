"""`harness explain` on real cells: the known regression, from two of them."""

from __future__ import annotations

import pytest

from harness.store.store import Store

PACKAGES = {"django": ["4.2", "5.1", "5.2"], "pytest-django": ["4.12", "4.13"], "pytest": ["8"]}
RULE = "pytest-django ==4.13.0 and django <5.2"


@pytest.fixture
def regression(checkout, matrix):
    """A checkout with the releases of the known regression, as of a day on which there are both."""
    text = matrix(packages=PACKAGES)
    return checkout.matrix(text.replace("as_of = 2026-05-01T00:00:00Z", "as_of = 2026-08-07T00:00:00Z"))


def cell(checkout, django: str, plugin: str) -> str:
    """The id of a cell, as the plan says it."""
    ids = checkout.harness("plan", "--json").document["cells"]
    (found,) = [one for one in ids if f"django={django}," in one and f"pytest-django={plugin}," in one]
    return found


def test_two_cells_become_a_rule(regression) -> None:
    """Consistent at first; confirmed once refined; still so when read again; the run's verdict is what it was."""
    failing, passing = cell(regression, "5.1", "4.13"), cell(regression, "5.2", "4.12")
    ran = regression.run("--cell", failing, "--cell", passing, "--control", "never")
    assert ran.code == 1
    (before,) = regression.harness("explain", "--run", "1", "--json").document["rules"]
    assert before["standing"] == "consistent"
    refined = regression.harness("explain", "--refine", "--json").document
    (rule,) = refined["rules"]
    assert (rule["text"], rule["standing"], rule["alternatives"]) == (RULE, "confirmed", [])
    assert rule["remedies"][0] == {"requirement": "pytest-django !=4.13.0", "condition": "django <5.2"}
    assert rule["expect"].startswith(
        '[[expect]]\nwhen = { pytest-django = "==4.13.0", django = "<5.2" }\nreason = "AttributeError: '
    )
    assert 0 < refined["further"] <= 4
    again = regression.harness("explain").out
    assert f"{RULE}  confirmed" in again
    assert "require: pytest-django !=4.13.0   where django <5.2" in again
    with Store.open(regression.folder / ".harness" / "store.sqlite") as store:
        (info,) = store.runs()
        assert (info.id, info.exit_code) == (1, 1)
        purposes = {record.cell.id: record.purpose.value for record in store.records(1)}
        assert {purposes[failing], purposes[passing]} == {"matrix"}
        assert set(purposes.values()) == {"matrix", "diagnostic"}


def test_nothing_was_run(regression) -> None:
    """Exit 5, with what to do."""
    ran = regression.harness("explain")
    assert (ran.code, ran.out) == (5, "")
    assert "nothing was run here yet" in ran.err
    assert "try: harness run" in ran.err


def test_bad_input(checkout, matrix) -> None:
    """A run that is not there, a matrix that has changed since, a limit that is no number: exit 4, and what to try."""
    checkout.matrix(matrix())
    assert checkout.run().code == 0
    assert checkout.harness("explain").out.startswith("run 1: no cell failed")
    missing = checkout.harness("explain", "--run", "99")
    assert missing.code == 4
    assert "has no run 99" in missing.err
    assert "the newest is 1" in missing.err
    assert checkout.harness("explain", "--refine", "-3").code == 4
    checkout.matrix(matrix("seed"))
    changed = checkout.harness("explain")
    assert changed.code == 4
    assert "no longer describes run 1" in changed.err
