"""The scripts that lie beside documents, importable as they are run: from the top of the checkout."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder() -> Path:
    """Where the investigation lies."""
    return ROOT / "docs" / "investigation"


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What was observed, as values."""
    monkeypatch.syspath_prepend(ROOT)
    return importlib.import_module("docs.investigation.rows")


@pytest.fixture
def claims(rows: ModuleType) -> ModuleType:
    """Claims held against rows."""
    return importlib.import_module("docs.investigation.claims")


@pytest.fixture
def document(rows: ModuleType) -> ModuleType:
    """The page made of rows."""
    return importlib.import_module("docs.investigation.document")
