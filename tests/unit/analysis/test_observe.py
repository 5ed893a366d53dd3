"""From trials to states: each row of the documented order, and what must never be green."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis.asked import Asked
from harness.analysis.observe import observe, observe_record, observe_trials
from harness.model.cell import Cell
from harness.model.condition import Condition
from harness.model.evidence import (
    DatabaseSeen,
    Evidence,
    Failure,
    Imported,
    Level,
    Outcome,
    ProcessEvidence,
    SettingsSeen,
    TestResult,
)
from harness.model.plan import Nogood, Why
from harness.model.record import Attempt, Ended, Purpose, Record, Runner, Trial
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, Lack, Mode
from harness.model.verdict import State

Make = Callable[..., Any]


def test_a_healthy_trial_passes(make_trial: Make, make_asked: Make) -> None:
    """Everything was shown, nothing failed."""
    assert observe(make_trial(), make_asked()).state is State.PASS


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"ended": Ended.CANCELLED}, State.NOT_RUN),
        ({"ended": Ended.INFRASTRUCTURE, "message": "no server"}, State.ERROR),
        ({"ended": Ended.DISK_LIMIT, "message": "wrote 2 GB"}, State.ERROR),
        ({"ended": Ended.TIMED_OUT, "exit_code": -9}, State.TIMEOUT),
        ({"ended": Ended.SIGNALLED, "exit_code": -11}, State.CRASH),
        ({"exit_code": 3}, State.FAIL),
        ({"problems": ("line 7: rubbish",)}, State.ERROR),
    ],
)
def test_how_it_ended_decides(make_trial: Make, make_asked: Make, fields: dict[str, Any], state: State) -> None:
    """Even where all tests passed."""
    found = observe(make_trial(**fields), make_asked())
    assert found.state is state
    assert found.reason


def test_another_version_than_asked_for_is_an_error_naming_both(
    make_trial: Make, make_asked: Make, make_process: Make
) -> None:
    """Resolvers fall back silently; what is green then is not the cell."""
    process = make_process()
    other = replace(
        process,
        imported=tuple(replace(i, version="5.2.1") if i.name == "django" else i for i in process.imported),
    )
    found = observe(make_trial(processes=[other]), make_asked())
    assert found.state is State.ERROR
    assert "5.1.4" in found.reason
    assert "5.2.1" in found.reason


def test_a_package_from_elsewhere_is_an_error(make_trial: Make, make_asked: Make, make_process: Make) -> None:
    """A copy in the project shadows the environment's, of whatever version: the cell did not test what it says."""
    shadow = make_process().imported[0]
    for path, state in (("lib/python3.12/site-packages/x.py", State.PASS), ("/project/x.py", State.ERROR)):
        imported = (replace(shadow, path=path), *make_process().imported[1:])
        found = observe(make_trial(processes=(make_process(imported=imported),)), make_asked())
        assert found.state is state
        assert (path in found.reason) is (state is State.ERROR)


def test_other_settings_than_the_canarys_are_an_error(make_trial: Make, make_asked: Make, make_process: Make) -> None:
    """Naming both, and who chose them; a worker of xdist only repeats what it was told."""
    asked = make_asked()
    seen = [SettingsSeen(module=name, chosen_by="--ds option") for name in (asked.canary.settings, "other")]
    assert observe(make_trial(processes=(make_process(settings=seen[0]),)), asked).state is State.PASS
    found = observe(make_trial(processes=(make_process(settings=seen[1]),)), asked)
    assert found.state is State.ERROR
    assert asked.canary.settings in found.reason
    assert "other was in force (by --ds option)" in found.reason


def test_the_same_version_in_other_words_is_no_mismatch(make_trial: Make, make_asked: Make, make_process: Make) -> None:
    """6.0 and 6.0.0 are one version."""
    process = make_process(
        imported=tuple(Imported(name=name, version="6.0") for name in ("django", "pytest", "pytest-django"))
    )
    exact = (("django", "6.0.0"), ("pytest", "6.0"), ("pytest-django", "6.0"), ("python", "3.12.1"))
    assert observe(make_trial(processes=[process], exact=exact), make_asked()).state is State.PASS


