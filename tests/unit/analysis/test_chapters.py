"""Runs, one after the other: what is known from version to version, and what a reader looks for first."""

from __future__ import annotations

import datetime as dt

from harness.analysis.chapters import Chapter, Entry, Ladders, histories, urgency
from harness.analysis.compare import Side
from harness.model.cell import Cell
from harness.model.record import Purpose
from harness.model.verdict import Signature, State, Verdict

SAME, OTHER = (Signature(type=name, frame="", message="") for name in ("same", "other"))


def entry(plugin: str, state: State, *, signature: Signature = SAME, django: str = "5.1", **fields) -> Entry:
    """A cell with one version of the plugin."""
    exact = plugin.removeprefix("==")
    return Entry(
        cell=Cell.of({"django": django, "pytest-django": plugin}),
        exact=(("pytest-django", exact if exact.count(".") == 2 else f"{exact}.0"),),
        purpose=fields.get("purpose", Purpose.MATRIX),
        side=Side(
            state=state,
            verdict=Verdict.AS_EXPECTED,
            signature=signature if state.is_failure else None,
            installed=(("pytest-django", exact),),
        ),
        is_reused=fields.get("is_reused", False),
    )


def chapter(run: int, *entries: Entry) -> Chapter:
    """A run."""
    now = dt.datetime(2026, 8, run, tzinfo=dt.UTC)
    return Chapter(
        run=run, started=now, finished=now, as_of=now, exit_code=0, harness_version="", platform="", entries=entries
    )


def test_ladder() -> None:
    """Cells that differ in one axis alone, searches among them, in the order of versions; the newest answer counts."""
    chapters = [
        chapter(1, entry("4.12", State.FAIL), entry("4.14", State.PASS), entry("4.11", State.PASS, django="5.2")),
        chapter(2, entry("4.12", State.PASS), entry("4.13", State.FAIL), entry("4.15", State.ERROR)),
        chapter(3, entry("==4.13.1", State.FAIL, signature=OTHER, purpose=Purpose.DIAGNOSTIC)),
    ]

    steps = Ladders(chapters).of("pytest-django", Cell.of({"django": "5.1", "pytest-django": "4.13"}), SAME.id)

    assert [(step.version, step.state, step.is_same_failure, step.run) for step in steps] == [
        ("4.12.0", State.PASS, False, 2),
        ("4.13.0", State.FAIL, True, 2),
        ("4.13.1", State.FAIL, False, 3),
        ("4.14.0", State.PASS, False, 1),
    ]


def test_histories() -> None:
    """Each cell of the matrix with its answers and what was installed; cells of searches are left out."""
    found = histories(
        [chapter(2, entry("4.13", State.FAIL)), chapter(1, entry("4.12", State.PASS, purpose=Purpose.DIAGNOSTIC))]
    )

    assert list(found) == ["django=5.1,pytest-django=4.13"]
    (seen,) = found["django=5.1,pytest-django=4.13"]
    assert (seen.run, seen.state, seen.lock) == (2, State.FAIL, "pytest-django==4.13")


def test_urgency() -> None:
    """Surprises before what is not known, that before declared failures, passes last."""
    ordered = [
        (State.CRASH, Verdict.UNEXPECTED_FAILURE),
        (State.FAIL, Verdict.UNEXPECTED_FAILURE),
        (State.PASS, Verdict.UNEXPECTED_PASS),
        (State.ERROR, Verdict.INDETERMINATE),
        (State.FAIL, Verdict.EXPECTED_FAILURE),
        (State.FLAKY, Verdict.AS_EXPECTED),
        (State.UNSUPPORTED, Verdict.AS_EXPECTED),
        (State.PASS, Verdict.AS_EXPECTED),
    ]

    assert sorted([*ordered[4:], *ordered[:4]], key=lambda one: urgency(*one)) == ordered
