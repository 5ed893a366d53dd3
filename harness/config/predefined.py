"""Databases that need no table of their own."""

from __future__ import annotations

from harness.config.document import DatabaseTable

PREDEFINED = {
    "sqlite-memory": DatabaseTable(engine="sqlite", version="memory"),
    "sqlite-file": DatabaseTable(engine="sqlite", version="file"),
    "sqlite-name": DatabaseTable(engine="sqlite", version="name"),
}
