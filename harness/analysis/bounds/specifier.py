"""Reads the lower bound of a requirement, writes another."""

from __future__ import annotations

from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

_LOWER = (">=", ">", "~=")
_EXACT = ("==", "===")


def has_lower(declared: str) -> bool:
    """Tell whether a specifier bounds the versions from below.

    Raises:
        InvalidSpecifier: it is none.
    """
    return any(one.operator in (*_LOWER, *_EXACT) for one in SpecifierSet(declared))


def proposed(declared: str, version: str) -> str:
    """Return *declared* with ``>=version`` for its lower bound; upper bounds and exclusions are kept as they are.

    What holds versions to a series (``~=1.4``, ``==1.*``) goes on doing so.
    """
    kept = [text for one in SpecifierSet(declared) for text in _rest(one)]
    return ",".join([f">={version}", *sorted(kept, key=_order)])


def requirement(text: str, specifier: str) -> str:
    """Return a requirement with another specifier, its extras and marker as they are."""
    found = Requirement(text)
    extras = f"[{','.join(sorted(found.extras))}]" if found.extras else ""
    marker = f"; {found.marker}" if found.marker else ""
    return f"{found.name}{extras}{specifier}{marker}"


def _rest(one: Specifier) -> tuple[str, ...]:
    """Return what one clause says beside the lower bound."""
    if one.operator == "~=":  # PEP 440: ~=1.4.2 is >=1.4.2 and ==1.4.*
        version = Version(one.version)
        epoch = f"{version.epoch}!" if version.epoch else ""
        return (f"=={epoch}{'.'.join(map(str, version.release[:-1]))}.*",)
    return () if one.operator in _LOWER else (str(one),)


def _order(clause: str) -> tuple[bool, str]:
    """Place upper bounds before exclusions."""
    return (clause.startswith("!="), clause)