def test_another_python_is_an_error(make_trial: Make, make_asked: Make, make_process: Make) -> None:
    """An interpreter on PATH may not be what its name says."""
    found = observe(make_trial(processes=[make_process(python="3.11.4")]), make_asked())
    assert found.state is State.ERROR
    assert "3.12.1" in found.reason
    assert "3.11.4" in found.reason


@pytest.mark.parametrize(
    ("database", "vendor", "answer", "name", "is_right"),
    [
        (DatabaseSpec(name="p", engine=Engine.POSTGRESQL, version="17"), "postgresql", "17.10 (Debian)", "x", True),
        (DatabaseSpec(name="p", engine=Engine.POSTGRESQL, version="17.1"), "postgresql", "17.10", "x", False),
        (DatabaseSpec(name="p", engine=Engine.POSTGRESQL, version="17"), "postgresql", "16.2", "x", False),
        (DatabaseSpec(name="p", engine=Engine.POSTGRESQL), "postgresql", "16.2", "x", True),
        (DatabaseSpec(name="p", engine=Engine.POSTGRESQL, version="17"), "sqlite", "3.40.1", "x", False),
        (DatabaseSpec(name="m", engine=Engine.MARIADB, version="10.11"), "mysql", "5.5.5-10.11.6-MariaDB", "x", True),
        (DatabaseSpec(name="m", engine=Engine.MARIADB, version="10.11"), "mysql", "9.7.0", "x", False),
        (DatabaseSpec(name="m", engine=Engine.MYSQL, version="9"), "mysql", "9.7.0", "x", True),
        (DatabaseSpec(name="m", engine=Engine.MYSQL, version="10"), "mysql", "10.11.6-MariaDB", "x", False),
        (DatabaseSpec(name="s", engine=Engine.SQLITE, version="file"), "sqlite", "3.40.1", "/w/db.sqlite3", True),
        (DatabaseSpec(name="s", engine=Engine.SQLITE, version="file"), "sqlite", "3.40.1", "file:x?mode=memory", False),
        (DatabaseSpec(name="s", engine=Engine.SQLITE, version="memory"), "sqlite", "3.40.1", ":memory:", True),
        (DatabaseSpec(name="s", engine=Engine.SQLITE, version="memory"), "postgresql", "17.1", "x", False),
    ],
)
def test_another_server_than_asked_for_is_an_error(
    make_trial: Make,
    make_asked: Make,
    make_process: Make,
    make_database: Make,
    database: DatabaseSpec,
    vendor: str,
    answer: str,
    name: str,
    *,
    is_right: bool,
) -> None:
    """By its own answer: engine, and the version by whole components."""
    process = make_process(databases=(make_database(vendor=vendor, version=answer, name=name),))
    trial = make_trial(processes=[process], server_version=answer)
    assert observe(trial, make_asked(database=database)).state is (State.PASS if is_right else State.ERROR)


def test_silence_after_hello_is_a_crash_placed_in_the_test_under_way(
    make_trial: Make, make_asked: Make, make_process: Make
) -> None:
    """A canary that calls os._exit(0) does not pass."""
    process = make_process(is_complete=False, exit_status=None, running=("tests/test_x.py::test_dies",))
    found = observe(make_trial(processes=[process]), make_asked())
    assert found.state is State.CRASH
    assert found.signature is not None
    assert found.signature.frame == "tests/test_x.py::test_dies"


def test_a_crash_before_anything_was_imported_is_a_crash(
    make_trial: Make, make_asked: Make, make_process: Make
) -> None:
    """What nobody reported is no mismatch."""
    process = make_process(imported=(), databases=(), tests=(), collected=None, is_complete=False)
    assert (
        observe(make_trial(processes=[process], ended=Ended.SIGNALLED, exit_code=-6), make_asked()).state is State.CRASH
    )


