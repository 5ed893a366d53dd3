"""A word of sh is the text that it was made of, with the variables' values in it."""

from __future__ import annotations

import json
import subprocess
from urllib.parse import quote

import pytest

from harness.cells.outside.words import has_stand_in, stand_in, urls, word_of

ODD = 'it\'s "odd" $HOME `x` \\ 100%\n*'


def said(word: str, **variables: str) -> str:
    """Return what a word is to sh."""
    done = subprocess.run(
        ["/bin/sh", "-uc", f"printf %s {word}"], env=variables, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("text", ["", ODD, "plain", "@work@ $work ${work}"])
def test_a_text_of_its_own_is_what_it_was(text: str) -> None:
    """Nothing in it is the shell's."""
    assert said(word_of(text), work="never") == text
    assert not has_stand_in(text)


def test_variables_are_filled_in() -> None:
    """Whatever their values are; they begin and end a text, and follow each other."""
    text = f"{stand_in('a')}{stand_in('b')} {ODD} {stand_in('a')}"
    assert said(word_of(text), a=ODD, b="x") == f"{ODD}x {ODD} {ODD}"
    assert has_stand_in(text)


def test_how_a_value_is_escaped_depends_on_what_it_lies_in() -> None:
    """A password in JSON, and any value in an address, is asked for escaped; elsewhere it is not."""
    password = stand_in("REPRO_PASSWORD")
    text = " ".join([password, json.dumps({"a": password}), quote(f"x/{password}")])
    found = said(word_of(text), REPRO_PASSWORD="plain", escaped="escaped", quoted_REPRO_PASSWORD="quoted")
    assert found == 'plain {"a": "escaped"} x/quoted'
    assert urls(text) == {"REPRO_PASSWORD"}
    assert urls(password) == set()


def test_what_need_not_be_set_is_empty() -> None:
    """Where it is known; else the shell refuses it."""
    word = word_of(f"<{stand_in('a')}>", may_be_unset={"a"})
    assert (said(word), said(word, a="x")) == ("<>", "<x>")
    with pytest.raises(subprocess.CalledProcessError):
        said(word_of(stand_in("a")))
