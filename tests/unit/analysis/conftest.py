"""Builders of planted trials: a healthy one, and whatever a test changes in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.asked import Asked
from harness.analysis.conclude import Conclusion
from harness.analysis.expect import verdict
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
    TestResult,
)
from harness.model.record import Attempt, Ended, Purpose, Runner, Trial
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, Expectation, Mode
from harness.model.verdict import Judgement, Observation, Signature, State

EXACT = (("django", "5.1.4"), ("pytest", "9.0.2"), ("pytest-django", "4.13.0"), ("python", "3.12.1"))


@pytest.fixture
def cell() -> Cell:
    """A cell of the origin story."""
    return Cell.parse(
        "canary=seed,database=postgres-17,django=5.1,mode=migrations,pytest=9,pytest-django=4.13,python=3.12"
    )


@pytest.fixture
def make_asked() -> Callable[..., Asked]:
    """Returns a builder of what was asked; keywords replace fields, ``canary`` fields by a dict."""

    def build(*, canary: dict[str, Any] | None = None, **fields: Any) -> Asked:
        defaults: dict[str, Any] = {
            "mode": Mode.MIGRATIONS,
            "canary": replace(
                CanarySpec(name="seed", path=Path("seed"), settings="config.settings.test"), **(canary or {})
            ),
            "database": DatabaseSpec(name="postgres-17", engine=Engine.POSTGRESQL, version="17"),
        }
        return Asked(**(defaults | fields))

    return build


@pytest.fixture
def make_database() -> Callable[..., DatabaseSeen]:
    """Returns a builder of a database with one table, set up well."""

    def build(**fields: Any) -> DatabaseSeen:
        defaults: dict[str, Any] = {
            "alias": "default",
            "vendor": "postgresql",
            "name": "test_harness_c1",
            "version": "17.10 (Debian 17.10-1)",
            "expected": ("users",),
            "real": ("django_migrations", "users"),
            "applied": ("authentication.0001_initial",),
            "created": 2,
        }
        return DatabaseSeen(**(defaults | fields))

    return build


@pytest.fixture
def make_process(make_database: Callable[..., DatabaseSeen]) -> Callable[..., ProcessEvidence]:
    """Returns a builder of a process in which one test passed."""

    def build(**fields: Any) -> ProcessEvidence:
        defaults: dict[str, Any] = {
            "probe": "0123456789abcdef",
            "pid": 100,
            "worker": "",
            "run": 1,
            "runner": "pytest-django",
            "python": "3.12.1",
            "sqlite": "3.40.1",
            "imported": tuple(Imported(name=name, version=version) for name, version in EXACT if name != "python"),
            "databases": (make_database(),),
            "tests": (TestResult(id="tests/test_users.py::UserTests::test_create", outcome=Outcome.PASSED),),
            "collected": 1,
            "is_complete": True,
            "exit_status": 0,
        }
        return ProcessEvidence(**(defaults | fields))

    return build


@pytest.fixture
def make_trial(cell: Cell, make_process: Callable[..., ProcessEvidence]) -> Callable[..., Trial]:
    """Returns a builder of a trial that passed; keywords replace fields of the attempt.

    ``processes`` and ``problems`` go to the evidence; ``processes=()`` is a probe that never spoke.
    """

    def build(*, processes: Any = None, problems: tuple[str, ...] = (), **fields: Any) -> Trial:
        processes = (make_process(),) if processes is None else tuple(processes)
        defaults: dict[str, Any] = {
            "run_key": "key",
            "cell_id": cell.id,
            "exact": EXACT,
            "runner": Runner.PYTEST,
            "purpose": Purpose.MATRIX,
            "started_at": dt.datetime(2026, 8, 1, tzinfo=dt.UTC),
            "ended": Ended.EXITED,
            "exit_code": 0,
            "lock_hash": "lock",
            "provider": "embedded",
            "server_version": "17.10",
        }
        return Trial(
            attempt=Attempt(**(defaults | fields)),
            evidence=Evidence(
                level=Level.OBSERVED if processes else Level.EXIT_CODE, processes=processes, problems=problems
            ),
        )

    return build


@pytest.fixture
def make_failing_test() -> Callable[..., TestResult]:
    """Returns a builder of a test that failed in a package."""

    def build(
        test_id: str = "tests/test_users.py::UserTests::test_create",
        *,
        kind: str = "builtins.AttributeError",
        message: str = "type object 'PytestDjangoTestCase' has no attribute '_pre_setup_ran_eagerly'",
        frames: tuple[tuple[str, str, str], ...] = (
            ("pytest_django/fixtures.py", "_django_db_helper", "pytest_django"),
        ),
        outcome: Outcome = Outcome.ERROR,
    ) -> TestResult:
        return TestResult(
            id=test_id,
            outcome=outcome,
            failure=Failure(
                type=kind,
                message=message,
                frames=tuple(
                    Frame(file=file, line=1, function=function, origin=origin) for file, function, origin in frames
                ),
            ),
        )

    return build


@pytest.fixture
def make_conclusion() -> Callable[..., Conclusion]:
    """Returns a builder of a conclusion in a state; a failure is called *message*, declared where it has an *issue*."""

    def build(state: State, *, message: str = "boom", issue: str = "", **changes: Any) -> Conclusion:
        fields = {name: changes.pop(name) for name in ("purpose", "blame", "is_reused", "level") if name in changes}
        values = {"django": "5.1", "pytest-django": "4.13"} | {k.replace("_", "-"): v for k, v in changes.items()}
        listed = state.is_failure or state is State.ERROR
        entry = Expectation(when=Condition(terms=()), state=state.value, reason="known", issue=issue) if issue else None
        return Conclusion(
            cell=Cell.of(values),
            exact=(),
            engine=Engine.SQLITE,
            provider="sqlite",
            judgement=Judgement(
                observation=Observation(
                    state=state, signature=Signature(type="E", frame="", message=message) if listed else None
                ),
                verdict=verdict(state, state if entry else None),
                expectation=entry,
            ),
            **fields,
        )

    return build
