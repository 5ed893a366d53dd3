"""A matrix file that is right, to be spoilt by the tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.config import load
from harness.errors import ExitCode, UsageError
from harness.model.spec import MatrixSpec

TODAY = dt.date(2026, 1, 20)

_GOOD = """
[matrix]
python = ["3.12"]
django = ["5.2", "6.0"]
pytest-django = ["4.12"]
database = ["sqlite-memory", "postgres-17"]
canary = ["seed"]

[database.postgres-17]
engine = "postgresql"
version = "17"

[canary.seed]
path = "canaries/seed"
settings = "config.settings.test"
"""

Read = Callable[[str], MatrixSpec]
Refuse = Callable[..., str]


@pytest.fixture
def good() -> str:
    """Return the text of a file that is right."""
    return _GOOD


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Load a text as a matrix file that lies beside the folder of a canary."""
    (tmp_path / "canaries" / "seed").mkdir(parents=True)
    (tmp_path / "canaries" / "seed" / "manage.py").touch()
    (tmp_path / "canaries" / "empty").mkdir()
    (tmp_path / "scenarios" / "unmigrated").mkdir(parents=True)

    def read(text: str) -> MatrixSpec:
        path = tmp_path / "matrix.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, today=TODAY)

    return read


@pytest.fixture
def refuse(read: Read, tmp_path: Path) -> Refuse:
    """Load a text that must be refused; return the message without the folder, exit code 4 asserted."""

    def refuse(text: str) -> str:
        with pytest.raises(UsageError) as caught:
            read(text)
        assert caught.value.exit_code is ExitCode.USAGE
        return str(caught.value).replace(f"{tmp_path}/", "")

    return refuse
