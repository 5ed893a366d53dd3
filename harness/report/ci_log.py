"""Keeps a CI that logs a report from reading commands in it.

GitHub Actions obeys lines that begin with ``::`` and, as Azure Pipelines does, ``##[…]`` and ``##vso[…]`` anywhere.
"""

from __future__ import annotations

import re

_AT_THE_BEGINNING = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_ANYWHERE = re.compile(r"#(?=#[a-z]*\[)")


def in_text(text: str) -> str:
    """Return plain text in which the sign that makes it a command is an escape, as `style.printable` writes them."""
    return _ANYWHERE.sub(r"\\u0023", _AT_THE_BEGINNING.sub(r"\1\\u003a", text))


def in_json(document: str) -> str:
    """Return a JSON document that says the same; its lines begin with its own signs anyway."""
    return _ANYWHERE.sub(r"\\u0023", document)


def in_xml(document: str) -> str:
    """Return an XML document that says the same."""
    return _ANYWHERE.sub("&#35;", _AT_THE_BEGINNING.sub(r"\1&#58;", document))
