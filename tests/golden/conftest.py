"""Whole documents held against `expected/`, and the values that they are made of."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.intervals import changes, intervals
from harness.analysis.bisect.view import BisectView, Culprit, Row, Sureness
from harness.analysis.compare import Comparison, Side, compare
from harness.analysis.conclude import Conclusion
from harness.analysis.control import Control
from harness.analysis.locks import Moved
from harness.analysis.reported import PastRun, RunReport
from harness.analysis.summary import RunSummary, summarise
from harness.analysis.view import RecordView
from harness.model.cell import Cell
from harness.model.condition import Condition
from harness.model.evidence import (
    DatabaseSeen,
    Evidence,
    Failure,
    Frame,
    Imported,
    Level,
    Outcome,
    ProcessEvidence,
    SettingsSeen,
    TestResult,
)
from harness.model.finding import Examination, Finding, Reach
from harness.model.plan import Axis, Coverage, LeftOut, Nogood, Plan, Value, Why
from harness.model.record import Attempt, Ended, Purpose, Record, Runner, Timings, Trial
from harness.model.spec import Engine, Expectation, Strength
from harness.model.verdict import Judgement, Observation, Signature, State, Verdict
from harness.plan.view import PlanView

EXPECTED = Path(__file__).parent / "expected"
AS_OF = dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)
WARNINGS = ("matrix.lock lacks 2 of 9 environments (Python 3.13 linux-x86_64): resolved as of 2026-08-01",)
NOISE = "\x1b[31mred\x1b[0m [bold]markup[/] \u202eoverride"
BROKEN = Signature(
    type="AttributeError",
    frame="pytest_django/fixtures.py:_django_db_helper",
    message="type object * has no attribute *",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest tests/golden --accept`` takes what is said now for what is expected."""
    parser.addoption("--accept", action="store_true", help="golden tests: write the documents as they are now")


