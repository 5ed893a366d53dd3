"""What `harness bounds` says, in whole documents; `python -m pytest tests/golden --accept` accepts a change."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.view import Row
from harness.analysis.bounds.told import Question, told_of
from harness.analysis.bounds.view import BoundsView, Joint
from harness.model import codec
from harness.model.verdict import Signature, State
from harness.report import bounds_json, bounds_text
from harness.report.schemas import Document, kind, schema

CELL = "canary=shop,database=sqlite-memory,mode=plain,pytest=9,python=3.12"
STATES = {"g": State.PASS, "b": State.FAIL, "?": State.UNRESOLVABLE, "f": State.FLAKY}
ANSWERS = {"g": Answer.GOOD, "b": Answer.BAD, "?": Answer.UNKNOWN, "f": Answer.UNKNOWN}
REASONS = {"b": "1 of 2 failed: ImportError: cannot import name '[red]x'\x1b[0m", "f": "fails at times", "?": "No\nway"}
SIGNATURE = Signature(type="ImportError", frame="shop/models.py:<module>", message="cannot import name")

AXIS = Question(name="django", requirement="", declared=">=1.1", is_axis_only=True)


def rows(name: str, letters: str) -> tuple[Row, ...]:
    """Return the releases 1.0, 1.1, …, one for each letter; a dot was not asked."""
    return tuple(
        Row(
            label=f"1.{number}",
            cell=f"{CELL},{name}===1.{number}" if letter != "." else "",
            answer=ANSWERS.get(letter),
            state=STATES.get(letter),
            reason=REASONS.get(letter, ""),
            is_untestable=letter == "?",
            runs=2 if letter == "b" else int(letter in "gf"),
            passes=int(letter == "g"),
        )
        for number, letter in enumerate(letters)
    )


@pytest.fixture
def bounds_view() -> BoundsView:
    """Dependencies in every state, and what may be told of them."""
    asked = [
        ("attrs", "attrs>=1", "g..g.g"),
        ("sqlparse", 'sqlparse[x]>=1.0,!=1.3,<3; python_version > "3"', "gbb?g.gg"),
        ("toolz", "toolz", "?.?gg..g"),
        ("pillow", "pillow~=1.0", "??.fgg"),
        ("own", "own @ https://example.org/own.whl", ""),
    ]
    found = []
    for name, requirement, letters in asked:
        of = rows(name, letters)
        specifier = "" if "@" in requirement else requirement.partition(";")[0].removeprefix(name).removeprefix("[x]")
        question = Question(
            name=name,
            requirement=requirement,
            declared=specifier,
            is_axis_only=False,
            notes=("left out: 0.9: attrs 0.9 requires Python <3.12",) if name == "attrs" else (),
            trouble="" if letters else "it is taken from an address, not from the index",
        )
        found.append(told_of(question, of, {row.cell: SIGNATURE for row in of if row.state is State.FAIL}, rounds=3))
    newest = Row(label="the newest of everything", cell=CELL, answer=Answer.GOOD, state=State.PASS, runs=1, passes=1)
    return BoundsView(
        run=7,
        canary="shop",
        is_project=True,
        cell=CELL,
        newest=newest,
        as_of=dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
        bounds=tuple(found),
        joint=Joint(
            versions=(("attrs", "1.1"), ("sqlparse", "1.4")),
            row=replace(newest, cell=f"{CELL},attrs===1.1", answer=Answer.BAD, state=State.FAIL, reason=REASONS["b"]),
            notes=("attrs is 1.1, not 1.0: another dependency needs that",),
        ),
        ran=17,
        reused=2,
        duration_s=61.04,
    )


def test_a_search_as_text(bounds_view: BoundsView, render, is_as_expected: Callable[[str, str], None]) -> None:
    """Each dependency with its evidence and what was not asked, all together, the lines to change."""
    is_as_expected("bounds.txt", render(bounds_text.result(bounds_view, show="harness show")))


def test_a_search_that_could_not_begin_as_text(
    bounds_view: BoundsView, render, is_as_expected: Callable[[str, str], None]
) -> None:
    """Where the newest of everything fails, that is what is shown."""
    failed = replace(bounds_view.newest, answer=Answer.BAD, state=State.FAIL, reason=REASONS["b"], passes=0)
    unasked = told_of(AXIS, (*rows("django", ".."), replace(failed, label="1.2")), {}, rounds=0)
    view = replace(bounds_view, newest=failed, bounds=(unasked,), joint=None)
    is_as_expected("bounds-failing.txt", render(bounds_text.result(view, show="harness show")))


def test_a_search_among_axes_as_text(
    bounds_view: BoundsView, render, is_as_expected: Callable[[str, str], None]
) -> None:
    """The matrix says what is supported; what was found may be lower, and replaces no line."""
    lower = told_of(AXIS, rows("django", "bg.g"), {}, rounds=3)
    higher = told_of(replace(AXIS, name="pytest"), rows("pytest", "bbgg"), {}, rounds=3)
    view = replace(bounds_view, is_project=False, bounds=(lower, higher), joint=None)
    is_as_expected("bounds-axes.txt", render(bounds_text.result(view, show="harness show")))


def test_a_search_as_json(bounds_view: BoundsView, is_as_expected: Callable[[str, str], None]) -> None:
    """What is written fits its schema and is read back as it was."""
    text = bounds_json.document(bounds_view, 1)
    is_as_expected("bounds.json", text + "\n")
    made = codec.loads(kind(Document.BOUNDS), text)
    assert TypeAdapter(kind(Document.BOUNDS)).validate_json(text) == made
    assert set(json.loads(text)) == set(json.loads(schema(Document.BOUNDS))["properties"])
