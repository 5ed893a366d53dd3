"""This repository's own lock."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from harness import config
from harness.lockfile import document
from harness.lockfile.basis import stale
from harness.model.lockfile import NAME


def test_it_is_what_the_matrix_asks_for(pytestconfig: pytest.Config) -> None:
    """Whoever changes matrix.toml types `harness lock`."""
    spec = config.load(pytestconfig.rootpath / "matrix.toml", today=dt.date(2026, 1, 1))
    lock = document.read(pytestconfig.rootpath / NAME)
    assert stale(spec, lock) == ()


def test_it_is_as_it_was_written(pytestconfig: pytest.Config) -> None:
    """By the harness, of a size that somebody can review, with nothing of the machine that it was made on."""
    text = (pytestconfig.rootpath / NAME).read_text(encoding="utf-8")
    lock = document.read(pytestconfig.rootpath / NAME)
    assert lock is not None
    assert document.dumps(lock) == text
    assert len(text) < 60_000
    assert not re.search(r"://|/(root|home|tmp|work)/", text)
