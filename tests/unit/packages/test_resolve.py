"""Requirements in, pins out; the rest of resolution is tested with real uv in tests/cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.errors import Infrastructure, UsageError
from harness.model.package import Interpreter, Lock, Pin, Unresolvable
from harness.packages.resolve import Resolver, _parse, normalised
from harness.packages.uv import Uv


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


class Known:
    """Answers beforehand about one set of requirements."""

    def lock(self, wanted: tuple[str, ...], interpreter: Interpreter) -> Lock | Unresolvable | None:
        """Know one."""
        return Lock(pins=()) if wanted == ("django==6.0.1", "pytest==9.0.2") else None

    def conflict(self, contributions: Mapping[str, tuple[str, ...]], interpreter: Interpreter) -> tuple[str, ...]:
        """Know it of all."""
        return ("django",)


@pytest.fixture
def resolver(tmp_path: Path, noon: dt.datetime) -> Callable[..., Resolver]:
    """Returns a builder of resolvers whose uv is not there."""

    def build(**more: Any) -> Resolver:
        uv = Uv(cache=tmp_path, environ={"UV_NO_CONFIG": "1", "PATH": ""}, now=lambda: noon)
        uv.program = Path("/nowhere/uv")
        return Resolver(tmp_path, uv=uv, as_of=noon, **more)

    return build


def test_what_is_known_needs_no_uv(resolver, interpreter) -> None:
    """In whatever spelling it is asked; everything else is uv's."""
    knowing = resolver(known=Known())
    assert knowing.lock(["Pytest ==9.0.2", "django==6.0.1"], interpreter("3.12.1")) == Lock(pins=())
    assert knowing.conflict({"django": ("x",), "mode": ()}, interpreter("3.12.1")) == ("django",)
    with pytest.raises(Infrastructure):
        knowing.lock(["django==6.0.2"], interpreter("3.12.1"))


def test_a_renewed_package_makes_another_question(resolver, interpreter, noon) -> None:
    """What was remembered before it was renewed is not its answer."""
    python, wanted = interpreter("3.12.1"), ("django==6.0.1",)
    plain, renewed = resolver(), resolver(renewed={"django": noon + dt.timedelta(days=1)})
    assert plain._key(wanted, python) == resolver(renewed={})._key(wanted, python)
    assert plain._key(wanted, python) != renewed._key(wanted, python)
