"""What reports need of the store beside records."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import HarnessError, Infrastructure
from harness.model.cell import Cell
from harness.model.plan import Axis, Coverage, LeftOut, Nogood, PlanSummary, Value, Why
from harness.model.record import Attempt, Purpose, Runner
from harness.model.spec import ProviderName, Strength
from harness.store import Store

Make = Callable[..., Attempt]
Begin = Callable[..., int]

SUMMARY = PlanSummary(
    axes=(Axis(name="django", values=(Value(requested="5.2", exact="5.2.3"), Value(requested="6.0"))),),
    left_out=tuple(
        LeftOut(nogood=Nogood(values=(("django", "6.0"),), why=why, detail="ü", remedy="r"), cells=3) for why in Why
    ),
    coverage=Coverage(
        strength=Strength.PAIRS,
        covered=1,
        feasible=2,
        missing=(((("django", "6.0"), ("mode", "xdist")), "no-interpreter"),),
    ),
    product=6,
    strict=True,
    absent=tuple(ProviderName),
    warnings=("not as locked",),
)


def test_a_plan_comes_back_as_it_was(store: Store, begin: Begin) -> None:
    """The last one that was kept; a run that kept none has none."""
    first, second = begin(), begin()
    store.keep_plan(second, SUMMARY)
    store.keep_plan(second, SUMMARY)
    assert store.plan(second) == SUMMARY
    assert store.plan(first) is None


def test_a_plan_of_another_harness_is_told(store: Store, begin: Begin) -> None:
    """With what to do."""
    run = begin(plan_summary='{"axes": 3}')
    with pytest.raises(HarnessError, match=rf"the plan of run {run} in the store cannot be read") as caught:
        store.plan(run)
    assert "another version of harness" in caught.value.remedy


def test_effort_counts_questions_not_attempts(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """A retry belongs to its cell, a control is a question of its own; what is known is counted apart."""
    first = begin()
    known = store.add(first, make_attempt(cells[0]), [])
    store.add(first, make_attempt(cells[0], number=2), [])
    store.add(first, make_attempt(cells[0], runner=Runner.DJANGO, purpose=Purpose.CONTROL), [])
    store.add(first, make_attempt(cells[1]), [])
    second = begin()
    store.reuse(second, known, cells[0])
    store.add(second, make_attempt(cells[2]), [])

    assert store.effort(first) == (3, 0)
    assert store.effort(second) == (1, 1)
    assert store.effort(99) == (0, 0)


def test_a_search_has_no_matrix(store: Store, begin: Begin, cells: tuple[Cell, ...]) -> None:
    """Its cells are diagnostic."""
    search = store.begin_run(started=store.run(begin()).started, matrix_digest="d")
    store.plan_cells(search, [(cells[0], (), None)], purpose=Purpose.DIAGNOSTIC)
    assert [store.has_matrix(run.id) for run in store.runs()] == [False, True]


def test_a_copy_is_a_store_by_itself(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make, tmp_path: Path
) -> None:
    """One file, without a write-ahead log beside it, with everything up to now."""
    run = begin()
    store.add(run, make_attempt(cells[0]), [])
    store.copy_to(tmp_path / "copy.sqlite")

    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.sqlite"]
    connection = sqlite3.connect(f"file:{tmp_path / 'copy.sqlite'}?mode=ro", uri=True)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    with Store.open(tmp_path / "copy.sqlite") as copy:
        assert list(copy.records(run)) == list(store.records(run))


def test_a_copy_that_cannot_be_written_is_told(store: Store, tmp_path: Path) -> None:
    """Its folder is not there."""
    with pytest.raises(Infrastructure, match="cannot copy the store"):
        store.copy_to(tmp_path / "nowhere" / "copy.sqlite")


def test_a_snapshot_is_of_one_moment(
    store: Store, path: Path, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make, tmp_path: Path
) -> None:
    """What another process adds meanwhile is seen after it, the copy of the store included."""
    run = begin()
    with Store.open(path) as other, store.snapshot():
        assert store.effort(run) == (0, 0)
        other.add(run, make_attempt(cells[0]), [])
        assert other.effort(run) == (1, 0)
        assert store.effort(run) == (0, 0)
        store.copy_to(tmp_path / "copy.sqlite")
    assert store.effort(run) == (1, 0)
    with Store.open(tmp_path / "copy.sqlite") as copy:
        assert copy.effort(run) == (0, 0)
