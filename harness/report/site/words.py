"""Links, keys and text as the pages use them."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

from harness.report.style import printable

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")


def shown(text: str) -> str:
    """Return untrusted text fit to be read: colours of terminals gone, whatever could steer a reader made visible."""
    if _PLAIN.fullmatch(text):
        return text
    return printable(_ANSI.sub("", text).replace("\r\n", "\n"))


def key(cell_id: str) -> str:
    """Return the short name by which pages and files know a cell: the same in each run."""
    return hashlib.sha256(cell_id.encode()).hexdigest()[:10]


def term(field: str, *values: str) -> str:
    """Return the term of a query that holds for exactly these values."""
    quoted = ",".join(f'"{value}"' for value in values)
    return f"{field}:{quoted}"


def rows(*terms: str) -> str:
    """Return the link to the rows for which all terms hold."""
    query = " ".join(filter(None, terms))
    return f"matrix.html#q={quote(query, safe='')}" if query else "matrix.html#q="


def cell_page(cell_id: str) -> str:
    """Return the link to a cell's page."""
    return f"cell.html#{key(cell_id)}"


def cause_page(signature: str) -> str:
    """Return the link to a failure's page."""
    return f"cause-{signature}.html"
