"""The order in which axes and their values are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.version import InvalidVersion, Version

from harness.model.cell import CANARY, DATABASE, MODE, PYTHON

_FIRST = (PYTHON, "django", "pytest-django", "pytest")
_LAST = (DATABASE, CANARY, MODE)

Key = tuple[int, Version, tuple[tuple[int, int, str], ...]]


def axis_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names, each once: Python, Django, pytest-django, pytest, other packages, then what is no package."""
    left = set(names)
    first = [name for name in _FIRST if name in left]
    last = [name for name in _LAST if name in left]
    return (*first, *sorted(left.difference(first, last)), *last)


def in_order(value: str) -> Key:
    """Return a key that puts versions first, ascending, then names, in which numbers count as such."""
    try:
        return 0, Version(value.lstrip("=")), _natural(value)
    except InvalidVersion:
        return 1, Version("0"), _natural(value)


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(
        (0, int(part), part) if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text) if part
    )


def title(axis: str) -> str:
    """Return an axis's name as its project writes it."""
    return {"python": "Python", "django": "Django"}.get(axis, axis)


def listing(words: Iterable[str], last: str = "and") -> str:
    """Return an enumeration in words: ``a, b and c``."""
    items = tuple(words)
    return f" {last} ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))
