"""Turns frozen dataclasses into JSON values, the same bytes for the same value."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")


def to_plain(value: object) -> Any:
    """Return *value* as dicts, lists and scalars; enums become their values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: to_plain(getattr(value, name)) for name in _hints(type(value))}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(to_plain(item) for item in value)
    return value


def dumps(value: object) -> str:
    """Return *value* as one line of JSON with sorted keys."""
    return json.dumps(to_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


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
        if plain is None:
            return None
        (kind,) = [part for part in typing.get_args(kind) if part is not type(None)]
        return from_plain(kind, plain)
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
    if kind is Any or isinstance(plain, kind):
        return plain
    raise ValueError(f"expected {kind.__name__}, found {plain!r}")


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
