"""Makes untrusted text fit for XML."""

from __future__ import annotations

import re

from harness.report.style import printable

_NO_CHARACTER = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17))
    + "]"
)


def fit(text: str) -> str:
    """Return *text* with whatever XML cannot hold, or could steer its reader, made visible as an escape."""
    return _NO_CHARACTER.sub(lambda match: f"\\u{ord(match[0]):04x}", printable(text))
