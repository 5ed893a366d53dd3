"""Errors that a person can mend: their exit codes, which one wins, and what a typo may have meant."""

from __future__ import annotations

import itertools

import pytest

from harness.errors import (
    ExitCode,
    HarnessError,
    IndexUnreachable,
    Infrastructure,
    Interrupted,
    NothingSelected,
    UsageError,
    nearest,
    worst,
)

WORST_FIRST = (3, 1, 12, 10, 5, 0)  # DESIGN §2: "The worst wins: 3, 1, 12, 10, 5, 0."


@pytest.mark.parametrize("codes", list(itertools.permutations(WORST_FIRST, 2)))
def test_of_two_codes_the_worse_wins(codes: tuple[int, int]) -> None:
    """In the order of the design, whichever comes first."""
    expected = min(codes, key=WORST_FIRST.index)
    assert worst(ExitCode(code) for code in codes) == expected


@pytest.mark.parametrize("count", range(1, len(WORST_FIRST) + 1))
def test_of_many_codes_the_worst_wins(count: int) -> None:
    """However many there are."""
    mildest = WORST_FIRST[-count:]
    assert worst([ExitCode(code) for code in mildest]) == mildest[0]


def test_of_no_codes_none_is_bad() -> None:
    """Nothing went wrong."""
    assert worst([]) is ExitCode.OK


@pytest.mark.parametrize("code", ExitCode)
def test_every_code_has_a_rank(code: ExitCode) -> None:
    """And is worse than success."""
    assert worst([ExitCode.OK, code, ExitCode.OK]) is code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (HarnessError, 4),
        (UsageError, 4),
        (NothingSelected, 5),
        (Infrastructure, 10),
        (IndexUnreachable, 10),
        (Interrupted, 2),
    ],
)
def test_each_error_ends_with_its_code(kind: type[HarnessError], code: int) -> None:
    """That of DESIGN §2."""
    assert kind("x").exit_code == code


def test_no_error_of_a_user_s_is_a_bug_or_a_verdict() -> None:
    """0, 1, 3 and 12 are said by other means than an error."""
    kinds = [HarnessError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    codes = {kind.exit_code for kind in kinds}
    assert len(kinds) >= 6
    assert codes.isdisjoint(
        {ExitCode.OK, ExitCode.UNEXPECTED_FAILURE, ExitCode.BUG, ExitCode.UNEXPECTED_PASS},
    )


def test_an_error_says_what_failed_and_what_to_try() -> None:
    """As one text; the parts can be had apart."""
    error = UsageError("no profile 'fats'", remedy="one of fast, full")
    assert str(error) == "no profile 'fats'\n  try: one of fast, full"
    assert (error.message, error.remedy) == ("no profile 'fats'", "one of fast, full")
    assert str(UsageError("no more to say")) == "no more to say"


@pytest.mark.parametrize(
    ("word", "candidates", "expected"),
    [
        ("djang", ["pytest", "django", "python"], "; nearest: django"),
        ("postgres-1", ["postgres-17", "postgres-16", "mariadb-11"], "; nearest: postgres-17, postgres-16"),
        ("postgres", [f"postgres-{n}" for n in range(10, 19)], "; nearest: postgres-18, postgres-17, postgres-16"),
        ("xyz", ["django", "pytest"], ""),
        ("django", [], ""),
        ("djang", iter(["django", "django"]), "; nearest: django"),
    ],
)
def test_the_nearest_words_are_a_phrase(word: str, candidates: list[str], expected: str) -> None:
    """At most three, each once, the same in whatever order they were given; nothing where nothing is near."""
    assert nearest(word, candidates) == expected


def test_the_nearest_words_do_not_depend_on_order() -> None:
    """Of a set, for example."""
    words = ("abcd", "abce", "abcf", "abcg")
    found = {nearest("abc", order) for order in itertools.permutations(words)}
    assert len(found) == 1