def test_evidence_that_was_cut_at_its_limit_is_an_error(make_trial: Make, make_asked: Make, make_process: Make) -> None:
    """It ends without a bye, but nothing died; and what is missing may be anything."""
    process = make_process(is_complete=False, is_cut=True)
    assert observe(make_trial(processes=[process], problems=("line 9: cut",)), make_asked()).state is State.ERROR


@pytest.mark.parametrize("kind", ["django.db.utils.NotSupportedError", "django.core.exceptions.ImproperlyConfigured"])
def test_djangos_refusal_of_an_old_server_is_unsupported(
    make_trial: Make, make_asked: Make, make_process: Make, make_failing_test: Make, kind: str
) -> None:
    """With Django's words."""
    test = make_failing_test(kind=kind, message="PostgreSQL 14 or later is required (found 13.23).")
    found = observe(make_trial(processes=[make_process(tests=(test,))], exit_code=1), make_asked())
    assert found.state is State.UNSUPPORTED
    assert found.reason == "PostgreSQL 14 or later is required (found 13.23)."


def test_the_same_words_from_elsewhere_are_a_failure(
    make_trial: Make, make_asked: Make, make_process: Make, make_failing_test: Make
) -> None:
    """A project that raises something similar has failed."""
    test = make_failing_test(kind="app.Error", message="PostgreSQL 14 or later is required (found 13.23).")
    assert observe(make_trial(processes=[make_process(tests=(test,))], exit_code=1), make_asked()).state is State.FAIL


@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_outcome_of_a_test(make_trial: Make, make_asked: Make, make_process: Make, outcome: Outcome) -> None:
    """Failures and errors fail the cell, whatever the exit code says; a lone skip is not green either."""
    fine = TestResult(id="a", outcome=Outcome.PASSED)
    test = TestResult(id="b", outcome=outcome, failure=Failure(type="E", message="boom"))
    found = observe(make_trial(processes=[make_process(tests=(fine, test), collected=2)]), make_asked())
    match outcome:
        case Outcome.PASSED | Outcome.XFAILED | Outcome.XPASSED:
            assert found.state is State.PASS
        case Outcome.FAILED | Outcome.ERROR:
            assert found.state is State.FAIL
            assert found.failing == 1
        case Outcome.SKIPPED:
            assert found.signature is not None
            assert found.signature.type == "undeclared-skip"


def test_a_missing_table_fails_a_cell_whose_tests_pass(
    make_trial: Make, make_asked: Make, make_process: Make, make_database: Make
) -> None:
    """The tables are what it is about."""
    process = make_process(databases=(make_database(expected=("users", "items"), real=("users",)),))
    found = observe(make_trial(processes=[process]), make_asked())
    assert found.state is State.FAIL
    assert "items" in found.reason


@pytest.mark.parametrize("code", [0, 5])
def test_no_test_is_a_failure(make_trial: Make, make_asked: Make, make_process: Make, code: int) -> None:
    """Nothing ran, nothing is green."""
    found = observe(make_trial(processes=[make_process(tests=(), collected=0)], exit_code=code), make_asked())
    assert found.signature is not None
    assert (found.state, found.signature.type) == (State.FAIL, "no-tests")


def test_declared_skips_are_not_held_against_a_cell(make_trial: Make, make_asked: Make, make_process: Make) -> None:
    """By pattern and condition; elsewhere the same skip fails the cell."""
    tests = (
        TestResult(id="tests/test_a.py::test_view", outcome=Outcome.SKIPPED, reason="no view"),
        TestResult(id="tests/test_a.py::test_b", outcome=Outcome.PASSED),
    )
    trial = make_trial(processes=[make_process(tests=tests, collected=2)])

    def lack(django: str) -> Lack:
        when = Condition(terms=(("django", (django,)),))
        return Lack(tests=("*::test_view",), when=when, reason="needs migrations")

    assert observe(trial, make_asked(canary={"lacks": (lack("<5.2"),)})).state is State.PASS
    assert observe(trial, make_asked(canary={"lacks": (lack(">=5.2"),)})).state is State.FAIL
    assert observe(trial, make_asked(canary={"allow_skips": True})).state is State.PASS


