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
        (("uv", "run", "--with", "x", "-p", "3.12", "--", "python", "-m", "pytest", "-q"), Kind.PYTEST, ("-q",)),
        (("uv", "run", "-m", "pytest", "-q"), Kind.PYTEST, ("-q",)),
        (("uv", "run", "manage.py", "test"), Kind.MANAGE, ("test",)),
        (("poetry", "run", "python", "manage.py", "test"), Kind.MANAGE, ("test",)),
        (("hatch", "run", "test:pytest", "-x"), Kind.PYTEST, ("-x",)),
        (("coverage", "run", "--source", "shop", "-m", "pytest", "-q"), Kind.PYTEST, ("-q",)),
        (("python", "-m", "coverage", "run", "manage.py", "test"), Kind.MANAGE, ("test",)),
        (("python", "-m", "django", "test", "shop"), Kind.MANAGE, ("test", "shop")),
        (("django-admin", "test"), Kind.MANAGE, ("test",)),
        (("sh", "-c", "A=1 pytest -q 'a b'"), Kind.PYTEST, ("-q", "a b")),
        (("sh", "-c", "cd src && pytest"), Kind.OTHER, ("-c", "cd src && pytest")),
        (("uv", "sync"), Kind.OTHER, ("sync",)),
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
