"""What a comment says of a change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.model.cell import Cell
from harness.report.formats import comment
from harness.workflow import place as places
from harness.workflow.report import open_report

HOSTILE = "</details> <!-- --> @everyone ![x](http://evil) | `code` \x1b[31m #12 ::error::"


@pytest.fixture
def said(tmp_path: Path) -> Callable[[Any], str]:
    """Returns a function that gives the comment on the last run of a made-up store."""

    def read(made: Any) -> str:
        matrix = made.folder / "matrix.toml"
        place = places.find(matrix, {"HARNESS_CACHE_DIR": str(tmp_path / "cache")})
        spec = config.load(matrix, today=place.now().date())
        with open_report(spec, place, run=None, command="harness", tail="") as report:
            (document,) = comment.documents(report)
            assert isinstance(document.content, str)
            return document.content

    return read


def on_django_6(state: str) -> Callable[[Cell], str]:
    """Return states: that one on Django 6.0, else a pass."""
    return lambda cell: state if cell["django"] == "6.0" else "pass"


def test_without_an_earlier_run(make_store, said, tmp_path: Path) -> None:
    """There is nothing to compare with, and that is said."""
    made = make_store(tmp_path / "store")
    made.run()

    assert said(made).startswith("<!-- harness -->\n### harness: there is no earlier run to compare with\n\n")


def test_nothing_became_worse(make_store, said, tmp_path: Path) -> None:
    """What was fixed is in the numbers."""
    made = make_store(tmp_path / "store")
    made.run(on_django_6("fail"))
    made.run(hours=1)

    assert "### harness: nothing became worse since run 1" in said(made)
    assert "4 fixed, 8 same (run 1 → run 2)" in said(made)


def test_what_regressed_comes_with_what_moved(make_store, said, tmp_path: Path) -> None:
    """Cells that regressed in one way are one entry."""
    made = make_store(tmp_path / "store")
    made.run()
    made.run(on_django_6("fail"), hours=1, moved={"sqlparse": "0.6.0"})
    text = said(made)

    assert "### harness: 4 cells regressed since run 1" in text
    assert (
        "- ✗ **regressed** in 4 cells: `1 of 3 failed: django.db.utils.OperationalError: no such table: users`" in text
    )
    assert "  - moved: `sqlparse 0.5.0 → 0.6.0`" in text
    assert text.count("**regressed**") == 1


def test_a_new_cell_that_fails_is_told(make_store, said, tmp_path: Path) -> None:
    """One that passes is only counted."""
    made = make_store(tmp_path / "store")
    old, new = made.product[:6], made.product
    made.run(cells=old)
    made.run(lambda cell: "other" if cell == new[-1] else "pass", cells=new, hours=1)

    assert "### harness: 1 new cell does not pass since run 1" in said(made)
    assert "**new** in 1 cell: `1 of 3 failed: django.db.utils.OperationalError: database is locked`" in said(made)


def test_a_comment_keeps_its_limit(make_store, said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is counted."""
    monkeypatch.setattr(comment, "LIMIT_CHARACTERS", 1000)
    made = make_store(tmp_path / "store")
    made.run()
    states = {"5.1": "fail", "5.2": "other", "6.0": "crash"}
    made.run(lambda cell: states[cell["django"]], hours=1)
    text = said(made)

    assert len(text) <= 1000 + 100
    assert "more change" in text
    assert text.endswith("(run 1 → run 2).\n")


def test_what_a_cell_says_is_nothing_but_text(make_store, said, tmp_path: Path) -> None:
    """It calls nobody, links nowhere, and steers neither Markdown nor a log."""
    made = make_store(tmp_path / "store", words={"message": HOSTILE, "test": HOSTILE})
    made.run()
    made.run(on_django_6("fail"), hours=1)
    (line, *_) = [line for line in said(made).splitlines() if "everyone" in line]

    assert line.count("``") == 2  # all of it in one piece of code, which has backticks of its own
    assert "\x1b" not in line
    assert not line.lstrip().startswith("::")
