"""Requirements in, pins out; the rest of resolution is tested with real uv in tests/cells."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.model.package import Lock, Pin
from harness.packages.resolve import _parse, normalised


def test_requirements_have_one_spelling() -> None:
    """Order, case and repetition make no other question."""
    assert normalised(["pytest_Django==4.14", "Django >=5.2, <6", "django<6,>=5.2", "psycopg[binary]"]) == (
        "django<6,>=5.2",
        "psycopg[binary]",
        "pytest-django==4.14",
    )


def test_requirement_that_cannot_be_read_is_named() -> None:
    """Before uv is asked."""
    with pytest.raises(UsageError, match="'django>>5' is not a requirement"):
        normalised(["django>>5"])


def test_pins_of_uv_s_output() -> None:
    """Sorted, with every hash, without extras, comments and continuations."""
    text = "# c\npytest-django==4.14.0 \\\n    --hash=sha256:b \\\n    --hash=sha256:a\nPsycopg[binary]==3.3.9\n"
    assert _parse(text) == Lock(
        pins=(
            Pin(name="psycopg", version="3.3.9", hashes=()),
            Pin(name="pytest-django", version="4.14.0", hashes=("sha256:a", "sha256:b")),
        )
    )


def test_what_has_no_version_cannot_be_locked() -> None:
    """A direct reference has no hash that could be checked."""
    with pytest.raises(UsageError, match="only packages on the index"):
        _parse("thing @ https://h.test/thing.zip\n")
