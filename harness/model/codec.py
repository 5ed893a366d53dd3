"""Turns frozen dataclasses into JSON values, the same bytes for the same value."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import json
import types
import typing
from enum import Enum
from pathlib import Path, PurePath
from typing import Any, TypeVar

T = TypeVar("T")


def to_plain(value: object) -> Any:
    """Return *value* as dicts, lists and scalars; enums become their values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: to_plain(getattr(value, name)) for name in _hints(type(value))}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(to_plain(item) for item in value)
    return value


def dumps(value: object) -> str:
    """Return *value* as one line of JSON with sorted keys."""
    text = json.dumps(to_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate (a file name that is not UTF-8) becomes its JSON escape: the text can be written anywhere.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def loads(kind: type[T], text: str | bytes) -> T:
    """Read what `dumps` wrote as a *kind*. Unknown fields are ignored, missing ones take their default.

    Raises:
        ValueError: the text is not JSON or does not fit *kind*.
    """
    return typing.cast("T", from_plain(kind, json.loads(text)))


def from_plain(kind: Any, plain: Any) -> Any:
    """Build a *kind* (dataclass, enum, tuple, optional or scalar) out of plain JSON values."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _member_of_union(typing.get_args(kind), plain)
    if origin in (tuple, frozenset) and not isinstance(plain, list):
        raise ValueError(f"expected a list for {kind}, found {plain!r}")
    if origin is tuple:
        parts = typing.get_args(kind)
        if len(parts) == 2 and parts[1] is ...:
            return tuple(from_plain(parts[0], item) for item in plain)
        return tuple(from_plain(part, item) for part, item in zip(parts, plain, strict=True))
    if origin is frozenset:
        (part,) = typing.get_args(kind)
        return frozenset(from_plain(part, item) for item in plain)
    if dataclasses.is_dataclass(kind):
        if not isinstance(plain, dict):
            raise ValueError(f"expected an object for {kind}, found {plain!r}")
        hints = _hints(typing.cast("type", kind))
        try:
            build = typing.cast("type", kind)
            return build(**{name: from_plain(hints[name], item) for name, item in plain.items() if name in hints})
        except TypeError as error:
            raise ValueError(str(error)) from error
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(plain)
    if kind is float and isinstance(plain, int):
        return float(plain)
    if kind in (dt.datetime, dt.date) and isinstance(plain, str):
        return kind.fromisoformat(plain)
    if kind is Path and isinstance(plain, str):
        return Path(plain)
    if kind is Any or isinstance(plain, kind):
        return plain
    raise ValueError(f"expected {kind.__name__}, found {plain!r}")


def _member_of_union(members: tuple[Any, ...], plain: Any) -> Any:
    """Return *plain* as the first member of the union that it fits."""
    if plain is None and type(None) in members:
        return None
    rest = [member for member in members if member is not type(None)]
    for member in rest[:-1]:
        with contextlib.suppress(ValueError):
            return from_plain(member, plain)
    return from_plain(rest[-1], plain)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
