"""What a format makes: named documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file of a report: its text, or what writes it where it is no text."""

    name: str  # of the file, relative to the folder of the report
    content: str | Callable[[Path], None]


def text(document: Document) -> str:
    """Return a document's text; TypeError where it has none."""
    if not isinstance(document.content, str):
        raise TypeError(f"{document.name} is no text")
    return document.content
