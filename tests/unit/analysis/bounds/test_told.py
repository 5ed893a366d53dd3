"""What answers about releases mean for a declared lower bound."""

from __future__ import annotations

import pytest

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.view import Row
from harness.analysis.bounds.told import Question, told_of
from harness.analysis.bounds.view import BoundState, DependencyBound
from harness.model.verdict import Signature

LETTERS = {"g": Answer.GOOD, "b": Answer.BAD, "?": Answer.UNKNOWN, ".": None}
SIGNATURE = Signature(type="E", frame="", message="")


def told(declared: str, letters: str, *, is_axis: bool = False, trouble: str = "") -> DependencyBound:
    """Return what the releases 1.0, 1.1, … come to, one for each letter; a dot was not asked."""
    rows = tuple(
        Row(label=f"1.{number}", cell=f"cell {number}", answer=LETTERS[letter], runs=int(letter in "gb"), reason="why")
        for number, letter in enumerate(letters)
    )
    name = "thing"
    question = Question(
        name=name,
        requirement="" if is_axis else f"{name}{declared}",
        declared=declared,
        is_axis_only=is_axis,
        trouble=trouble,
    )
    return told_of(question, rows, {"cell 0": SIGNATURE}, rounds=1)


@pytest.mark.parametrize(
    ("declared", "letters", "state", "proposed"),
    [
        (">=1.0", "g.g", BoundState.HOLDS, ">=1.0"),
        (">=0.5,<2", "ggg", BoundState.HOLDS, ">=0.5,<2"),
        (">=1.0,<2", "bbg", BoundState.TOO_LOW, ">=1.2,<2"),
        (">=1.0", "gbg", BoundState.TOO_LOW, ">=1.2"),
        (">=1.0", "b?g", BoundState.TOO_LOW, ">=1.2"),
        (">=1.0", "?g", BoundState.UNDETERMINED, ">=1.1"),
        ("", "bg", BoundState.MISSING, ">=1.1"),
        ("<2", "ggg", BoundState.MISSING, ">=1.0,<2"),
        ("", "?gg", BoundState.MISSING, ">=1.1"),
        (">=1.0", "ggb", BoundState.UNDETERMINED, ""),
        ("", "..?", BoundState.UNDETERMINED, ""),
    ],
)
def test_a_dependency_of_a_project(declared, letters, state, proposed) -> None:
    """Its history is what it allows: the bound holds if the lowest of that passes. What could not be tried refutes
    nothing, and shows nothing."""
    found = told(declared, letters)
    assert (found.state, found.proposed) == (state, proposed)
    assert found.line == (f"thing{proposed}" if proposed else "")


@pytest.mark.parametrize(
    ("letters", "state", "proposed"),
    [
        ("ggg", BoundState.HOLDS, ">=1.0"),
        ("bgg", BoundState.HOLDS, ">=1.1"),
        ("bbg", BoundState.TOO_LOW, ">=1.2"),
        ("b?g", BoundState.UNDETERMINED, ">=1.2"),
        ("ggb", BoundState.UNDETERMINED, ""),
    ],
)
def test_an_axis_of_the_matrix(letters, state, proposed) -> None:
    """Its history reaches below what the matrix has (here 1.1): what works there is proposed, and nothing is wrong."""
    found = told(">=1.1", letters, is_axis=True)
    assert (found.state, found.proposed) == (state, proposed)


def test_the_evidence_is_named() -> None:
    """The last bad release with its signature, the first good one, and what nothing is known of."""
    found = told(">=1.0", "b?.g.g")
    assert (found.last_bad, found.first_good, found.signature, found.runs) == (0, 3, SIGNATURE, 3)
    assert found.notes == (
        "below it, and nothing could be learnt: 1.1 (why)",
        "below it, and not asked: 1 more",
        "above it, and not asked: 1; a failure among them would not show",
    )


def test_a_history_that_is_not_monotonic_is_told() -> None:
    """Good releases below the last bad one are named."""
    (note,) = told(">=1.0", "ggbg").notes
    assert note == "not monotonic: below 1.2, which fails, there are good ones: 1.0, 1.1"


def test_what_cannot_be_searched() -> None:
    """It says why, and proposes nothing."""
    found = told("", "", trouble="no such package")
    assert (found.state, found.proposed, found.notes) == (BoundState.UNDETERMINED, "", ("no such package",))
