"""Requirements as Poetry and Pipenv write them, as PEP 508 has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_CLAUSE = re.compile(r"\s*(\^|~(?!=)|)\s*v?(\d+(?:\.\d+)*(?:[a-z]+\d*)?)\s*$")


def requirements(table: Mapping[str, object]) -> tuple[str, ...]:
    """Return a table of dependencies as requirements; ``python`` is none, nor is what lies in a folder."""
    return tuple(text for name, value in table.items() if name != "python" for text in _requirement(name, value))


def _requirement(name: str, value: Any) -> Iterator[str]:
    match value:
        case str():
            yield f"{name}{specifier(value)}"
        case {"git": str() as address}:
            at = f"@{value['rev']}" if "rev" in value else f"@{value['branch']}" if "branch" in value else ""
            yield f"{name} @ git+{address}{at}"
        case {"path": _} | {"file": _} | {"url": _}:
            return
        case {"version": str() as version}:
            extras = value.get("extras")
            bracket = f"[{','.join(map(str, extras))}]" if isinstance(extras, list) and extras else ""
            marker = value.get("markers")
            yield f"{name}{bracket}{specifier(version)}" + (f"; {marker}" if isinstance(marker, str) else "")
        case [*several]:  # one per marker; which of them holds is the installer's business
            yield from (text for one in several for text in _requirement(name, one))
        case _:
            return


def specifier(text: object) -> str:
    """Return a constraint as a PEP 440 specifier, empty for any version (and for what cannot be said in one)."""
    if not isinstance(text, str) or text.strip() in ("", "*") or "||" in text or " | " in text:
        return ""
    found = ",".join(_clause(part) for part in re.split(r"\s*,\s*|\s+(?=[<>=!~^])", text.strip()) if part)
    try:
        return ",".join(sorted(map(str, SpecifierSet(found))))
    except InvalidSpecifier:
        return ""


def _clause(text: str) -> str:
    if text.endswith(".*") and text[0].isdigit():
        return f"=={text}"
    match = _CLAUSE.fullmatch(text)
    if match is None:
        return text.replace(" ", "")
    operator, version = match.groups()
    parts = [int(part) for part in re.findall(r"\d+", version)][:3]
    if operator == "^":
        fixed = next((number for number, part in enumerate(parts) if part), len(parts) - 1) + 1
    elif operator == "~":
        fixed = min(2, len(parts))
    else:
        return f"=={version}"
    ceiling = [*parts[: fixed - 1], parts[fixed - 1] + 1]
    return f">={version},<{'.'.join(map(str, ceiling))}"
