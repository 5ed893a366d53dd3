"""Conditions in settings, where no variable is set."""

from __future__ import annotations

import ast

import pytest

from harness.interop.project.conditions import holds, text_of

NAMES = {
    item.targets[0].id: item.value
    for item in ast.parse(
        "DB = os.environ.get('DB', 'sqlite')\nFLAG = env.bool('FLAG', default=False)\nLOOP = LOOP2\nLOOP2 = LOOP\n"
    ).body
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DB == 'sqlite'", True),
        ("DB != 'sqlite'", False),
        ("DB.upper() in ('SQLITE', 'X')", True),
        ("DB not in ['postgres']", True),
        ("FLAG", False),
        ("not FLAG", True),
        ("'CI' in os.environ", False),
        ("'CI' not in os.environ", True),
        ("os.environ.get('CI')", False),
        ("os.getenv('CI') is None", True),
        ("bool(os.environ.get('CI', '1'))", True),
        ("os.environ.get('A') or DB == 'sqlite'", True),
        ("os.environ.get('A') and anything", False),
        ("anything and os.environ.get('A')", False),
        ("anything or DB", True),
        ("anything and DB", None),
        ("anything", None),
        ("'test' in sys.argv", None),
        ("os.environ['CI']", None),
        ("'DATABASE_URL' in os.environ", None),
        ("os.environ.get('SHOP_DB_URL')", None),
        ("LOOP", None),
        ("len(DB) > 3", None),
    ],
)
def test_a_condition_holds_or_not_or_nobody_knows(text: str, expected: bool | None) -> None:
    """Addresses of databases are there in a cell, so what depends on them is not known here."""
    assert holds(ast.parse(text, mode="eval").body, NAMES) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("f'a.{DB}'", "a.sqlite"), ("'a.' + DB", "a.sqlite"), ("f'{anything}'", ""), ("f'{DB:>9}'", ""), ("1 + 2", "")],
)
def test_texts_are_put_together(text: str, expected: str) -> None:
    """Of what is known; nothing of what is not."""
    assert text_of(ast.parse(text, mode="eval").body, NAMES) == expected
