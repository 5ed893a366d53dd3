"""Narrows a matrix to what was asked for on the command line."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.errors import NothingSelected, UsageError, nearest
from harness.model.cell import CANARY, DATABASE, Cell, normalise_axis
from harness.model.plan import Axis, Nogood, Value, Why
from harness.model.spec import MatrixSpec, Preference, Profile, next_named
from harness.plan.expression import compile_expression
from harness.plan.rules import matching

DEFAULT_PROFILE = "default"
_NAMED = 3  # reasons told where nothing is left

Filters = tuple[tuple[str, tuple[str, ...]], ...]
"""Axis → requested values, specifiers on exact versions, or patterns; one of them must hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a person asked to run; the default is the default profile, whole."""

    k: str = ""
    axes: Filters = ()
    profile: str = DEFAULT_PROFILE
    cells: tuple[str, ...] = ()  # ids to run, whether the plan holds them or not
    failed: tuple[str, ...] | None = None  # ids that failed last (--last-failed); None: not asked for
    preference: Preference = Preference.HIGHEST  # which of the versions that are allowed, where no axis says it

    @property
    def is_pick(self) -> bool:
        """Tell whether cells are picked out of a plan, which then need not reach its coverage."""
        return bool(self.k.strip() or self.cells or self.failed is not None)


def parse_filters(items: Iterable[str]) -> Filters:
    """Read ``--axis`` arguments (``django=5.2,6.0``; ``django=>=5.2,<6``: specifiers in a row hold together).

    Raises:
        UsageError: an argument is not ``axis=value,…``.
    """
    filters: dict[str, tuple[str, ...]] = {}
    for item in items:
        name, equals, text = item.partition("=")
        options = _options(text)
        if not (name.strip() and equals and options):
            raise UsageError(f"--axis {item!r} is not AXIS=VALUE,…", remedy="for example --axis django=5.2,6.0")
        axis = normalise_axis(name.strip())
        filters[axis] = (*filters.get(axis, ()), *options)
    return tuple(filters.items())


def _options(text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    options: list[str] = []
    for is_specifier, group in itertools.groupby(parts, key=lambda part: part[0] in "<>!~"):
        members = list(group)
        options += [",".join(members)] if is_specifier else members
    return tuple(options)


def profile_of(spec: MatrixSpec, selection: Selection) -> Profile:
    """Return the profile asked for.

    Raises:
        UsageError: there is none of that name.
    """
    try:
        return next_named(spec.profiles, selection.profile)
    except KeyError:
        names = [profile.name for profile in spec.profiles]
        raise UsageError(
            f"{spec.path}: no profile {selection.profile!r}{nearest(selection.profile, names)}",
            remedy=f"one of {', '.join(names) or 'none'}",
        ) from None


def narrow(axes: tuple[Axis, ...], spec: MatrixSpec, selection: Selection) -> tuple[Axis, ...]:
    """Return the axes with the values that both the profile and ``--axis`` let through.

    Raises:
        UsageError: a filter names an axis or a value that does not exist.
        NothingSelected: an axis has no value left.
    """
    profile = profile_of(spec, selection)
    allowed = _filtered(axes, profile.axes, f"{spec.path}: profile.{profile.name}.axes")
    chosen = _filtered(axes, selection.axes, "--axis")
    narrowed = []
    for axis in axes:
        values = tuple(v for v in axis.values if v.requested in allowed[axis.name] & chosen[axis.name])
        if not values:
            raise NothingSelected(
                f"profile {profile.name} and --axis leave no value of {axis.name}",
                remedy=f"one of {', '.join(sorted(allowed[axis.name]))}, or another --profile",
            )
        narrowed.append(replace(axis, values=values))
    return tuple(narrowed)


def selected_values(spec: MatrixSpec, name: str, selection: Selection) -> frozenset[str]:
    """Return the values of an axis without exact versions, as written, that profile and ``--axis`` let through.

    What they say wrongly is told by `narrow`, later: nothing is left out for it here.
    """
    written = tuple(str(value) for value in spec.axis(name).values)
    axis = Axis(name=name, values=tuple(Value(requested=value, exact=value) for value in written))
    left = set(written)
    for filters in () if selection.cells else (profile_of(spec, selection).axes, selection.axes):
        for _, options in (item for item in filters if item[0] == name):
            wanted = {value for option in options for value in matching(axis, option)}
            left = (left & wanted) or left
    return frozenset(left)


def selected_databases(spec: MatrixSpec, selection: Selection) -> frozenset[str]:
    """Return the databases that profile and ``--axis`` let through, and that a canary of those let through can use."""
    canaries = [spec.canary(name) for name in selected_values(spec, CANARY, selection)]
    return frozenset(
        name
        for name in selected_values(spec, DATABASE, selection)
        if any(fnmatch.fnmatchcase(name, pattern) for canary in canaries for pattern in canary.databases)
    )


def _filtered(axes: tuple[Axis, ...], filters: Filters, source: str) -> dict[str, set[str]]:
    left = {axis.name: {value.requested for value in axis.values} for axis in axes}
    by_name = {axis.name: axis for axis in axes}
    for name, options in filters:
        if name not in by_name:
            raise UsageError(f"{source}: no axis {name!r}{nearest(name, left)}", remedy=f"one of {', '.join(left)}")
        found: set[str] = set()
        for option in options:
            values = matching(by_name[name], option)
            if not values:
                raise _no_value(f"{source}: ", by_name[name], option)
            found.update(values)
        left[name] &= found
    return left


def _no_value(prefix: str, axis: Axis, text: str) -> UsageError:
    values = [value.requested for value in axis.values]
    return UsageError(
        f"{prefix}{axis.name} has no value {text!r}{nearest(text, values)}", remedy=f"one of {', '.join(values)}"
    )


def choose(
    planned: Sequence[Cell],
    selection: Selection,
    *,
    axes: tuple[Axis, ...],
    narrowed: tuple[Axis, ...],
    nogoods: tuple[Nogood, ...],
) -> tuple[Cell, ...]:
    """Return the cells to run out of the *planned* ones.

    Cells named by id run whether they are planned or not, whatever profile and ``--axis`` say (*axes* is the whole
    matrix); those that failed last run where *narrowed* still has their values and no nogood covers them; then ``-k``
    narrows what there is.

    Raises:
        UsageError: an id is no cell of the matrix, or a nogood covers it; ``-k`` cannot be read.
        NothingSelected: no cell is left.
    """
    matches = compile_expression(selection.k) if selection.k.strip() else None
    cells = list(planned)
    if selection.cells or selection.failed is not None:
        named = [explicit(text, axes, nogoods) for text in selection.cells]
        cells = list(dict.fromkeys([*named, *_still_there(selection.failed or (), narrowed, nogoods)]))
    if not cells:
        raise _nothing(selection, narrowed, nogoods)
    chosen = tuple(cell for cell in cells if matches is None or matches(cell.id))
    if not chosen:
        raise NothingSelected(
            f"-k {selection.k!r} matches none of {len(cells)} cells", remedy=f"a part of an id such as {cells[0].id}"
        )
    return chosen


def _nothing(selection: Selection, narrowed: tuple[Axis, ...], nogoods: tuple[Nogood, ...]) -> NothingSelected:
    if selection.failed is not None:
        count = len(selection.failed)
        return NothingSelected(
            f"none of the {count} cells that failed last can be run" if count else "no cell failed last",
            remedy="run without --last-failed",
        )
    selected = {(axis.name, value.requested) for axis in narrowed for value in axis.values}
    nogoods = tuple(nogood for nogood in nogoods if selected.issuperset(nogood.values)) or nogoods
    details = list(dict.fromkeys(nogood.detail for nogood in nogoods))
    remedies = list(dict.fromkeys(nogood.remedy for nogood in nogoods if nogood.remedy))
    return NothingSelected(
        "every cell is left out: " + "; ".join(details[:_NAMED]) + (" …" if len(details) > _NAMED else ""),
        remedy="; ".join(remedies[:_NAMED]),
        is_provider_missing=any(nogood.why is Why.NO_PROVIDER for nogood in nogoods),
    )


def explicit(text: str, axes: tuple[Axis, ...], nogoods: tuple[Nogood, ...]) -> Cell:
    """Read the id of a cell of the matrix.

    Raises:
        UsageError: it is no id, lacks an axis, names an unknown axis or value, or a nogood covers it.
    """
    try:
        cell = Cell.parse(text)
    except ValueError as error:
        raise UsageError(f"--cell {text!r}: {error}", remedy="an id as `harness plan` lists them") from None
    given, names = cell.as_dict(), [axis.name for axis in axes]
    for name in given:
        if name not in names:
            raise UsageError(f"--cell {text!r}: no axis {name!r}{nearest(name, names)}")
    for axis in axes:
        if axis.name not in given:
            raise UsageError(f"--cell {text!r}: {axis.name} is missing", remedy="a value for every axis")
        if given[axis.name] not in [value.requested for value in axis.values]:
            raise _no_value(f"--cell {text!r}: ", axis, given[axis.name])
    for nogood in nogoods:
        if nogood.covers(cell):
            raise UsageError(f"--cell {text!r} cannot be run: {nogood.detail}", remedy=nogood.remedy)
    return cell


def _still_there(ids: Iterable[str], axes: tuple[Axis, ...], nogoods: tuple[Nogood, ...]) -> list[Cell]:
    there = []
    for text in ids:
        try:
            there.append(explicit(text, axes, nogoods))
        except UsageError:  # the matrix, the selection or this machine changed since it failed
            continue
    return there
