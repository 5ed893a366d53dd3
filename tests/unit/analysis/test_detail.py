"""What is worth showing of a record."""

from __future__ import annotations

from dataclasses import replace

from harness.analysis.detail import TRACE_CHARACTERS, TRACES, detail, failures
from harness.model.evidence import Outcome, TestResult
from harness.model.record import Purpose, Record, Runner


def test_failures_are_grouped(make_trial, make_process, make_failing_test) -> None:
    """One test of each signature, those of most tests first; the first few have traces, folders cut from them."""
    tests = [make_failing_test("a"), make_failing_test("b", message="other"), make_failing_test("c", message="other")]
    tests += [make_failing_test(f"t{name}", message=f"kind {name}") for name in "defghi"]
    trace = "/home/x/venv/lib/site-packages/django/db.py:7\n"
    tests = [replace(test, failure=replace(test.failure, trace=trace)) for test in tests]
    found = failures(make_trial(processes=[make_process(tests=tuple(tests))]))

    assert (found[0].test, found[0].alike) == ("b", 2)
    assert len(found) == 8
    assert [bool(one.trace) for one in found] == [True] * TRACES + [False] * 3
    assert found[0].trace == "site-packages/django/db.py:7\n"


def test_long_traces_are_cut(make_trial, make_process, make_failing_test) -> None:
    """Their end stays, and how much is gone is said."""
    test = make_failing_test()
    long = replace(test, failure=replace(test.failure, trace="x" * (TRACE_CHARACTERS + 5) + "end"))
    (found,) = failures(make_trial(processes=[make_process(tests=(long,))]))

    assert found.trace.startswith("… 8 characters cut …\n")
    assert found.trace.endswith("end")


def test_detail(make_trial, make_process, make_database, cell) -> None:
    """Each attempt with what it saw; databases that several processes saw alike are told once; tests of the last."""
    workers = [
        make_process(worker=name, databases=(make_database(), make_database(alias="other"))) for name in ("gw0", "gw1")
    ]
    silent = replace(workers[1], is_complete=False)
    first = make_trial(processes=[workers[0], silent], problems=("a line that cannot be read",))
    control = make_trial(runner=Runner.DJANGO, purpose=Purpose.CONTROL, processes=())
    found = detail(Record(cell=cell, trials=(first, control)), (("django", "5.1.4"),))

    one, other = found.trials
    assert one.title == "matrix, pytest-django, attempt 1"
    assert other.title == "control, django, attempt 1"
    assert [database.alias for database in one.databases] == ["default", "other"]
    assert (one.databases[0].expected, one.databases[0].real, one.databases[0].missing) == (1, 2, ())
    assert one.problems == ("a line that cannot be read", "process gw1 of run 1 fell silent before its end")
    assert one.outcomes == ((Outcome.PASSED, 2),)
    assert found.tests == (("tests/test_users.py::UserTests::test_create", Outcome.PASSED),) * 2
    assert other.processes == 0


def test_no_failure_no_word(make_trial, make_process) -> None:
    """A test that failed without a word is told with what it said."""
    test = TestResult(id="t", outcome=Outcome.ERROR, reason="because")
    (found,) = failures(make_trial(processes=[make_process(tests=(test,))]))

    assert (found.type, found.message, found.signature) == ("", "because", "")
