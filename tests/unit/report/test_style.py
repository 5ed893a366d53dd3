"""How things look: each state has a face, and nothing from a cell steers the terminal."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.model.verdict import State, Verdict
from harness.report.style import colour, counted, glyph, plain, printable, seconds

PAIRS = list(itertools.product(State, Verdict))


def test_every_state_has_a_glyph_of_its_own() -> None:
    """Of one column, so that a grid stays a grid, and readable without colour."""
    glyphs = [glyph(state) for state in State]
    assert len(set(glyphs)) == len(State)
    assert [cell_len(found) for found in glyphs] == [1] * len(State)
    assert [printable(found) for found in glyphs] == glyphs


@pytest.mark.parametrize(("state", "verdict"), PAIRS)
def test_every_state_under_every_verdict_has_a_colour_that_rich_knows(state: State, verdict: Verdict) -> None:
    """An unknown one would raise only where there is a terminal."""
    assert Console().get_style(colour(state, verdict)).color is not None or colour(state, verdict) == "dim"


@pytest.mark.parametrize(("state", "verdict"), PAIRS)
def test_only_an_expected_pass_is_green(state: State, verdict: Verdict) -> None:
    """Whatever else is fine is dim, or cyan where it was declared."""
    is_green = "green" in colour(state, verdict)
    assert is_green == ((state, verdict) == (State.PASS, Verdict.AS_EXPECTED))


def test_verdicts_that_need_a_look_do_not_look_alike() -> None:
    """A failure, a pass that was not expected, and what nobody knows."""
    looks = [
        colour(State.FAIL, verdict)
        for verdict in (Verdict.UNEXPECTED_FAILURE, Verdict.UNEXPECTED_PASS, Verdict.INDETERMINATE)
    ]
    assert len({*looks, "dim", "cyan", "green"}) == 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m"),  # colours
        ("\x1b]0;title\x07", "\\u001b]0;title\\u0007"),  # the window's title, and a bell
        ("\x1b]8;;https://evil\x1b\\click", "\\u001b]8;;https://evil\\u001b\\click"),  # a link
        ("\x9b31mred", "\\u009b31mred"),  # C1: one character for ESC [
        ("\x90q\x9c", "\\u0090q\\u009c"),  # C1: a device control string
        ("a\x00b", "a\\u0000b"),
        ("secret\rharmless", "secret\\u000dharmless"),  # back to the line's begin
        ("wrong\b\b\b\b\bright", "wrong" + "\\u0008" * 5 + "right"),
        ("\x7f\x0b\x0c", "\\u007f\\u000b\\u000c"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),  # right-to-left override
        ("\u2066a\u2069\u200f\u200e\u061c", "\\u2066a\\u2069\\u200f\\u200e\\u061c"),  # isolates and marks
        ("pass\u200bword\ufeff\u00ad", "pass\\u200bword\\ufeff\\u00ad"),  # what takes no room
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\u0085d"),  # line ends that are none here
        ("caf\udce9", "caf\\udce9"),  # from a file name that is not UTF-8
        ("\ue000", "\\ue000"),  # private: it looks as the font likes
        ("\U000e0041", "\\ue0041"),  # tags, invisible
    ],
)
def test_what_could_steer_a_terminal_is_made_visible(text: str, expected: str) -> None:
    """By its number, in its place (DESIGN rule 10)."""
    assert printable(text) == expected


@pytest.mark.parametrize(
    "text", ["", "plain [red]text[/]\n\tindented", "größer 日本語 ✓ é 🙂", "\\u001b", "<b>&amp;</b>"]
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    """Line ends and tabs included."""
    assert printable(text) == text


def test_no_character_that_steers_gets_through() -> None:
    """Of the planes that people write in, and that of the tags; the two beyond are private."""
    found = printable("".join(map(chr, (*range(0x20000), *range(0xE0000, 0xE1000), 0xF0000, 0x10FFFD))))
    assert {unicodedata.category(char) for char in set(found) - {"\n", "\t"}}.isdisjoint(
        {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )


def test_untrusted_text_holds_no_markup() -> None:
    """Brackets are brackets; the style is ours."""
    text = plain("[bold]a[/] [link=x]b\x1b[2J", style="red")
    assert text.plain == "[bold]a[/] [link=x]b\\u001b[2J"
    assert (text.spans, str(text.style)) == ([], "red")


@pytest.mark.parametrize(
    ("value_s", "expected"),
    [
        (0, "0.0 s"),
        (0.04, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (10, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (60, "1 min 00 s"),
        (185.2, "3 min 05 s"),
        (3599.7, "60 min 00 s"),
        (7322, "122 min 02 s"),
    ],
)
def test_durations_are_for_people(value_s: float, expected: str) -> None:
    """Rounded first, so that no minute has 60 seconds."""
    assert seconds(value_s) == expected


@pytest.mark.parametrize(("number", "expected"), [(0, "0 cells"), (1, "1 cell"), (2, "2 cells")])
def test_a_number_agrees_with_its_noun(number: int, expected: str) -> None:
    """In English."""
    assert counted(number, "cell") == expected