@pytest.fixture
def is_as_expected(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Returns a function that holds a document against the file of that name; `--accept` writes it."""

    def check(name: str, text: str) -> None:
        path = EXPECTED / name
        if request.config.getoption("--accept", default=False):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        hint = f"{name} has changed; if it is meant to be so: python -m pytest tests/golden --accept"
        assert text.splitlines() == expected.splitlines(), hint
        assert text == expected, hint

    return check


@pytest.fixture
def render() -> Callable[[RenderableType], str]:
    """Returns a function that prints as the commands do, without colour."""

    def text(renderable: RenderableType) -> str:
        console = Console(file=io.StringIO(), width=100, no_color=True, highlight=False, soft_wrap=True)
        console.print(renderable)
        assert isinstance(console.file, io.StringIO)
        lines = console.file.getvalue().splitlines()
        return "\n".join(line.rstrip() for line in lines) + "\n"

    return text


def cell(**values: str) -> Cell:
    """Return a cell of the matrix of these documents."""
    defaults = {"canary": "seed", "database": "sqlite-memory", "mode": "migrations", "python": "3.12", "pytest": "9"}
    return Cell.of(defaults | {name.replace("_", "-"): value for name, value in values.items()})


def conclusion(
    of: Cell,
    state: State,
    verdict: Verdict,
    reason: str = "",
    signature: Signature | None = None,
    expectation: Expectation | None = None,
    **fields: Any,
) -> Conclusion:
    """Return the conclusion of one cell."""
    values = of.as_dict()
    exact = {"django": values["django"] + ".3", "pytest-django": values["pytest-django"] + ".0", "pytest": "9.0.2"}
    number = sum(map(ord, of.id)) % 1000
    defaults: dict[str, Any] = {
        "provider": "sqlite" if values["database"].startswith("sqlite") else "embedded",
        "level": Level.OBSERVED,
        "seconds": 2.5,
        "log": f"{number:03d}-matrix-1.log",
    }
    return Conclusion(
        cell=of,
        exact=tuple(sorted({"python": "3.12.4", **exact}.items())),
        engine=Engine.SQLITE if values["database"].startswith("sqlite") else Engine.POSTGRESQL,
        judgement=Judgement(
            observation=Observation(state=state, reason=reason, signature=signature, failing=int(bool(signature))),
            verdict=verdict,
            expectation=expectation,
        ),
        **(defaults | fields),
    )


def entry(reason: str, **fields: Any) -> Expectation:
    """Return an ``[[expect]]`` entry."""
    return Expectation(when=Condition(terms=()), state="fail", reason=reason, **fields)


def conclusions() -> list[Conclusion]:
    """Return cells in every state that a record can have."""
    regression = entry("4.13.0 breaks Django before 5.2", issue="https://example.org/1303")
    words = "3 of 16 failed: AttributeError: no attribute '_pre_setup_ran_eagerly'"
    broken = [
        conclusion(
            cell(django="5.1", pytest_django="4.13", database=database),
            State.FAIL,
            Verdict.EXPECTED_FAILURE,
            words,
            BROKEN,
            regression,
            suspects=("pytest-django", "pytest"),
            control=Control.PASSED,
        )
        for database in ("sqlite-memory", "postgres-16", "postgres-17", "postgres-18")
    ]
    missing = Signature(type="tables-missing", frame="", message="users")
    timeout = Signature(type="timeout", frame="tests/test_users.py::test_wait", message="")
    crash = Signature(type="crash", frame="", message="signal 11")
    error = Signature(type="infrastructure", frame="", message="the server died")
    as_expected, unexpected = Verdict.AS_EXPECTED, Verdict.UNEXPECTED_FAILURE
    return [
        conclusion(cell(django="5.1", pytest_django="4.12"), State.PASS, as_expected),
        conclusion(cell(django="6.0", pytest_django="4.12"), State.PASS, as_expected, is_reused=True),
        conclusion(cell(django="6.0", pytest_django="4.13"), State.PASS, as_expected),
        *broken,
        conclusion(
            cell(django="6.0", pytest_django="4.13", database="postgres-17"),
            State.FAIL,
            unexpected,
            f"tables missing: users {NOISE}",
            missing,
        ),
        conclusion(
            cell(django="6.0", pytest_django="4.12", database="postgres-17"),
            State.FLAKY,
            as_expected,
            "failed, then passed on the same lock: 1 of 16 failed",
        ),
        conclusion(
            cell(django="6.0", pytest_django="4.12", canary="hangs"),
            State.TIMEOUT,
            unexpected,
            "still running after 300 s, in tests/test_users.py::test_wait",
            timeout,
        ),
        conclusion(cell(django="6.0", pytest_django="4.12", mode="xdist"), State.CRASH, unexpected, "signal 11", crash),
        conclusion(
            cell(django="6.0", pytest_django="4.13", database="postgres-18"),
            State.ERROR,
            Verdict.INDETERMINATE,
            "the server of postgres-18 died; its last words:\nPANIC: could not write",
            error,
        ),
        conclusion(
            cell(django="6.0", pytest_django="4.13", mode="xdist"),
            State.PASS,
            Verdict.UNEXPECTED_PASS,
            expectation=entry("xdist is known to fail"),
        ),
        conclusion(
            cell(django="6.0", pytest_django="4.13", database="postgres-13"),
            State.UNSUPPORTED,
            as_expected,
            "PostgreSQL 14 or later is required (found 13.22).",
        ),
        conclusion(
            cell(django="5.1", pytest_django="4.12", database="postgres-17"),
            State.PASS,
            as_expected,
            purpose=Purpose.DIAGNOSTIC,
        ),
    ]


LEFT_OUT = (
    LeftOut(
        nogood=Nogood(
            values=(("database", "mariadb-11"),),
            why=Why.NO_PROVIDER,
            detail="mariadb-11: docker: no engine answers at the socket",
            remedy="start Docker",
        ),
        cells=40,
    ),
    LeftOut(
        nogood=Nogood(
            values=(("python", "3.15"),),
            why=Why.NO_INTERPRETER,
            detail="no Python 3.15 was found in PATH",
            remedy="uv python install 3.15",
        ),
        cells=1,
    ),
    LeftOut(
        nogood=Nogood(
            values=(("pytest", "9"), ("pytest-django", "4.5")),
            why=Why.UNRESOLVABLE,
            detail="Because pytest-django==4.5 depends on pytest<9\nand you require pytest==9, your requirements"
            " are unsatisfiable.",
        ),
        cells=12,
    ),
    LeftOut(nogood=Nogood(values=(("mode", "xdist"),), why=Why.EXCLUDED, detail="one machine, one core"), cells=3),
)
COVERAGE = Coverage(
    strength=Strength.PAIRS,
    covered=40,
    feasible=44,
    missing=tuple(
        (((axis, value), ("python", "3.12")), reason)
        for axis, value, reason in (
            ("database", "mariadb-11", "no-provider"),
            ("mode", "xdist", "no-provider"),
            ("django", "5.1", "no-provider"),
            ("django", "6.0", "no-interpreter"),
        )
    ),
)


@pytest.fixture
def run_summary() -> RunSummary:
    """A run in which everything happens that can."""
    found = conclusions()
    lost = cell(django="5.1", pytest_django="4.12", mode="create-db")
    planned = tuple(one.cell for one in found if one.purpose is Purpose.MATRIX)
    return summarise(
        found,
        run_id=7,
        as_of=AS_OF,
        plan=Plan(cells=(*planned, lost), left_out=LEFT_OUT, coverage=COVERAGE, product=120),
        missing=(lost,),
        ran=14,
        reused=1,
        duration_s=754.2,
        strict=False,
        absent=[],
        databases=(),
        warnings=WARNINGS,
    )


@pytest.fixture
def known_summary(run_summary: RunSummary) -> RunSummary:
    """A run of one cell whose answer was known."""
    passed = replace(run_summary.conclusions[0], is_reused=True)
    return summarise(
        [passed],
        run_id=8,
        as_of=AS_OF,
        plan=Plan(
            cells=(passed.cell,),
            left_out=(),
            coverage=Coverage(strength=Strength.FULL, covered=1, feasible=1),
            product=1,
        ),
        missing=(),
        ran=0,
        reused=1,
        duration_s=0.4,
        strict=False,
        absent=[],
        databases=(),
    )


@pytest.fixture
def examined_summary(run_summary: RunSummary) -> RunSummary:
    """A run of one cell whose failure the doctor explains; something else was found besides."""
    found = Finding(
        cause="empty-migrations-package",
        title="a migrations package without a migration: its app's tables are never created",
        evidence=f"shop/migrations/ holds __init__.py and no migration: table {NOISE} is created by nothing.",
        todo="make the migrations of shop and commit them",
        path="shop/migrations/__init__.py",
        link="https://example.org/migrations",
        reach=Reach.PROJECT,
        is_explaining=True,
    )
    beside = replace(found, cause="no-migrations-flag", path="pytest.ini", line=3, is_explaining=False)
    failed = conclusion(
        cell(django="5.1", pytest_django="4.12", canary="empty"),
        State.FAIL,
        Verdict.UNEXPECTED_FAILURE,
        "2 of 3 failed: OperationalError: no such table: shop_item",
        Signature(type="OperationalError", frame="django/db/backends/utils.py:execute", message="no such table"),
        control=Control.FAILED_SAME,
        examination=Examination(doctor="0123456789abcdef", findings=(found, beside)),
    )
    return summarise(
        [failed],
        run_id=9,
        as_of=AS_OF,
        plan=Plan(
            cells=(failed.cell,),
            left_out=(),
            coverage=Coverage(strength=Strength.FULL, covered=1, feasible=1),
            product=1,
        ),
        missing=(),
        ran=3,
        reused=0,
        duration_s=4.2,
        strict=False,
        absent=[],
        databases=(),
    )


@pytest.fixture
def plan_view() -> PlanView:
    """A plan with something left out for each kind of reason."""
    cells = tuple(one.cell.id for one in conclusions()[:4])
    return PlanView(
        cells=cells,
        left_out=LEFT_OUT,
        coverage=COVERAGE,
        product=120,
        as_of=AS_OF,
        estimate_s=95.4,
        jobs=2,
        warnings=WARNINGS,
    )


def trial(runner: Runner, purpose: Purpose, number: int, evidence: Evidence, **fields: Any) -> Trial:
    """Return one attempt at the record's cell."""
    of = cell(django="5.1", pytest_django="4.13", database="postgres-17")
    attempt = Attempt(
        run_key="0123456789abcdef" * 2,
        cell_id=of.id,
        exact=(("django", "5.1.4"), ("pytest", "9.0.2"), ("pytest-django", "4.13.0"), ("python", "3.12.4")),
        runner=runner,
        purpose=purpose,
        number=number,
        started_at=AS_OF,
        interpreter="CPython 3.12.4",
        platform="linux-x86_64",
        provider="embedded",
        server_source="wheel",
        server_version="17.6",
        server_digest="sha256:77aa",
        lock_hash="feedfacefeedface",
        log=f"0123-{purpose.value}-{number}.log",
        timings=Timings(environment_s=1.25, server_s=0.4, copy_s=0.02, test_s=75.3),
        **({"ended": Ended.EXITED} | fields),
    )
    return Trial(attempt=attempt, evidence=evidence)


def evidence() -> Evidence:
    """Return what two workers saw, one of which fell silent."""
    trace = "def test_create(self):\n>   assert user\nE   AttributeError"
    failure = Failure(
        type="builtins.AttributeError",
        message=f"no attribute '_pre_setup' {NOISE}",
        frames=(Frame(file="pytest_django/fixtures.py", line=7, function="_django_db_helper", origin="pytest_django"),),
        trace=trace,
    )
    seen = DatabaseSeen(
        alias="default",
        vendor="postgresql",
        name="test_harness_x_c1_default_gw0",
        version="17.6",
        expected=("auth_group", "users"),
        real=("auth_group", "django_migrations"),
        applied=("auth.0001_initial",),
        unapplied=("authentication.0001_initial",),
        created=2,
    )
    worker = ProcessEvidence(
        probe="0123456789abcdef",
        pid=100,
        worker="gw0",
        run=1,
        runner="pytest-django",
        python="3.12.4",
        sqlite="3.45.1",
        imported=(Imported(name="django", version="5.1.4", path="django/__init__.py"),),
        settings=SettingsSeen(module="config.settings.test", chosen_by="the environment"),
        ini_file="pytest.ini",
        set_up_by=("fixture django_db_setup (pytest_django.fixtures)",),
        databases=(seen,),
        tests=(
            TestResult(id="tests/test_users.py::test_login", outcome=Outcome.PASSED, duration_s=0.5),
            TestResult(id="tests/test_users.py::test_create", outcome=Outcome.FAILED, failure=failure),
            TestResult(id=f"tests/test_users.py::test_{NOISE}", outcome=Outcome.SKIPPED, reason="not today"),
        ),
        collected=3,
        is_complete=True,
        exit_status=1,
    )
    silent = replace(worker, worker="gw1", pid=101, databases=(), tests=(), is_complete=False, exit_status=None)
    return Evidence(level=Level.OBSERVED, processes=(worker, silent), problems=("line 9: unknown event 'x'",))


@pytest.fixture
def record_view() -> RecordView:
    """A failure with its retry and its control."""
    nothing = Evidence(level=Level.EXIT_CODE)
    trials = (
        trial(Runner.PYTEST, Purpose.MATRIX, 1, nothing, ended=Ended.INFRASTRUCTURE, message="the server died"),
        trial(Runner.PYTEST, Purpose.MATRIX, 2, evidence(), exit_code=1, log_was_cut=True),
        trial(Runner.DJANGO, Purpose.CONTROL, 1, nothing, ended=Ended.SIGNALLED, exit_code=-11, message="by signal 11"),
    )
    summary = summarise(
        conclusions(),
        run_id=7,
        as_of=AS_OF,
        plan=Plan(cells=(), left_out=(), coverage=COVERAGE, product=0),
        missing=(),
        ran=0,
        reused=0,
        duration_s=0,
        strict=False,
        absent=[],
        databases=(),
    )
    of = trials[0].attempt.cell
    (concluded,) = [one for one in summary.conclusions if one.cell == of]
    return RecordView(
        run=7,
        started=AS_OF,
        record=Record(cell=of, trials=trials, exact=trials[0].attempt.exact),
        conclusion=replace(concluded, log=trials[1].attempt.log),
    )


@pytest.fixture
def bisect_view() -> BisectView:
    """A search by date with everything in it: both kinds of window, noise, several packages, hostile text."""
    told = [
        ("2026-07-30", Answer.GOOD, State.PASS, ""),
        ("2026-07-31", None, None, ""),
        ("2026-08-01", Answer.GOOD, State.PASS, ""),
        ("2026-08-02", Answer.OTHER, State.FAIL, f"1 of 3 failed: ImportError: {NOISE}"),
        ("2026-08-03", Answer.UNKNOWN, State.UNRESOLVABLE, "no solution found | because *x* <requires> y"),
        ("2026-08-04", Answer.BAD, State.FAIL, "2 of 3 failed: AttributeError: type object 'X' has no attribute 'y'"),
        ("2026-08-05", None, None, ""),
        ("2026-08-06", Answer.GOOD, State.PASS, ""),
    ]
    rows = tuple(
        Row(
            label=label,
            cell=f"date={label},django===5.1.15" if answer and state is not State.UNRESOLVABLE else "",
            answer=answer,
            state=state,
            reason=reason,
            is_untestable=state is State.UNRESOLVABLE,
            runs=0 if answer is None else 3,
            passes=3 if answer is Answer.GOOD else 0,
            provider="embedded" if label.endswith("1") else "sqlite",
            is_known=label.endswith("6"),
        )
        for label, answer, state, reason in told
    )
    answers = [row.answer for row in rows]
    guilty = Moved(name="pytest-django", old="4.12.0", new="4.13.0")
    return BisectView(
        run=7,
        axis="date",
        cell="canary=seed,database=sqlite-memory,mode=migrations,python=3.12,django<5.2,pytest-django",
        good="2026-07-30",
        bad="2026-08-06",
        bad_state=State.FAIL,
        as_of=AS_OF,
        signature=BROKEN,
        example=f"2 of 3 failed: AttributeError: {NOISE} `code`",
        rows=rows,
        changes=changes(answers),
        intervals=intervals(answers),
        stride=2,
        steps=6,
        promised=None,
        rounds=4,
        workers=2,
        ran=18,
        reused=1,
        duration_s=61.04,
        sureness=Sureness(rate=0.75, confidence=0.9614),
        culprit=Culprit(
            moved=(Moved(name="asgiref", old="3.8.1", new="3.9.0"), guilty, Moved(name="tzdata", old="", new="2026.1")),
            guilty=(guilty,),
            tried=2,
        ),
        notes=("both ends are good: what lies between them was sampled",),
        commands=(("both", "harness bisect --axis date --cell 'django=<5.2' --rerun"), ("good", "uv run pytest")),
    )


@pytest.fixture
def comparison() -> Comparison:
    """Two runs with a cell of most categories."""
    signature = replace(BROKEN, message="another")
    passed = Side(
        state=State.PASS,
        verdict=Verdict.AS_EXPECTED,
        provider="sqlite",
        installed=(("django", "5.1.15"), ("pytest-django", "4.12.0")),
        tests=(("t::a", Outcome.PASSED), ("t::b", Outcome.PASSED), ("t::removed", Outcome.FAILED)),
    )
    failed = Side(
        state=State.FAIL,
        verdict=Verdict.UNEXPECTED_FAILURE,
        signature=BROKEN,
        reason=f"1 of 3 failed: {NOISE}",
        provider="sqlite",
        installed=(("django", "5.1.15"), ("pytest-django", "4.13.0")),
        tests=(("t::a", Outcome.PASSED), ("t::b", Outcome.ERROR), ("t::new", Outcome.PASSED)),
    )
    error = Side(state=State.ERROR, verdict=Verdict.INDETERMINATE, reason="the server died")
    names = [f"5.{number}" for number in range(14)]
    cells = [cell(django=name, pytest_django="4.13") for name in names]
    old = [passed] * 7 + [failed, failed, passed, failed, passed, error]
    new = [failed] * 5 + [
        replace(failed, verdict=Verdict.EXPECTED_FAILURE),
        error,
        passed,
        replace(failed, signature=signature),
    ]
    new += [replace(failed, provider="docker"), failed, replace(passed, state=State.FLAKY), passed, failed]
    return compare(
        dict(zip(cells, old[:13], strict=False)),
        {one: side for one, side in zip(cells, new, strict=True) if one is not cells[10]},
        old_run=3,
        new_run=5,
    )


HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)> ]]> <!-- ``` **bold** | [l](javascript:x) @somebody"
    " \x00\x08\x9b2J \ud800 \ufdd0\uffff \u2066x\n::error::injected\n##[error]old\n# heading\n\n</details>\n---"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldArchive:
    """An `Archive` of values."""

    held: tuple[Record, ...]
    compared: Comparison | None

    def records(self) -> Iterator[Record]:
        """Yield them."""
        return iter(self.held)

    def record(self, cell_id: str) -> Record:
        """Return one."""
        return next(record for record in self.held if record.cell.id == cell_id)

    def comparison(self) -> Comparison | None:
        """Return what was given."""
        return self.compared

    def past(self) -> Iterator[PastRun]:
        """Yield none."""
        return iter(())

    def copy_to(self, path: Path) -> None:
        """Write something."""
        path.write_bytes(b"a store")


def record_of(one: Conclusion) -> Record:
    """Return a record that such a conclusion may have been drawn from."""
    if one.state is State.UNSUPPORTED:
        return Record(cell=one.cell, exact=one.exact, purpose=one.purpose)
    failure = Failure(type="builtins.ValueError", message=HOSTILE, trace=f"E   {HOSTILE}")
    outcomes = [Outcome.PASSED, Outcome.XFAILED, Outcome.SKIPPED]
    outcomes += [Outcome.FAILED, Outcome.ERROR] if one.state.is_failure else []
    seen = evidence()
    tests = tuple(
        TestResult(
            id=f"tests/test_{name}<b>\u202e.py::Tests::test_{outcome.value}_{HOSTILE}",
            outcome=outcome,
            duration_s=0.25,
            reason=HOSTILE if outcome is Outcome.SKIPPED else "",
            failure=failure if outcome in (Outcome.FAILED, Outcome.ERROR) else None,
        )
        for name in ("a", "b")
        for outcome in outcomes
    )
    found = replace(seen, processes=(replace(seen.processes[0], tests=tests),), problems=())
    made = trial(Runner.PYTEST, Purpose.MATRIX, 1, found, exit_code=0)
    of = replace(made.attempt, cell_id=one.cell.id, exact=one.exact, purpose=one.purpose, provider=one.provider)
    return Record(cell=one.cell, trials=(replace(made, attempt=of),), exact=one.exact, purpose=one.purpose)


@pytest.fixture
def run_report(run_summary: RunSummary) -> RunReport:
    """That run with records behind it, and one before it in which the crash was there already."""
    sides = {
        one.cell: Side(state=one.state, verdict=one.judgement.verdict, signature=one.signature)
        for one in run_summary.conclusions
        if one.purpose is Purpose.MATRIX
    }
    passed = Side(state=State.PASS, verdict=Verdict.AS_EXPECTED)
    before = {cell: side if side.state is State.CRASH else passed for cell, side in sides.items()}
    axes = {axis for one in run_summary.conclusions for axis, _ in one.exact}
    return RunReport(
        summary=run_summary,
        archive=HeldArchive(
            held=tuple(record_of(one) for one in run_summary.conclusions),
            compared=compare(before, sides, old_run=6, new_run=7),
        ),
        started=AS_OF,
        finished=AS_OF + dt.timedelta(seconds=754),
        made=AS_OF + dt.timedelta(hours=1),
        harness_version="0.1.0",
        platform="Linux-6.1-x86_64",
        matrix="matrix.toml",
        axes=tuple(
            Axis(
                name=axis,
                values=tuple(
                    Value(requested=requested, exact=exact)
                    for requested, exact in sorted(
                        {(one.cell[axis], dict(one.exact)[axis]) for one in run_summary.conclusions}
                    )
                )
                + ((Value(requested="4.9", exact="4.9.0"),) if axis == "pytest-django" else ()),
            )
            for axis in sorted(axes)
        ),
        command="harness",
        tail=" -m other.toml",
        notes=(f"a note {NOISE}",),
    )
