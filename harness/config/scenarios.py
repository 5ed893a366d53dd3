"""Canaries that are another one with a change: what they take over, what they add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.config.document import CanaryTable
from harness.config.projects import is_project
from harness.errors import nearest


def lineage(name: str, canaries: Mapping[str, CanaryTable]) -> tuple[str, ...]:
    """Return the names of a canary and those it is made of, the first base first; it ends where a name is no canary."""
    names: list[str] = []
    current: str | None = name
    while current is not None and current in canaries and current not in names:
        names.insert(0, current)
        current = canaries[current].base
    return tuple(names)


def written(name: str, canaries: Mapping[str, CanaryTable]) -> CanaryTable:
    """Return a canary's table with every key that it does not write taken from its base.

    `overlay`, `remove` and `prepare` are each level's own: they add up instead (`lineage`).
    """
    keys: dict[str, object] = {}
    for one in lineage(name, canaries):
        keys |= {key: getattr(canaries[one], key) for key in canaries[one].model_fields_set}
    return CanaryTable.model_construct(**keys)  # type: ignore[arg-type]  # checked values, as they are


def check_base(name: str, canaries: Mapping[str, CanaryTable]) -> Iterator[str]:
    """Yield a line for each way in which a canary's base cannot be meant."""
    table, place = canaries[name], f"canary.{name}"
    if table.base is None:
        needed = ("path",) if is_project(table) else ("path", "settings")
        yield from (f"{place}.{key}: is missing" for key in needed if getattr(table, key) is None)
        return
    if table.path is not None:
        yield f"{place}.path: is that of its base {table.base!r}: write base or path"
    names = lineage(name, canaries)
    last = canaries[names[0]].base
    if last in names:
        yield f"{place}.base: leads back to itself: {' → '.join([*reversed(names), str(last)])}"
    elif last is not None and table.base == last:  # a base further up says so itself
        yield f"{place}.base: {last!r} is not defined: there is no [canary.{last}]{nearest(last, canaries)}"
