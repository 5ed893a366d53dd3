"""The list of formats, held against what is said of it."""

from __future__ import annotations

import re

import pytest

from harness.errors import UsageError
from harness.report.formats import FORMATS, find
from harness.report.formats.shields import score


def test_the_documentation_has_a_section_for_each(pytestconfig: pytest.Config) -> None:
    """Those, and no others."""
    text = (pytestconfig.rootpath / "docs" / "report.md").read_text(encoding="utf-8")
    assert re.findall(r"^### `(\w+)`$", text, re.MULTILINE) == [one.name for one in FORMATS]


@pytest.mark.parametrize(("word", "meant"), [("juint", "junit"), ("CTRF", "one of"), ("json", "jsonl"), ("", "one of")])
def test_an_unknown_name_is_told_the_nearest(word: str, meant: str) -> None:
    """And all there are."""
    with pytest.raises(UsageError, match=meant):
        find(word)


@pytest.mark.parametrize(
    ("good", "of", "percent"), [(0, 0, 0), (0, 3, 0), (1, 3, 33), (2, 3, 66), (999, 1000, 99), (3, 3, 100)]
)
def test_a_score_is_rounded_down(good: int, of: int, percent: int) -> None:
    """100 means all, and nothing is no score."""
    assert score(good, of) == percent
