"""The language in which cells are looked for."""

from __future__ import annotations

import pytest

from harness.analysis.query import Row, compile_query, row_of
from harness.errors import UsageError
from harness.model.verdict import State

AXES = ("django", "pytest-django", "database", "mode")
ROW = Row(
    id="database=postgres-17,django=5.1,mode=xdist,pytest-django=4.13",
    values={"database": "postgres-17", "django": "5.1", "mode": "xdist", "pytest-django": "4.13"},
    exact={"django": "5.1.15", "pytest-django": "4.13.0"},
    words={"state": "fail", "verdict": "expected-failure", "provider": "embedded"},
)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ",
        "xdist",
        "POSTGRES",
        "postgres xdist",
        "postgres and not sqlite",
        "sqlite or xdist",
        "not (sqlite or mysql) xdist",
        "django:5.1",
        "django:5",
        "django:<5.2",
        "django:>=5.1,<5.2",
        "django:6.0,5.1",
        "django:==5.1.15",
        "pytest-django:==4.13.0",
        "Pytest_Django:4.13",
        "database:postgres",
        "database:*-17",
        'database:"postgres-17"',
        "state:fail",
        "state:crash,fail",
        "verdict:expected*",
        'provider:"embedded"',
        "state:fail django:<5.2 database:postgres",
        '"mode=xdist"',
    ],
)
def test_holds(query: str) -> None:
    """Words are part of the id, values as in ``--axis``, terms side by side hold together."""
    assert compile_query(query, AXES)(ROW)


@pytest.mark.parametrize(
    "query",
    [
        "sqlite",
        "not xdist",
        "xdist and sqlite",
        "sqlite or mysql",
        "django:5.2",
        "django:>=5.2",
        "django:>5.0,<5.1",
        "django:51",
        'database:"postgres"',
        "database:17*",
        'django:"5"',
        "state:pass",
        "verdict:expected",
        "blame:django",
        '"a:b"',
    ],
)
def test_does_not_hold(query: str) -> None:
    """A name without ``*`` is part of a value, in quotes all of it; specifiers are matched with the exact version."""
    if query == "verdict:expected":
        with pytest.raises(UsageError, match="no verdict expected"):
            compile_query(query, AXES)
        return
    assert not compile_query(query, AXES)(ROW)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stat:fail", r"no axis or field stat; nearest: state"),
        ("state:failed", "no state failed"),
        ("django:", "names no value"),
        ("django:<5.x", "django:<5.x is no specifier"),
        ("django:==1.0+local", "no specifier"),
        ("(xdist", r"expected '\)', found the end"),
        ("xdist )", r"expected and, or, or the end, found \) at column 7"),
        ("not", "expected a word, found the end"),
        ("a or or b", "expected a word, found or at column 6"),
    ],
)
def test_mistakes(query: str, words: str) -> None:
    """What cannot be read is told with its place, and the nearest thing that can."""
    with pytest.raises(UsageError, match=words):
        compile_query(query, AXES)


def test_row_of_a_conclusion(make_conclusion) -> None:
    """Only what failed or broke has a cause."""
    failed, passed = row_of(make_conclusion(State.FAIL)), row_of(make_conclusion(State.PASS))

    assert failed.words["cause"]
    assert not passed.words["cause"]
    assert compile_query(f"cause:{failed.words['cause']} verdict:unexpected-failure", AXES)(failed)
