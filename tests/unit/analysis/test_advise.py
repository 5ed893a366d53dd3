"""Whether an upgrade was seen to work."""

from __future__ import annotations

import pytest

from harness.analysis.advise import Advice, Fact, advise
from harness.model.verdict import State

HAVE = {"django": "5.2", "pytest-django": "4.11.1", "database": "postgres-15"}


def fact(state: State, **values: str) -> Fact:
    """A cell that came to *state*."""
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return Fact(id=str(named), values=named, state=state)


def cell(state: State, django: str = "6.1", plugin: str = "4.11.1", database: str = "postgres-15", **more: str) -> Fact:
    """A cell with what is wanted, unless it is told otherwise."""
    return fact(state, django=django, pytest_django=plugin, database=database, **more)


@pytest.mark.parametrize(
    ("states", "advice"),
    [
        ([State.PASS, State.PASS], Advice.YES),
        ([State.FAIL, State.CRASH], Advice.NO),
        ([State.FAIL, State.ERROR], Advice.NO),
        ([State.PASS, State.TIMEOUT], Advice.DEPENDS),
        ([State.PASS, State.FLAKY], Advice.UNKNOWN),
        ([State.PASS, State.ERROR], Advice.UNKNOWN),
        ([State.UNRESOLVABLE, State.UNSUPPORTED], Advice.UNTESTABLE),
        ([State.UNSUPPORTED, State.NOT_RUN], Advice.UNKNOWN),
        ([State.NOT_RUN], Advice.UNKNOWN),
        ([State.PASS, State.UNSUPPORTED], Advice.YES),
    ],
)
def test_of_cells_with_all_of_it(states, advice) -> None:
    """Cells that hold the whole target decide; what is neither pass nor failure never makes it a yes."""
    found = advise([cell(state, mode=str(n)) for n, state in enumerate(states)], HAVE, {"django": "6.1"})

    assert found.advice is advice
    assert found.target.cells == len(states)
    assert found.target.values == (("django", "6.1"), ("pytest-django", "4.11.1"), ("database", "postgres-15"))
    assert found.present.cells == 0


def test_not_tested_as_a_whole() -> None:
    """Then each two of the values are looked at: they pass, they fail, or nobody tried."""
    pairs = [
        cell(State.PASS, database="sqlite"),
        cell(State.PASS, plugin="4.14"),
        cell(State.PASS, django="5.2"),
    ]

    assert advise(pairs, HAVE, {"django": "6.1"}).advice is Advice.PROBABLY
    assert advise(pairs[:2], HAVE, {"django": "6.1"}).advice is Advice.UNKNOWN
    assert advise([*pairs[1:], cell(State.FAIL, database="sqlite")], HAVE, {"django": "6.1"}).advice is Advice.HARDLY
    assert advise([], HAVE, {"django": "6.1"}).advice is Advice.UNKNOWN
    assert [pair.values for pair in advise(pairs, HAVE, {"django": "6.1"}).pairs] == [
        (("django", "6.1"), ("pytest-django", "4.11.1")),
        (("django", "6.1"), ("database", "postgres-15")),
        (("pytest-django", "4.11.1"), ("database", "postgres-15")),
    ]


def test_alternatives() -> None:
    """What differs in one value and was seen to pass, nothing failing: the nearest first, higher before lower."""
    known = [
        cell(State.FAIL, plugin="4.12"),
        cell(State.PASS, plugin="4.13"),
        cell(State.PASS, plugin="4.14"),
        cell(State.PASS, plugin="4.15"),
        cell(State.FAIL, plugin="4.15", mode="b"),
        cell(State.PASS, plugin="4.11"),
    ]
    found = advise(known, HAVE | {"pytest-django": "4.12"}, {"django": "6.1"})

    assert found.advice is Advice.NO
    assert [dict(one.values)["pytest-django"] for one in found.alternatives] == ["4.13", "4.11", "4.14"]