def test_all_skipped_is_never_green(make_trial: Make, make_asked: Make, make_process: Make) -> None:
    """Not even where skips are allowed."""
    process = make_process(tests=(TestResult(id="a", outcome=Outcome.SKIPPED),))
    found = observe(make_trial(processes=[process]), make_asked(canary={"allow_skips": True}))
    assert found.state is State.FAIL


def test_an_alias_that_was_not_set_up_is_a_failure(make_trial: Make, make_asked: Make) -> None:
    """The canary wants two databases, and one was seen."""
    found = observe(make_trial(), make_asked(canary={"aliases": ("default", "legacy")}))
    assert found.state is State.FAIL
    assert "legacy" in found.reason


def test_a_probe_that_could_not_look_is_an_error(make_trial: Make, make_asked: Make, make_process: Make) -> None:
    """Databases were set up, but what became of them is not known."""
    process = make_process(databases=(), set_up_by=("django_db_setup",), notes=("observe: OperationalError",))
    assert observe(make_trial(processes=[process]), make_asked()).state is State.ERROR


def test_without_evidence_nothing_passes(make_trial: Make, make_asked: Make) -> None:
    """An exit code of 0 is an error then, another is a failure."""
    assert observe(make_trial(processes=()), make_asked()).state is State.ERROR
    assert observe(make_trial(processes=(), exit_code=1), make_asked()).state is State.FAIL
    assert observe(make_trial(processes=(), ended=Ended.SIGNALLED, exit_code=-11), make_asked()).state is State.CRASH


@pytest.mark.parametrize("name", ["django", "pytest", "pytest-django"])
def test_an_unreported_or_unused_framework_is_an_error(
    make_trial: Make, make_asked: Make, make_process: Make, name: str
) -> None:
    """Installed is not imported, and silence is not agreement."""
    process = make_process()
    without = tuple(i for i in process.imported if i.name != name)
    unused = tuple(replace(i, is_imported=i.name != name) for i in process.imported)
    for imported in (without, unused):
        found = observe(make_trial(processes=[replace(process, imported=imported)]), make_asked())
        assert found.state is State.ERROR
        assert name in found.reason


def test_tests_that_were_collected_and_did_not_report_are_missed(
    make_trial: Make, make_asked: Make, make_process: Make
) -> None:
    """A session that stopped half-way with code 0 is not green."""
    assert observe(make_trial(processes=[make_process(collected=7)]), make_asked()).state is State.ERROR


# Modes


def test_reuse_db_creates_nothing_in_its_second_run(
    make_trial: Make, make_asked: Make, make_process: Make, make_database: Make
) -> None:
    """And something in its first."""
    asked = make_asked(mode=Mode.REUSE_DB)
    first, second = make_process(), make_process(run=2, databases=(make_database(created=0),))
    assert observe(make_trial(processes=[first, second]), asked).state is State.PASS
    assert observe(make_trial(processes=[first, make_process(run=2)]), asked).state is State.FAIL
    assert observe(make_trial(processes=[replace(second, run=1), second]), asked).state is State.FAIL
    assert observe(make_trial(processes=[first]), asked).state is State.FAIL


def test_create_db_removes_the_planted_table(
    make_trial: Make, make_asked: Make, make_process: Make, make_database: Make
) -> None:
    """It was there, and is not any more."""
    asked = make_asked(mode=Mode.CREATE_DB)
    planted = (make_database(real=("users", asked.planted)),)
    clean, stale = make_process(run=2), make_process(run=2, databases=planted)
    assert observe(make_trial(processes=[make_process(databases=planted), clean]), asked).state is State.PASS
    assert observe(make_trial(processes=[make_process(databases=planted), stale]), asked).state is State.FAIL
    assert observe(make_trial(processes=[make_process(), clean]), asked).state is State.FAIL


