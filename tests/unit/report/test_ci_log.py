"""What a CI would obey says the same and is no command any more."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from harness.report import ci_log

TEXT = "a\n::error::x\n  ::stop-commands::y\n##[error]z ##vso[task.x]1 ###[group] # [x] ## a :: b"


def is_command(line: str) -> bool:
    """Tell whether a line is one, as the runners' own parsers look for it."""
    return line.strip().startswith("::") or "##[" in line or "##vso[" in line


def test_text_shows_the_sign_as_an_escape() -> None:
    """Readable, with nothing else changed."""
    assert ci_log.in_text(TEXT) == (
        "a\n\\u003a:error::x\n  \\u003a:stop-commands::y\n\\u0023#[error]z \\u0023#vso[task.x]1 #\\u0023#[group]"
        " # [x] ## a :: b"
    )


@given(st.lists(st.sampled_from(["::", ":", "##[", "##vso[", "#", "[", "a", " ", "\n", "\t"])).map("".join))
def test_no_line_is_a_command_and_nothing_is_lost(text: str) -> None:
    """In all three notations; a reader of JSON or XML gets the text as it was."""
    assert not any(map(is_command, ci_log.in_text(text).splitlines()))

    document = ci_log.in_json(json.dumps([text]))
    assert not any(map(is_command, document.splitlines()))
    assert json.loads(document) == [text]

    xml = ci_log.in_xml(f"<x>{text}</x>")
    assert not any(map(is_command, xml.splitlines()))
    assert "".join(ElementTree.fromstring(xml).itertext()) == text
