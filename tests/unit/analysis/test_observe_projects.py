"""What is asked of a project as it came, beside and less than of a canary of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.analysis.asked import Asked
from harness.analysis.observe import observe
from harness.model.evidence import DatabaseSeen, ProcessEvidence, SettingsSeen
from harness.model.record import Trial
from harness.model.spec import DatabaseSpec, Engine, Injection, Mode, ProjectSpec
from harness.model.verdict import State

PYTEST, SCRIPT, MAKE = (("pytest",),), (("python", "runtests.py"),), (("make", "test"),)


@pytest.fixture
def asked(make_asked: Callable[..., Asked]) -> Callable[..., Asked]:
    """Returns a builder of what is asked of a project."""

    def build(commands: Any = PYTEST, *, settings: str = "", mode: Mode = Mode.PLAIN, **project: Any) -> Asked:
        spec = ProjectSpec(commands=commands, **project)
        return make_asked(canary={"project": spec, "settings": settings, "allow_skips": True}, mode=mode)

    return build


@pytest.mark.parametrize(("commands", "state"), [(PYTEST, State.ERROR), (SCRIPT, State.PASS), (MAKE, State.PASS)])
def test_a_command_that_cannot_be_observed_is_known_by_its_exit_code(
    make_trial: Callable[..., Trial], asked: Callable[..., Asked], commands: Any, state: State
) -> None:
    """pytest would have been seen, so its silence is no pass; of a script or of make, the code is all there is."""
    assert observe(make_trial(processes=()), asked(commands)).state is state
    assert observe(make_trial(processes=(), exit_code=1), asked(commands)).state is State.FAIL


@pytest.mark.parametrize(
    ("settings", "inject", "seen", "state"),
    [
        ("", Injection.NONE, "shop.anything", State.PASS),
        ("shop.test", Injection.NONE, "shop.test", State.PASS),
        ("shop.test", Injection.NONE, "shop.settings", State.ERROR),
        ("shop.test", Injection.NONE, "harness_settings", State.ERROR),
        ("shop.test", Injection.SETTINGS, "harness_settings", State.PASS),
        ("shop.test", Injection.SETTINGS, "shop.test", State.ERROR),
    ],
)
def test_other_settings_than_those_of_the_matrix_are_no_answer(
    make_trial: Callable[..., Trial],
    make_process: Callable[..., ProcessEvidence],
    asked: Callable[..., Asked],
    settings: str,
    inject: Injection,
    seen: str,
    state: State,
) -> None:
    """A project that says them itself may; what is injected has to be in force, or its databases are not the cell's."""
    process = make_process(settings=SettingsSeen(module=seen, chosen_by="env"))
    assert observe(make_trial(processes=[process]), asked(settings=settings, inject=inject)).state is state


def test_a_project_may_do_without_a_database(
    make_trial: Callable[..., Trial], make_process: Callable[..., ProcessEvidence], asked: Callable[..., Asked]
) -> None:
    """As it configures itself, that is its own affair; a mode promises that there is one."""
    trial = make_trial(processes=[make_process(databases=(), settings=None)])
    assert observe(trial, asked()).state is State.PASS
    assert observe(trial, asked(mode=Mode.MIGRATIONS)).state is State.FAIL


def test_missing_tables_are_a_projects_failure_too(
    make_trial: Callable[..., Trial],
    make_process: Callable[..., ProcessEvidence],
    make_database: Callable[..., DatabaseSeen],
    asked: Callable[..., Asked],
) -> None:
    """That no test needed the table does not make it be there."""
    database = make_database(expected=("shop_item",), real=())
    trial = make_trial(processes=[make_process(databases=(database,), settings=None)])
    assert observe(trial, asked()).reason == "tables missing: shop_item"
    own = make_database(expected=("shop_item",), real=(), is_test=False)
    left_open = make_trial(processes=[make_process(databases=(own,), settings=None)])
    assert observe(left_open, asked()).state is State.PASS


@pytest.mark.parametrize("is_project", [True, False])
def test_where_a_project_keeps_its_sqlite_is_its_own_affair(
    make_trial: Callable[..., Trial],
    make_process: Callable[..., ProcessEvidence],
    make_database: Callable[..., DatabaseSeen],
    make_asked: Callable[..., Asked],
    is_project: bool,
) -> None:
    """A file where the cell says memory is another answer only where the harness made the settings."""
    sqlite = DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE, version="memory")
    database = make_database(vendor="sqlite", name="/tmp/test.sqlite3", version="3.45.0")
    trial = make_trial(
        processes=[make_process(databases=(database,), settings=None)], provider="sqlite", server_version=""
    )
    canary = {"project": ProjectSpec(commands=PYTEST) if is_project else None, "settings": ""}
    found = observe(trial, make_asked(canary=canary, database=sqlite, mode=Mode.PLAIN))
    assert found.state is (State.PASS if is_project else State.ERROR)


def test_another_engine_than_the_cells_is_no_answer_of_a_project(
    make_trial: Callable[..., Trial],
    make_process: Callable[..., ProcessEvidence],
    make_database: Callable[..., DatabaseSeen],
    asked: Callable[..., Asked],
) -> None:
    """A project that keeps to SQLite says nothing about PostgreSQL."""
    database = make_database(vendor="sqlite", name=":memory:", version="3.45.0")
    found = observe(make_trial(processes=[make_process(databases=(database,), settings=None)]), asked())
    assert found.state is State.ERROR
    assert "asks for postgresql" in found.reason
