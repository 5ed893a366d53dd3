"""What is told of a run that resolves to lowest versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from packaging.requirements import Requirement

from harness.model.cell import PYTHON
from harness.model.lockfile import NAME
from harness.model.package import Interpreter
from harness.model.spec import Preference
from harness.packages.markers import applies
from harness.packages.resolve import CONSTRAINT, normalised
from harness.workflow.prepare import Prepared, requirements

_BOUNDS = (">", ">=", "==", "===", "~=")
OPTIONS = {Preference.HIGHEST: "", Preference.LOWEST: "--lowest", Preference.LOWEST_DIRECT: "--lowest-direct"}
"""What a command line says."""

SHOWN = 6
"""Packages named in one line."""


def warnings(prepared: Prepared) -> tuple[str, ...]:
    """Return a line each on what was resolved, how it stands to the lock, and which packages nothing bounds; nothing
    where the newest versions were wanted."""
    preference = prepared.options.selection.preference
    if preference is Preference.HIGHEST:
        return ()
    what = "of everything" if preference is Preference.LOWEST else "of what is asked for by name"
    lines = [f"{OPTIONS[preference]}: the lowest versions that are allowed, {what}; axes stay what they say"]
    if prepared.pins.lock is not None:
        day = f"{prepared.as_of:%Y-%m-%d}"
        lines.append(f"{NAME} says nothing of lowest versions: they were resolved as of {day}")
    if open_ones := _unbounded(prepared):
        more = f" and {len(open_ones) - SHOWN} more" if len(open_ones) > SHOWN else ""
        named = ", ".join(open_ones[:SHOWN]) + more
        lines.append(f"no lower bound is given for {named}: that is the first release with a wheel; give it a >=")
    return tuple(lines)


def _unbounded(prepared: Prepared) -> list[str]:
    """Return the packages that are unbounded in some cell, sorted."""
    asked = set()
    for cell in prepared.locks:
        wanted = tuple(item for items in requirements(prepared, cell).values() for item in items)
        asked.add((wanted, prepared.interpreters[cell[PYTHON]]))
    return sorted({name for wanted, python in asked for name in unbounded(wanted, python)})


def unbounded(wanted: Iterable[str], interpreter: Interpreter) -> tuple[str, ...]:
    """Return the names among requirements that hold on *interpreter* and that no specifier, of theirs or of a
    constraint, bounds from below, sorted.

    Raises:
        UsageError: a requirement cannot be read.
    """
    is_bounded: defaultdict[str, bool] = defaultdict(bool)
    asked = set()
    for text in normalised(wanted):
        requirement = Requirement(text.removeprefix(CONSTRAINT))
        if not applies(requirement, interpreter):
            continue
        is_bounded[requirement.name] |= any(one.operator in _BOUNDS for one in requirement.specifier)
        if not text.startswith(CONSTRAINT):
            asked.add(requirement.name)
    return tuple(sorted(name for name in asked if not is_bounded[name]))
