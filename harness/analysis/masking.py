"""Takes secrets out of what a cell said (DESIGN rule 9)."""

from __future__ import annotations

import dataclasses
import functools
import operator
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import unquote, urlsplit

T = TypeVar("T")

MASK = "***"
SHORTEST = 8
"""Characters. What is shorter is too likely to be a word that a report needs."""

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|_PWD$|_AUTH$", re.IGNORECASE
)
_NAMES_A_FILE = ("_FILE", "_PATH", "_DIR")
_IN_A_URL = re.compile(r"(?<=://)([^\s/:@'\"]*):([^\s/@'\"]+)@")


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that are secret by their variable's name, and the passwords of URLs; the longest first.

    A plain word is none: ``postgres`` is a password on many machines, and a name on all of them.
    """
    found = set()
    for name, value in environ.items():
        if _SECRET_NAME.search(name) and not name.endswith(_NAMES_A_FILE):
            found.add(value.strip())
        if "://" in value:
            found |= _passwords(value)
    return tuple(sorted((secret for secret in found if _is_telling(secret)), key=lambda secret: (-len(secret), secret)))


def masked(value: T, secrets: Sequence[str]) -> T:
    """Return a value of the model without *secrets* and without passwords in URLs, in whatever text it holds."""
    known = re.compile("|".join(map(re.escape, secrets))) if secrets else None
    return _masked(value, known)  # type: ignore[return-value]  # of the same type, whatever it is


def _masked(value: object, known: re.Pattern[str] | None) -> object:
    if isinstance(value, str):
        if known is not None and known.search(value):
            value = known.sub(MASK, value)
        return _IN_A_URL.sub(rf"\1:{MASK}@", value) if "://" in value else value
    if isinstance(value, tuple):
        items = tuple([_masked(item, known) for item in value])
        return value if all(map(operator.is_, items, value)) else items
    if not (names := _texts(type(value))):  # type: ignore[arg-type]  # every type can be hashed
        return value
    changed = {}
    for name in names:
        old = getattr(value, name)
        if old and (new := _masked(old, known)) is not old:
            changed[name] = new
    return dataclasses.replace(value, **changed) if changed else value  # type: ignore[type-var]  # it has fields


@functools.cache
def _texts(kind: type) -> tuple[str, ...]:
    """Return the fields of a dataclass that may hold text, none for other types."""
    if not dataclasses.is_dataclass(kind):
        return ()
    return tuple(field.name for field in dataclasses.fields(kind) if field.type not in ("int", "float", "bool"))


def _passwords(url: str) -> set[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()


def _is_telling(secret: str) -> bool:
    return len(secret) >= (2 * SHORTEST if secret.isalpha() else SHORTEST)
