"""What the matrix itself says of its cells: its rules as nogoods."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Iterator

from harness.errors import UsageError, nearest
from harness.model.cell import CANARY, DATABASE, MODE, normalise_axis
from harness.model.condition import Condition
from harness.model.plan import Axis, Nogood, Partial, Why
from harness.model.spec import Engine, Expectation, MatrixSpec, Mode, Rule


def matrix_nogoods(spec: MatrixSpec, axes: tuple[Axis, ...]) -> tuple[Nogood, ...]:
    """Return what ``[[exclude]]``, the canaries' ``databases`` and the modes rule out among the values of *axes*."""
    return (*_excluded(spec, axes), *_canary_database(spec, axes), *_mode_database(spec, axes))


def partials(condition: Condition, axes: tuple[Axis, ...]) -> tuple[Partial, ...]:
    """Return the combinations of existing values, over the axes that *condition* names, for which it holds."""
    by_name = {axis.name: axis for axis in axes}
    choices = []
    for name in sorted(map(normalise_axis, condition.axes())):
        values = by_name[name].values if name in by_name else ()
        choices.append([(name, v.requested) for v in values if condition.matches_value(name, v.requested, v.exact)])
    return tuple(itertools.product(*choices))


def check_rules(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """Refuse a ``when`` with a value or specifier that matches nothing: it is a slip, or it has had its day.

    Raises:
        UsageError: naming the file, the entry, the axis, the value and the nearest existing ones, for all such.
    """
    problems = [
        f"{spec.path}: {entry}: when.{axis}: {option!r} matches no value of the axis{_existing(option, found)}"
        for entry, condition in _conditions(spec)
        for axis, options in condition.terms
        for option in options
        if not matching(found := _axis(axes, axis), option)
    ]
    if problems:
        raise UsageError("\n".join(problems), remedy="mend the value, or remove the entry if it has had its day")


def matching(axis: Axis, option: str) -> tuple[str, ...]:
    """Return the requested values of *axis* that *option* (a value, a specifier or a pattern) selects."""
    condition = Condition(terms=((axis.name, (option,)),))
    return tuple(v.requested for v in axis.values if condition.matches_value(axis.name, v.requested, v.exact))


def _existing(option: str, axis: Axis) -> str:
    values = [value.requested for value in axis.values]
    return nearest(option.lstrip("<>=!~ "), values) or f"; it has: {', '.join(values) or 'none'}"


def _axis(axes: tuple[Axis, ...], name: str) -> Axis:
    return next((axis for axis in axes if axis.name == name), Axis(name=name, values=()))


def _conditions(spec: MatrixSpec) -> Iterator[tuple[str, Condition]]:
    kinds: tuple[tuple[str, tuple[Rule | Expectation, ...]], ...] = (
        ("exclude", spec.excludes),
        ("include", spec.includes),
        ("expect", spec.expectations),
    )
    for kind, rules in kinds:
        for number, rule in enumerate(rules, 1):
            yield f"[[{kind}]] number {number} ({rule.reason})", rule.when
    for canary in spec.canaries:
        for number, lack in enumerate(canary.lacks, 1):
            yield f"[[canary.{canary.name}.lacks]] number {number} ({lack.reason})", lack.when


def _excluded(spec: MatrixSpec, axes: tuple[Axis, ...]) -> Iterator[Nogood]:
    for rule in spec.excludes:
        for values in partials(rule.when, axes):
            yield Nogood(values=values, why=Why.EXCLUDED, detail=_reason(rule))


def _reason(rule: Rule) -> str:
    return f"{rule.reason} ({rule.issue})" if rule.issue else rule.reason


def _canary_database(spec: MatrixSpec, axes: tuple[Axis, ...]) -> Iterator[Nogood]:
    for value in _axis(axes, CANARY).values:
        canary = spec.canary(value.requested)
        for database in _axis(axes, DATABASE).values:
            if not any(fnmatch.fnmatchcase(database.requested, pattern) for pattern in canary.databases):
                yield Nogood(
                    values=((CANARY, canary.name), (DATABASE, database.requested)),
                    why=Why.CANARY_DATABASE,
                    detail=f"canary {canary.name} uses {', '.join(canary.databases)}, not {database.requested}",
                )


def _mode_database(spec: MatrixSpec, axes: tuple[Axis, ...]) -> Iterator[Nogood]:
    if Mode.REUSE_DB.value not in [value.requested for value in _axis(axes, MODE).values]:
        return
    for value in _axis(axes, DATABASE).values:
        database = spec.database(value.requested)
        if database.engine is Engine.SQLITE and database.version in ("memory", "name"):
            yield Nogood(
                values=((DATABASE, database.name), (MODE, Mode.REUSE_DB.value)),
                why=Why.MODE_DATABASE,
                detail=f"{Mode.REUSE_DB.value} needs a database that outlives a process; {database.name} does not",
            )
