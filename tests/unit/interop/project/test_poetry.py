"""Constraints of other tools, as PEP 440 has them."""

from __future__ import annotations

import pytest

from harness.interop.project import poetry


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", ""),
        ("^5.2", "<6,>=5.2"),
        ("^5.2.1", "<6,>=5.2.1"),
        ("^0.3.1", "<0.4,>=0.3.1"),
        ("^0.0.3", "<0.0.4,>=0.0.3"),
        ("~5.2", "<5.3,>=5.2"),
        ("~3", "<4,>=3"),
        ("~=5.2", "~=5.2"),
        ("5.2.1", "==5.2.1"),
        ("5.*", "==5.*"),
        (">=3.9,<4.0", "<4.0,>=3.9"),
        (">=3.9 <4.0", "<4.0,>=3.9"),
        ("^3.9 || ^4", ""),
        ("what?", ""),
        (7, ""),
    ],
)
def test_a_constraint_is_a_specifier(text: object, expected: str) -> None:
    """What cannot be said in one allows everything, which is found out when it is resolved."""
    assert poetry.specifier(text) == expected


def test_a_table_is_requirements() -> None:
    """Python is none of them, nor is a folder; several constraints are several requirements."""
    found = poetry.requirements(
        {
            "python": "^3.12",
            "django": "^5.2",
            "psycopg": {"version": "^3.2", "extras": ["binary", "pool"]},
            "tzdata": {"version": "*", "markers": "sys_platform == 'win32'"},
            "ours": {"path": "../ours"},
            "fork": {"git": "https://example.org/fork.git", "branch": "main"},
            "lib": [{"version": "1.0", "python": "<3.13"}, {"version": "^2", "python": ">=3.13"}],
        }
    )
    assert found == (
        "django<6,>=5.2",
        "psycopg[binary,pool]<4,>=3.2",
        "tzdata; sys_platform == 'win32'",
        "fork @ git+https://example.org/fork.git@main",
        "lib==1.0",
        "lib<3,>=2",
    )
