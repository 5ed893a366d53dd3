"""What is put into the store comes out of it."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import HarnessError, UsageError
from harness.model.cell import Cell
from harness.model.evidence import Level
from harness.model.finding import Examination
from harness.model.plan import Nogood, Why
from harness.model.record import Attempt, Ended, Purpose, Runner, Timings
from harness.store import Store

Make = Callable[..., Attempt]
Begin = Callable[..., int]


def test_a_trial_comes_back_as_it_was(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make, evidence_file: bytes
) -> None:
    """Attempt and evidence; a message need not even be UTF-8."""
    attempt = make_attempt(cells[0], message="cannot read b\udce4r", exit_code=-11, ended=Ended.SIGNALLED)
    run = begin()
    store.add(run, attempt, [evidence_file, b""])
    (record, *others) = store.records(run)
    (trial,) = record.trials
    assert trial.attempt == attempt
    assert [test.id for test in trial.evidence.tests()] == ["t\u2028[ü]"]
    assert trial.evidence.is_complete
    assert trial.evidence.problems == ()
    assert record.exact == (("django", "4.2.1"),)
    assert not record.is_reused
    assert [other.trials for other in others] == [(), ()]


def test_records_come_in_the_order_of_the_plan(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """Later rounds after earlier ones; a cell planned twice keeps its place, and takes over a reason."""
    run = begin()
    neighbour = Cell.of({"django": "5.1", "mode": "migrations"})
    nogood = Nogood(values=(("django", "6.0"),), why=Why.SERVER_UNSUPPORTED, detail="too old")
    store.plan_cells(run, [(neighbour, (), None)], purpose=Purpose.DIAGNOSTIC)
    store.plan_cells(run, [(cells[2], (), nogood)])
    store.add(run, make_attempt(cells[1]), [])
    found = list(store.records(run))
    assert [record.cell for record in found] == [*cells, neighbour]
    assert [record.purpose for record in found] == [Purpose.MATRIX] * 3 + [Purpose.DIAGNOSTIC]
    assert found[2].untestable == nogood
    store.plan_cells(run, [(neighbour, (), None)])
    last = store.record(run, neighbour.id)
    assert last is not None
    assert last.purpose is Purpose.MATRIX


def test_an_examination_is_kept_with_its_attempt(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """In every run that the attempt answers for, and beside no other; a later one takes its place."""
    first = begin()
    failed = make_attempt(cells[0], exit_code=1)
    number = store.add(first, failed, [])
    store.add(first, make_attempt(cells[0], number=2, exit_code=1), [])
    second = begin()
    store.reuse(second, number, cells[0])
    store.keep_examination(second, failed, Examination(doctor="1"))
    (kept,) = (trial.attempt for trial in store.record(second, cells[0].id).trials)  # type: ignore[union-attr]
    assert kept.examination == Examination(doctor="1")
    store.keep_examination(second, kept, Examination(doctor="2", note="later"))
    old = store.record(first, cells[0].id)
    assert old is not None
    assert [trial.attempt.examination for trial in old.trials] == [Examination(doctor="2", note="later"), None]


def test_a_reused_attempt_is_shown_as_such(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """In the run that reused it, not in the one that made it; a control made now does not change that."""
    first = begin()
    number = store.add(first, make_attempt(cells[0]), [])
    second = begin()
    store.reuse(second, number, cells[0])
    store.reuse(second, number, cells[0])
    store.add(second, make_attempt(cells[0], runner=Runner.DJANGO, purpose=Purpose.CONTROL), [])
    old, new = store.record(first, cells[0].id), store.record(second, cells[0].id)
    assert old is not None
    assert new is not None
    assert (old.is_reused, new.is_reused) == (False, True)
    assert [len(old.trials), len(new.trials)] == [1, 2]
    store.add(second, make_attempt(cells[0]), [])
    tried_again = store.record(second, cells[0].id)
    assert tried_again is not None
    assert not tried_again.is_reused


def test_an_attempt_may_answer_for_a_cell_of_another_name(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """What was asked for differs, and came to the same run key."""
    run = begin()
    number = store.add(run, make_attempt(cells[0]), [])
    store.reuse(run, number, cells[1])
    record = store.record(run, cells[1].id)
    assert record is not None
    assert record.trials[0].attempt.cell_id == cells[0].id


def test_an_attempt_of_an_unplanned_cell_is_refused(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """Nobody would ever see it."""
    run, stranger = begin(), Cell.of({"django": "9"})
    with pytest.raises(ValueError, match="django=9"):
        store.add(run, make_attempt(stranger), [])
    number = store.add(run, make_attempt(cells[0]), [])
    with pytest.raises(ValueError, match="django=9"):
        store.reuse(run, number, stranger)
    assert store.find(f"key of {stranger.id}") == ()


def test_the_same_question_is_found(store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make) -> None:
    """All answers newest first; the newest answer with its retries, in order."""
    first = begin()
    one = store.add(first, make_attempt(cells[0]), [])
    second = begin()
    two = store.add(second, make_attempt(cells[0], exit_code=1), [])
    three = store.add(second, make_attempt(cells[0], number=2), [])
    store.add(second, make_attempt(cells[1]), [])
    key = f"key of {cells[0].id}"
    assert [(found.id, found.made_in) for found in store.find(key)] == [(three, second), (two, second), (one, first)]
    assert [found.id for found in store.latest(key)] == [two, three]
    assert store.find("another") == store.latest("another") == ()


def test_runs_are_listed_newest_first(store: Store, begin: Begin, now: dt.datetime) -> None:
    """One that never finished is visible as such."""
    assert store.last_run() is None
    first = begin(selection="-k seed", as_of=now, harness_version="0.1.0", platform="linux", plan_summary='{"cells":3}')
    second = begin()
    store.finish_run(first, 12, finished=now + dt.timedelta(minutes=1))
    newest, oldest = store.runs()
    assert (newest.id, newest.is_finished, newest.exit_code) == (second, False, None)
    assert (oldest.is_finished, oldest.exit_code, oldest.as_of, oldest.selection) == (True, 12, now, "-k seed")
    assert (oldest.finished, oldest.plan_summary) == (now + dt.timedelta(minutes=1), '{"cells":3}')
    assert store.last_run() == newest == store.run(second)


def test_a_run_that_is_not_there_is_a_users_error(store: Store, begin: Begin) -> None:
    """With what there is."""
    with pytest.raises(UsageError, match="store is empty"):
        store.run(7)
    begin()
    with pytest.raises(UsageError, match="newest is 1"):
        store.run(7)
    assert list(store.records(7)) == []
    assert store.record(7, "django=4.2") is None


def test_a_cells_history_goes_back_in_time(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """Over the runs that planned it."""
    runs = [begin(), begin()]
    store.add(runs[0], make_attempt(cells[0]), [])
    found = list(store.history(cells[0].id))
    assert [run.id for run, _ in found] == runs[::-1]
    assert [len(record.trials) for _, record in found] == [0, 1]
    assert list(store.history("django=9")) == []


def test_durations_are_of_the_last_complete_execution(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """Under pytest; what timed out or was stopped says little."""
    run = begin()
    store.add(run, make_attempt(cells[0], timings=Timings(test_s=9)), [])
    store.add(run, make_attempt(cells[0], timings=Timings(test_s=3, copy_s=1)), [])
    store.add(run, make_attempt(cells[0], timings=Timings(test_s=99), ended=Ended.TIMED_OUT), [])
    store.add(run, make_attempt(cells[0], timings=Timings(test_s=50), runner=Runner.DJANGO), [])
    assert store.durations() == {cells[0].id: 4.0}


def test_locks_that_a_recent_run_used_are_known(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make, now: dt.datetime
) -> None:
    """Made long ago and reused now counts; time zones don't."""
    old = begin(now - dt.timedelta(days=30))
    store.add(old, make_attempt(cells[0], lock_hash="forgotten"), [])
    number = store.add(old, make_attempt(cells[1], lock_hash="kept"), [])
    store.add(old, make_attempt(cells[2], lock_hash=""), [])
    new = begin(now)
    store.reuse(new, number, cells[1])
    east = dt.timezone(dt.timedelta(hours=5))
    assert store.recent_lock_hashes(now.astimezone(east)) == {"kept"}
    assert store.recent_lock_hashes(now - dt.timedelta(days=31)) == {"kept", "forgotten"}
    assert store.recent_lock_hashes(now + dt.timedelta(seconds=1)) == frozenset()


