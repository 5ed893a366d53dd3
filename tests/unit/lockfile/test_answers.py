"""What a lock answers, and what it leaves to the resolver."""

from __future__ import annotations

from harness.lockfile.answers import Answers
from harness.model.package import Lock, Unresolvable

WANTED = ("django==6.0.3", "pytest==9.0.2")


def test_known_requirements_have_their_lock(lock, interpreter) -> None:
    """On every Python of that minor release and platform, whichever its patch release."""
    answers = Answers(lock)
    for version in ("3.12.1", "3.12.4", "3.13.0"):
        found = answers.lock(WANTED, interpreter(version))
        assert isinstance(found, Lock)
        assert found.version_of("django") == "6.0.3"


def test_what_is_not_locked_is_not_known(lock, interpreter) -> None:
    """Another Python, platform or C library, other requirements."""
    answers = Answers(lock)
    musl = interpreter(tags=("cp312-cp312-linux_x86_64", "cp312-cp312-musllinux_1_2_x86_64"))
    assert musl.target == "3.12 linux-x86_64-musl"
    for python in (interpreter("3.11.9"), interpreter(platform="linux-aarch64"), musl):
        assert answers.lock(WANTED, python) is None
    assert answers.lock((*WANTED, "sqlparse"), interpreter()) is None


def test_what_cannot_be_met_is_known_for_all_that_hold_it(lock, interpreter) -> None:
    """With uv's words, and the axes that it is about; elsewhere nothing is known."""
    answers = Answers(lock)
    found = answers.lock(("django-tenants", "django==6.0.3", "pytest==9.0.2"), interpreter())
    assert isinstance(found, Unresolvable)
    assert found.words.startswith("Because")
    parts = {"django": ("django==6.0.3",), "pytest": ("pytest==9.0.2",), "canary": ("django-tenants",), "mode": ()}
    assert answers.conflict(parts, interpreter()) == ("canary", "pytest")
    assert answers.conflict(parts | {"canary": ()}, interpreter()) is None
    assert answers.conflict(parts, interpreter("3.13.0")) is None
    assert Answers(lock, with_impossible=False).conflict(parts, interpreter()) is None
