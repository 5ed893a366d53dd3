"""Texts in which variables of a script stand, as words of sh."""

from __future__ import annotations

import re
import shlex
from collections.abc import Container

_OPEN, _CLOSE = "\ue000", "\ue001"  # for private use: nobody's settings hold them
_STAND_IN = re.compile(
    r"\ue000(?P<plain>\w+)\ue001|\\ue000(?P<json>\w+)\\ue001|%EE%80%80(?P<url>\w+)%EE%80%81"  # by what it went through
)
_ESCAPED = {"REPRO_PASSWORD": "escaped"}
"""Variables of a script whose values may need escaping in JSON, and what holds them escaped."""


def stand_in(name: str) -> str:
    """Return what stands in a text for the value of a variable of the script.

    It survives `json.dumps` and `urllib.parse.quote`, and is then known for a value that has to be escaped likewise.
    """
    return f"{_OPEN}{name}{_CLOSE}"


def word_of(text: str, *, may_be_unset: Container[str] = ()) -> str:
    """Return a text with stand-ins as one word of sh. A variable in *may_be_unset* that is not set is empty."""
    parts: list[str | re.Match[str]] = []
    end = 0
    for found in _STAND_IN.finditer(text):
        parts += [text[end : found.start()], found]
        end = found.end()
    return "".join(_part(part, may_be_unset) for part in (*parts, text[end:]) if part) or "''"


def has_stand_in(text: str) -> bool:
    """Tell whether a text depends on the script."""
    return _STAND_IN.search(text) is not None


def urls(text: str) -> frozenset[str]:
    """Return the variables whose values a text holds as parts of an address: `quoted_NAME` has to be set for each."""
    return frozenset(found["url"] for found in _STAND_IN.finditer(text) if found["url"])


def _part(part: str | re.Match[str], may_be_unset: Container[str]) -> str:
    if isinstance(part, str):
        return shlex.quote(part)
    if part["url"]:
        return f'"$quoted_{part["url"]}"'
    name = part["plain"] or _ESCAPED.get(part["json"], part["json"])
    return f'"${{{name}-}}"' if name in may_be_unset else f'"${name}"'
