"""A run's surroundings without network, for providers."""

import os
from pathlib import Path

import pytest

from harness.databases import Context
from harness.ledger import Ledger
from harness.process import Cancel


@pytest.fixture
def context(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger") as ledger:
        yield Context(
            cache=tmp_path / "cache",
            scratch=tmp_path / "scratch",
            ledger=ledger,
            environ={"PATH": os.defpath},
            cancel=Cancel(),
            uv=str(tmp_path / "no-uv"),
            is_network_allowed=False,
        )
