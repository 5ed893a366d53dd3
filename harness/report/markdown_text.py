"""Untrusted text in Markdown: readable, and nothing but text."""

from __future__ import annotations

import re

from harness.report import ci_log
from harness.report.style import printable

_LINKED = re.compile(r"@|#\d|://|www\.")


def escaped(text: str) -> str:
    """Return untrusted text that no Markdown is read in."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|~@!&" else char for char in printable(" ".join(text.split())))


def told(text: str) -> str:
    """Return an untrusted sentence; as code where a site would make links, or call people, even of escaped text."""
    return code(text) if _LINKED.search(text) else escaped(text)


def code(text: str, limit: int = 0) -> str:
    """Return untrusted text as inline code; with a limit, no more characters of it."""
    text = ci_log.in_text(printable(" ".join(text.split())))
    if limit and len(text) > limit:
        text = text[: limit - 1] + "…"
    if not text:
        return ""
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def fenced(text: str, language: str = "") -> str:
    """Return untrusted lines as a block of code that nothing in it can end."""
    text = ci_log.in_text(printable(text)).rstrip("\n")
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