def test_xdist_gives_each_worker_a_database(
    make_trial: Make, make_asked: Make, make_process: Make, make_database: Make
) -> None:
    """Two workers at least; a database in memory is a process's own."""
    asked = make_asked(mode=Mode.XDIST, database=DatabaseSpec(name="d", engine=Engine.POSTGRESQL))
    controller = make_process(is_distributing=True, tests=(), collected=None, databases=(), imported=())

    def worker(name: str, database: str) -> Any:
        return make_process(worker=name, databases=(make_database(name=database),))

    def state(*workers: Any) -> State:
        return observe(make_trial(processes=[controller, *workers]), asked).state

    assert state(worker("gw0", "test_gw0"), worker("gw1", "test_gw1")) is State.PASS
    assert state(worker("gw0", "test"), worker("gw1", "test")) is State.FAIL
    assert state(worker("gw0", "file:m?mode=memory"), worker("gw1", "file:m?mode=memory")) is State.PASS
    assert state(worker("gw0", "test_gw0")) is State.FAIL


def test_nomigrations_applies_none(make_trial: Make, make_asked: Make, make_process: Make, make_database: Make) -> None:
    """Else the option did nothing."""
    asked = make_asked(mode=Mode.NOMIGRATIONS)
    assert observe(make_trial(), asked).state is State.FAIL
    process = make_process(databases=(make_database(applied=()),))
    assert observe(make_trial(processes=[process]), asked).state is State.PASS


@pytest.mark.parametrize("mode", list(Mode))
def test_a_control_is_not_held_to_the_mode(make_trial: Make, make_asked: Make, mode: Mode) -> None:
    """Django's runner knows no modes: it runs once."""
    assert observe(make_trial(runner=Runner.DJANGO, purpose=Purpose.CONTROL), make_asked(mode=mode)).state is State.PASS


# Cells


def test_failed_then_passed_on_one_lock_is_flaky(
    make_trial: Make, make_asked: Make, make_process: Make, make_failing_test: Make
) -> None:
    """On two locks it is what came last."""
    failed = make_trial(processes=[make_process(tests=(make_failing_test(),))], exit_code=1)
    passed = make_trial(number=2)
    asked = make_asked()
    found = observe_trials((failed, passed), asked)
    assert found.state is State.FLAKY
    assert found.signature == observe(failed, asked).signature
    assert observe_trials((failed, make_trial(number=2, lock_hash="other")), asked).state is State.PASS
    assert observe_trials((failed, failed), asked).state is State.FAIL
    assert observe_trials((passed, failed), asked).state is State.FAIL


def test_an_error_is_superseded_and_never_hides_a_failure(
    make_trial: Make, make_asked: Make, make_process: Make, make_failing_test: Make
) -> None:
    """The last attempt decides; where that is an error, what came before is still named."""
    asked = make_asked()
    failed = make_trial(processes=[make_process(tests=(make_failing_test(),))], exit_code=1)
    error = make_trial(ended=Ended.INFRASTRUCTURE, message="the server died", processes=())
    assert observe_trials((error, make_trial()), asked).state is State.PASS
    assert observe_trials((error, error), asked).state is State.ERROR
    found = observe_trials((failed, error), asked)
    assert found.state is State.ERROR
    assert "fail" in found.reason


def test_controls_have_no_say_in_a_cells_state(make_trial: Make, make_asked: Make, cell: Cell) -> None:
    """They are made to blame, not to judge."""
    control = make_trial(runner=Runner.DJANGO, purpose=Purpose.CONTROL, exit_code=1)
    assert observe_record(Record(cell=cell, trials=(make_trial(), control)), make_asked()).state is State.PASS
    assert observe_record(Record(cell=cell, trials=(control,)), make_asked()).state is State.NOT_RUN


