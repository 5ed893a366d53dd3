"""Untrusted text is nothing but text to a reader of Markdown that is not ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.report.markdown_text import code, escaped, fenced, told

PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
PIECES = st.lists(
    st.sampled_from(["`", "``", "```", "~~~", "*", "_", "<b>", "</b>", "[x](y)", "![", "|", "\\", "a", " ", "1. "])
).map("".join)


def inline(text: str) -> list[str]:
    """Return the kinds of inline tokens of a paragraph that begins with a word."""
    (token,) = [token for token in PARSER.parse(f"x: {text}") if token.type == "inline"]
    return [child.type for child in token.children or ()]


@given(PIECES)
def test_escaped_text_is_text(text: str) -> None:
    """And reads as it was, white space aside."""
    assert set(inline(escaped(text))) <= {"text", "text_special"}
    assert PARSER.render(f"x: {escaped(text)}") == MarkdownIt("zero").render(f"x: {' '.join(text.split())}".rstrip())


@given(PIECES)
def test_code_is_one_span_of_code(text: str) -> None:
    """Whatever backticks it holds, at its ends too."""
    words = " ".join(text.split())
    (token,) = [token for token in PARSER.parse(f"x: {code(text)}.") if token.type == "inline"]
    kinds = [(child.type, child.content) for child in token.children or ()]
    assert kinds == ([("text", "x: "), ("code_inline", words), ("text", ".")] if words else [("text", "x: .")])


@given(PIECES, st.sampled_from(["", "text"]))
def test_a_fence_ends_where_it_ends(text: str, language: str) -> None:
    """No line of the text closes it."""
    lines = f"{text}\n{text}"
    tokens = PARSER.parse(f"{fenced(lines, language)}\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].content == lines.rstrip("\n") + "\n"


def test_a_limit_is_kept() -> None:
    """With a sign that something is missing."""
    assert code("x" * 20, 10) == "`" + "x" * 9 + "…`"


def test_what_a_site_would_link_is_code() -> None:
    """Names, issues and addresses: escaping alone does not keep GitHub from calling people."""
    for text in ("by @somebody", "see #12", "http://x.test", "www.x.test"):
        assert inline(told(text))[:2] == ["text", "code_inline"], text
    assert inline(told("a sentence")) == ["text"]
