"""Blame is earned by comparisons in one variable, and only by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.blame import blame, with_blame
from harness.analysis.conclude import Conclusion
from harness.analysis.control import Control
from harness.model.cell import Cell
from harness.model.spec import Engine
from harness.model.verdict import Blame, Judgement, Observation, Signature, State, Verdict

BASE = {"database": "postgres-17", "django": "5.1", "mode": "xdist", "pytest-django": "4.13", "python": "3.12"}
SIGNATURE = Signature(type="AttributeError", frame="pytest_django/fixtures.py:f", message="no attribute 'x'")


def conclusion(
    state: State, *, provider: str = "embedded", exact: dict[str, str] | None = None, **changes: Any
) -> Conclusion:
    """Return the base cell with other values, in a state; exact versions are the values with ``.0``."""
    fields = {name: changes.pop(name) for name in ("control", "suspects", "engine", "signature") if name in changes}
    values = BASE | {axis.replace("_", "-"): value for axis, value in changes.items()}
    versions = {axis: f"{value}.0" for axis, value in values.items() if axis not in ("database", "mode")}
    seen = Observation(
        state=state, reason="…", signature=fields.pop("signature", None) or (SIGNATURE if state.is_failure else None)
    )
    verdict = Verdict.UNEXPECTED_FAILURE if state.is_failure else Verdict.AS_EXPECTED
    return Conclusion(
        cell=Cell.of(values),
        exact=tuple(sorted((versions | (exact or {})).items())),
        engine=fields.pop("engine", Engine.POSTGRESQL),
        provider=provider,
        judgement=Judgement(observation=seen, verdict=verdict),
        suspects=fields.pop("suspects", ("pytest-django", "django", "database")),
        **fields,
    )


def failing(**fields: Any) -> Conclusion:
    """Return the base cell, failing."""
    return conclusion(State.FAIL, **fields)


OLDER_PLUGIN = conclusion(State.PASS, pytest_django="4.12")
NEWER_DJANGO = conclusion(State.PASS, django="5.2")


def test_control_and_neighbour_pass_and_blame_is_earned() -> None:
    """The regression of pytest-django 4.13.0, as it was: Django 5.2 passes, too, and is not blamed for it."""
    found = blame(failing(control=Control.PASSED), [OLDER_PLUGIN, NEWER_DJANGO])
    assert found.blame is Blame.PYTEST_DJANGO
    assert OLDER_PLUGIN.cell.id in found.why
    assert "Django's own runner" in found.why


def test_a_control_alone_narrows_and_blames_nobody() -> None:
    """To the project's configuration, pytest or its plugin."""
    found = blame(failing(control=Control.PASSED), [NEWER_DJANGO])
    assert found.blame is Blame.UNDETERMINED
    assert set(found.suspects) == {Blame.PROJECT, Blame.PYTEST, Blame.PYTEST_DJANGO}


@pytest.mark.parametrize(
    ("other", "guilty"),
    [
        (conclusion(State.PASS, django="5.2"), Blame.DJANGO),
        (conclusion(State.PASS, database="postgres-16"), Blame.DATABASE),
        (conclusion(State.PASS, pytest_django="4.12"), Blame.UNDETERMINED),
        (conclusion(State.PASS, python="3.13"), Blame.UNDETERMINED),
        (conclusion(State.PASS, mode="migrations"), Blame.UNDETERMINED),
    ],
)
def test_a_control_that_fails_the_same_way_clears_pytest(other: Conclusion, guilty: Blame) -> None:
    """Django or the server may be blamed then; Python and modes never are."""
    assert blame(failing(control=Control.FAILED_SAME), [other]).blame is guilty


@pytest.mark.parametrize("control", [None, Control.INCONCLUSIVE, Control.FAILED_OTHER])
def test_without_a_control_a_chance_neighbour_is_not_enough(control: Control | None) -> None:
    """A plan holds Django 5.2 by chance: before it is blamed, the likelier suspect must have been tried."""
    found = blame(failing(control=control), [NEWER_DJANGO])
    assert found.blame is Blame.UNDETERMINED
    assert found.suspects == (Blame.PYTEST_DJANGO, Blame.DJANGO)
    tried = conclusion(State.FAIL, pytest_django="4.12")
    assert blame(failing(control=control), [NEWER_DJANGO, tried]).blame is Blame.DJANGO
    assert blame(failing(control=control), [OLDER_PLUGIN]).blame is Blame.PYTEST_DJANGO
    assert blame(failing(control=control), [OLDER_PLUGIN, NEWER_DJANGO]).blame is Blame.UNDETERMINED


@pytest.mark.parametrize(
    "other",
    [
        conclusion(State.PASS, pytest_django="4.12", django="5.2"),
        conclusion(State.PASS, pytest_django="4.12", provider="docker"),
        conclusion(State.PASS, pytest_django="4.12", engine=Engine.MARIADB),
        conclusion(State.PASS, pytest_django="4.12", exact={"django": "5.1.9"}),
        conclusion(State.PASS, pytest_django="4.12", exact={"pytest-django": "4.13.0"}),
        conclusion(State.FLAKY, pytest_django="4.12"),
        conclusion(State.FAIL, pytest_django="4.12"),
        conclusion(State.ERROR, pytest_django="4.12"),
        conclusion(State.UNSUPPORTED, pytest_django="4.12"),
    ],
)
def test_what_is_no_comparison_in_one_variable_earns_nothing(other: Conclusion) -> None:
    """Two axes, another provider, another exact version underneath, or no clean pass."""
    assert blame(failing(control=Control.PASSED), [other]).blame is Blame.UNDETERMINED


def test_an_error_is_the_environments_or_ours() -> None:
    """Never a package's."""
    machine = conclusion(State.ERROR, signature=Signature(type="infrastructure", frame="", message="disk"))
    ours = conclusion(State.ERROR, signature=Signature(type="mismatch", frame="", message="5.1 is not 5.2"))
    assert blame(machine, [OLDER_PLUGIN]).blame is Blame.ENVIRONMENT
    assert blame(ours, [OLDER_PLUGIN]).blame is Blame.HARNESS


def test_a_whole_run_is_blamed_at_once() -> None:
    """What passed carries no blame; what failed carries what `blame` says."""
    one = failing(control=Control.PASSED)
    found = with_blame([one, OLDER_PLUGIN, NEWER_DJANGO])
    assert [bool(item.blame) for item in found] == [True, False, False]
    assert found[0] == replace(one, blame=blame(one, [OLDER_PLUGIN, NEWER_DJANGO]))