@pytest.mark.parametrize("why", list(Why))
def test_each_reason_why_a_cell_is_untestable(make_asked: Make, cell: Cell, why: Why) -> None:
    """None of them is green, none is a failure."""
    record = Record(cell=cell, untestable=Nogood(values=(), why=why, detail="because"))
    found = observe_record(record, make_asked())
    assert found.reason == "because"
    assert found.state in (State.UNRESOLVABLE, State.UNSUPPORTED, State.NOT_RUN)
    assert (found.state is State.UNRESOLVABLE) == (why is Why.UNRESOLVABLE)


@settings(deadline=None)
@given(
    ended=st.sampled_from(Ended),
    code=st.sampled_from([0, 1, 2, 5, -9]),
    outcomes=st.lists(st.sampled_from(Outcome), max_size=3),
    complete=st.booleans(),
    problems=st.booleans(),
    spoke=st.booleans(),
)
def test_only_a_whole_and_clean_trial_passes(
    ended: Ended, code: int, outcomes: list[Outcome], *, complete: bool, problems: bool, spoke: bool
) -> None:
    """Whatever is skipped, missing or truncated: not green."""
    trial, asked = _planted(ended, code, outcomes, complete=complete, problems=problems, spoke=spoke)
    is_green = observe(trial, asked).state is State.PASS
    bad = {Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED}
    whole = spoke and complete and not problems and ended is Ended.EXITED and code == 0
    assert is_green == (whole and bool(outcomes) and not bad & set(outcomes))


def _planted(
    ended: Ended, code: int, outcomes: list[Outcome], *, complete: bool, problems: bool, spoke: bool
) -> tuple[Trial, Asked]:
    process = ProcessEvidence(
        probe="p",
        pid=1,
        worker="",
        run=1,
        runner="pytest-django",
        python="3.12.1",
        sqlite="3",
        databases=(
            DatabaseSeen(alias="default", vendor="sqlite", name=":memory:", version="3", expected=("u",), real=("u",)),
        ),
        tests=tuple(TestResult(id=str(number), outcome=outcome) for number, outcome in enumerate(outcomes)),
        collected=len(outcomes),
        is_complete=complete,
    )
    attempt = Attempt(
        run_key="k",
        cell_id="mode=migrations",
        exact=(("python", "3.12.1"),),
        runner=Runner.PYTEST,
        purpose=Purpose.MATRIX,
        started_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        ended=ended,
        exit_code=code,
    )
    evidence = Evidence(
        level=Level.OBSERVED if spoke else Level.EXIT_CODE,
        processes=(process,) if spoke else (),
        problems=("rubbish",) if problems else (),
    )
    asked = Asked(
        mode=Mode.MIGRATIONS,
        canary=CanarySpec(name="c", path=Path("c"), settings="s"),
        database=DatabaseSpec(name="d", engine=Engine.SQLITE, version="memory"),
    )
    return Trial(attempt=attempt, evidence=evidence), asked


def test_a_failed_preparation_is_a_failure_of_the_project(make_trial, make_asked) -> None:
    """It says which command it was; tests that did not begin are not held against the probe."""
    words = "`python manage.py migrate`, before the tests, ended with code 1"
    trial = make_trial(ended=Ended.UNPREPARED, exit_code=1, message=words, processes=())
    found = observe(trial, make_asked())
    assert found.state is State.FAIL
    assert found.reason == f"{words}; see its log"
    assert found.signature is not None
    assert found.signature.type == "unprepared"


def test_a_plain_mode_promises_its_databases_only(make_trial, make_asked) -> None:
    """That no migration was applied is nothing to it; that nothing was set up is."""
    asked = make_asked(mode=Mode.PLAIN)
    assert observe(make_trial(), asked).state is State.PASS
    assert observe(make_trial(processes=()), asked).state is not State.PASS