def test_without_evidence_only_the_exit_code_is_known(
    store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """Unreadable evidence is a problem, not an exception."""
    run = begin()
    store.add(run, make_attempt(cells[0]), [])
    store.add(run, make_attempt(cells[0]), [b"rubbish\n"])
    record = store.record(run, cells[0].id)
    assert record is not None
    assert [trial.evidence.level for trial in record.trials] == [Level.EXIT_CODE] * 2
    assert [bool(trial.evidence.problems) for trial in record.trials] == [False, True]


def test_what_another_harness_wrote_is_told(
    path: Path, store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make
) -> None:
    """A state of affairs that this version has no word for."""
    run = begin()
    store.add(run, make_attempt(cells[0]), [])
    raw = sqlite3.connect(path)
    raw.execute("UPDATE attempts SET attempt = replace(attempt, '\"exited\"', '\"evaporated\"')")
    raw.commit()
    raw.close()
    with pytest.raises(HarnessError, match="evaporated"):
        list(store.records(run))


def test_threads_share_a_store(store: Store, begin: Begin, cells: tuple[Cell, ...], make_attempt: Make) -> None:
    """Several write, one reads."""
    run = begin()

    def write() -> None:
        for _ in range(20):
            store.add(run, make_attempt(cells[0]), [b"x"])
            list(store.records(run))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.find(f"key of {cells[0].id}")) == 80


def test_two_thousand_cells_are_read_in_little_memory(
    store: Store, make_attempt: Make, now: dt.datetime, evidence_file: bytes
) -> None:
    """One record at a time."""
    run = store.begin_run(started=now, matrix_digest="")
    many = [Cell.of({"django": f"5.{number}", "mode": "migrations"}) for number in range(2000)]
    store.plan_cells(run, [(cell, (("django", "5.2.1"),), None) for cell in many])
    extra = b'{"e":"test","id":"tests/test_%d.py::test","outcome":"passed"}\n'
    bulky = evidence_file.replace(b'{"e": "bye"', b"".join(extra % n for n in range(200)) + b'{"e": "bye"')
    for cell in many[:200]:
        store.add(run, make_attempt(cell), [bulky])
    tracemalloc.start()
    try:
        read = sum(len(trial.evidence.tests()) for record in store.records(run) for trial in record.trials)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == 200 * 201
    assert peak < 8_000_000
