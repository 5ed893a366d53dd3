"""The probe as a module of its own, and its folder."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PROBE = Path(__file__).resolve().parents[3] / "harness" / "probe" / "harness_probe.py"


@pytest.fixture(scope="session")
def probe_file() -> Path:
    """The probe's one file."""
    return PROBE


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The probe, loaded afresh and not wanted by any environment variable."""
    for name in ("HARNESS_EVIDENCE", "HARNESS_PACKAGES", "HARNESS_RUN", "HARNESS_EVIDENCE_LIMIT", "HARNESS_PLANT"):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location("harness_probe_under_test", PROBE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
