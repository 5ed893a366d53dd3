"""Words for what pydantic finds: which key, what is wrong, what may have been meant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.config import document as tables
from harness.errors import nearest

Location = Sequence[str | int]

_KINDS = {
    "string_type": "a string",
    "list_type": "a list",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "date_type": "a date without quotes, such as 2026-01-20",
}


def phrase(error: ValidationError) -> list[str]:
    """Return a line per mistake: ``key: what is wrong; nearest: …``."""
    return [f"{dotted(_plain(detail['loc']))}: {_words(detail)}" for detail in error.errors(include_url=False)]


def dotted(location: Location) -> str:
    """Return a location as a person writes it: ``run.timeouts``, ``[[expect]] number 2: when.django``."""
    text, separator = "", ""
    for index, part in enumerate(location):
        match part:
            case int() if index == 1 and location[0] in ("exclude", "include", "expect"):
                text, separator = f"[[{location[0]}]] number {part + 1}", ": "
            case int():
                text, separator = f"{text} number {part + 1}", ": "
            case _:
                text, separator = f"{text}{separator}{part}", "."
    return text


def _plain(location: Location) -> Location:
    # pydantic puts in which branch of a union it took, and "[key]" where a table's name is at fault
    inner = [part for part in location if part != "[key]"]
    is_axis_value = len(inner) > 3 and inner[0] == "matrix" and isinstance(inner[2], int)
    return [*inner[:3], *inner[4:]] if is_axis_value else inner


def _words(detail: ErrorDetails) -> str:
    location, kind, found = _plain(detail["loc"]), detail["type"], detail["input"]
    match kind:
        case "extra_forbidden":
            return f"unknown key{_nearest_key(str(location[-1]), detail['loc'][:-1])}"
        case "missing":
            given = found if isinstance(found, dict) else {}
            return f"is missing{nearest(str(location[-1]), set(map(str, given)) - _keys(detail['loc'][:-1]))}"
        case "literal_error":
            return f"{show(found)} is not one of {detail['ctx']['expected']}{_nearest_literal(detail)}"
        case "too_short" | "string_too_short":
            return "has no value: it must not be empty"
        case "string_pattern_mismatch":
            return "a name is made of letters, digits, '.', '_' and '-', and starts with a letter or digit"
        case "list_type" if isinstance(found, dict) and location[0] in ("exclude", "include", "expect"):
            return f"needs a list of tables, found one table: write [[{location[0]}]]"
        case _ if kind in _KINDS:
            hint = ": put it in quotes" if kind == "string_type" and isinstance(found, int | float) else ""
            return f"needs {_KINDS[kind]}, found {show(found)}{hint}"
        case _:
            return detail["msg"][:1].lower() + detail["msg"][1:]


def show(value: object) -> str:
    """Return a value of a TOML file as a person knows it."""
    match value:
        case dict():
            return "a table"
        case list():
            return "a list" if value else "an empty list"
        case str() | int() | float():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _nearest_literal(detail: ErrorDetails) -> str:
    options = [option.strip("' ") for option in detail["ctx"]["expected"].replace(" or ", ", ").split(",")]
    return nearest(str(detail["input"]), options)


def _nearest_key(key: str, table: Location) -> str:
    keys = _keys(table)
    return nearest(key, keys) or f"; known: {', '.join(sorted(keys))}"


def _keys(table: Location) -> set[str]:
    return set(table_at(table).model_fields)


def table_at(location: Location) -> type[BaseModel]:
    """Return the model of the table at a location of pydantic's."""
    match list(location):
        case ["matrix"]:
            return tables.MatrixTable
        case ["matrix", *_]:
            return tables.VersionRangeTable
        case ["database", _]:
            return tables.DatabaseTable
        case ["canary", _, "lacks", _]:
            return tables.LackTable
        case ["canary", _]:
            return tables.CanaryTable
        case ["exclude" | "include", _]:
            return tables.RuleTable
        case ["expect", _]:
            return tables.ExpectTable
        case ["profile", _]:
            return tables.ProfileTable
        case ["run"]:
            return tables.RunTable
        case ["run", "timeouts"]:
            return tables.TimeoutsTable
        case _:
            return tables.Document


def join(file: str, lines: Iterable[str]) -> str:
    """Return one message out of a file's problems, sorted as they were found."""
    return "\n".join(f"{file}: {line}" for line in lines)
