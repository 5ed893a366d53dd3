"""The language of -k."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.plan.expression import compile_expression

_CELL = "canary=seed,database=postgres-17,django=6.0,mode=xdist"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("seed", True),
        ("SEED", True),
        ("django=6.0", True),
        ("minimal", False),
        ("not minimal", True),
        ("not not seed", True),
        ("seed and minimal", False),
        ("seed or minimal", True),
        ("minimal or seed and xdist", True),
        ("(minimal or seed) and nomigrations", False),
        ("minimal or not (seed and xdist)", False),
        ("not minimal and seed", True),
        ("seed or seed and minimal", True),
        ("android", False),
        ("notes", False),
    ],
)
def test_words_are_joined_as_in_pytest(text: str, holds: bool) -> None:
    """A word is a part of the id, whatever its case; not binds tighter than and, and that than or."""
    assert compile_expression(text)(_CELL) is holds


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("seed and", "a word", "the end"),
        ("and seed", "a word", "'and' at column 1"),
        ("seed minimal", "and, or, or the end", "'minimal' at column 6"),
        ("(seed", "')'", "the end"),
        ("seed )", "and, or, or the end", "')' at column 6"),
        ("()", "a word", "')' at column 2"),
        ("not", "a word", "the end"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, wanted: str, found: str) -> None:
    """The message repeats the expression and says what was expected and where."""
    with pytest.raises(UsageError) as caught:
        compile_expression(text)
    assert f"-k {text!r}: expected {wanted}, found {found}" in str(caught.value)
