"""Any text can stand in XML."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from hypothesis import given
from hypothesis import strategies as st

from harness.report.formats.xml_text import fit


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_whatever_text_is_read_back(text: str) -> None:
    """Surrogates, NULs and what is no character included: a parser that checks takes it, as element and attribute."""
    root = ElementTree.fromstring(f"<x y={quoteattr(fit(text))}>{escape(fit(text))}</x>".encode())
    assert (root.text or "") == fit(text)


def test_what_is_no_character_is_shown() -> None:
    """As an escape that tells which it was."""
    assert fit("a\x00\ud800\ufffe\U0001ffff\u202e]]>") == "a\\u0000\\ud800\\ufffe\\u1ffff\\u202e]]>"
