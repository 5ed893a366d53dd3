"""The difference between two sets of installed versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.model.record import Record, Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A package whose version differs; empty where it is not there."""

    name: str
    old: str
    new: str


def moved(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Moved, ...]:
    """Return the packages whose versions differ, by name."""
    return tuple(
        Moved(name=name, old=old.get(name, ""), new=new.get(name, ""))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def installed(record: Record) -> dict[str, str]:
    """Return what was installed in a record's last attempt under pytest, as the probe said; empty if it did not."""
    for trial in reversed(record.by(Runner.PYTEST)):
        found = {one.name: one.version for process in trial.evidence.processes for one in process.imported}
        if found:
            return found
    return {}
