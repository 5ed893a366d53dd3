"""Environment variables that settings ask for."""

from __future__ import annotations

import ast

import pytest

from harness.interop.project.variables import required, variable_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('os.environ["DB_HOST"]', ("DB_HOST", None, True)),
        ('environ.get("DB_HOST")', ("DB_HOST", None, False)),
        ('os.getenv("DB_HOST", "db")', ("DB_HOST", "db", False)),
        ('env("DB_HOST")', ("DB_HOST", None, True)),
        ('env.str("DB_HOST", default="db")', ("DB_HOST", "db", False)),
        ('config("DB_PORT", default=5432, cast=int)', ("DB_PORT", "5432", False)),
        ('int(os.environ["DB_PORT"])', ("DB_PORT", None, True)),
        ('os.environ.get("DB_HOST") or "db"', ("DB_HOST", "db", False)),
        ('get_env_variable("DB_HOST")', ("DB_HOST", None, True)),
        ('Path("DB")', None),
        ("os.environ['DB'] + '.x'", None),
        ('cache["DB"]', None),
        ('_("DB")', None),
    ],
)
def test_a_reading_is_known_by_its_form(text: str, expected: tuple[object, ...] | None) -> None:
    """The standard library's, django-environ's, decouple's, a project's own; what is made of one is not its value."""
    found = variable_of(ast.parse(text, mode="eval").body)
    assert (None if found is None else (found.name, found.default, found.is_required)) == expected


def test_what_is_needed_to_import_a_file() -> None:
    """Not what has a default, is under a condition, is tried, or belongs to a function."""
    text = """
env = environ.Env(DEBUG=(bool, False), TIMEOUT=int)
SECRET_KEY = env("SECRET_KEY")
TOKENS = [os.environ["TOKEN"], os.environ.get("OTHER")]
DEBUG = env("DEBUG")
TIMEOUT = env("TIMEOUT")
if PRODUCTION:
    SENTRY = os.environ["SENTRY"]
try:
    KEY = os.environ["KEY"]
except KeyError:
    KEY = ""
def later():
    return os.environ["LATER"]
"""
    assert [item.name for item in required(ast.parse(text))] == ["SECRET_KEY", "TOKEN", "TIMEOUT"]
    assert required(None) == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('os.environ.get("KEY")', ["KEY"]),
        ('os.getenv("KEY")', ["KEY"]),
        ('os.environ.get("KEY", made())', []),
        ('str(os.environ.get("KEY", "x"))', []),
    ],
)
def test_a_secret_key_is_needed_whoever_reads_it(value: str, expected: list[str]) -> None:
    """Django refuses an empty one, later than the file's import; other settings may be empty."""
    text = f"SECRET_KEY = {value}\nOTHER = os.environ.get('OTHER')\n"
    assert [item.name for item in required(ast.parse(text))] == expected
