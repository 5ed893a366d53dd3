"""Commands as people type them."""

from __future__ import annotations

import pytest

from harness.doctor.case import Kind
from harness.doctor.command import parse


@pytest.mark.parametrize(
    ("words", "kind", "args"),
    [
        ((), Kind.PYTEST, ()),
        (("pytest", "-q", "x"), Kind.PYTEST, ("-q", "x")),
        (("python", "-m", "pytest", "-q"), Kind.PYTEST, ("-q",)),
        (("python3.12", "-W", "error", "-m", "pytest"), Kind.PYTEST, ()),
        (("uv", "run", "pytest", "-q"), Kind.PYTEST, ("-q",)),
        (("./manage.py", "test"), Kind.MANAGE, ("test",)),
        (("python", "src/manage.py", "migrate", "-v", "0"), Kind.MANAGE, ("migrate", "-v", "0")),
        (("A=1", "python", "manage.py", "test"), Kind.MANAGE, ("test",)),
        (("make", "test"), Kind.OTHER, ("test",)),
    ],
)
def test_what_a_command_starts(words, kind, args):
    """Whatever interpreter, wrapper or variables stand before it."""
    found = parse(words)
    assert (found.kind, found.args) == (kind, args)


def test_variables_before_it_are_the_callers():
    """With and without `env`."""
    for words in (("A=1", "B=x y", "pytest"), ("env", "A=1", "B=x y", "pytest")):
        assert parse(words).variables == (("A", "1"), ("B", "x y"))


def test_a_console_script_is_no_module():
    """`pytest` does not put the folder on the module path, `python -m pytest` does."""
    assert not parse(("pytest",)).is_module
    assert parse(("python", "-m", "pytest")).is_module
