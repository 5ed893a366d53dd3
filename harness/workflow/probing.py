"""Prepares cells whose values need not be in the matrix: what a search asks for between two known values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness import databases
from harness.cells import commands
from harness.errors import Infrastructure, UsageError, nearest
from harness.model.cell import CANARY, DATABASE, MODE, PYTHON, Cell, is_package_axis
from harness.model.lockfile import LockedValue
from harness.model.package import Interpreter, Lock
from harness.model.plan import Axis, Coverage, Nogood, Plan, Value, Why
from harness.model.server import Absent, Offer
from harness.model.spec import AxisSpec, DatabaseSpec, MatrixSpec, Mode, ProviderName, Strength, next_named
from harness.packages import feasibility, interpreters
from harness.packages.index import Index
from harness.packages.resolve import Resolver
from harness.packages.uv import Uv
from harness.plan.rules import matrix_nogoods
from harness.workflow import projects
from harness.workflow.events import Watcher
from harness.workflow.pinned import Pinned, axis_of, pinned, unpinned
from harness.workflow.place import Place
from harness.workflow.prepare import Options, Prepared, remedy
from harness.workflow.prepare import requirements as requirements_of
from harness.workflow.projects import Builder
from harness.workflow.side_by_side import side_by_side


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What can be asked about packages, interpreters and servers before any cell is known."""

    spec: MatrixSpec
    place: Place
    options: Options
    context: databases.Context
    watcher: Watcher
    pins: Pinned
    uv: Uv
    index: Index
    pythons: tuple[Interpreter, ...]
    unready: tuple[Nogood, ...] = ()  # projects that cannot be tested, or not on every Python

    def resolver(self, as_of: dt.datetime) -> Resolver:
        """Return a resolver that knows what had been uploaded by *as_of*; a lock of another day says nothing of it."""
        pins = self.pins if as_of == self.pins.as_of else unpinned(as_of)
        return pins.resolver(self.spec, self.place, self.uv, refresh=self.options.refresh)

    def interpreter(self, value: str) -> Interpreter:
        """Return the Python that *value* stands for, downloaded if that is allowed.

        Raises:
            UsageError: this machine has none.
        """
        found = interpreters.match(value, self.pythons)
        if found is None and self.options.python_downloads and self.spec.run.python_downloads:
            found = interpreters.download(
                value,
                uv=self.uv,
                cache=self.place.cache,
                environ=self.place.environ,
                report=self.watcher.note,
                timeout_s=self.spec.run.timeouts.install_s,
                cancel=self.context.cancel,
            )
        if found is None:
            raise UsageError(
                f"no Python {value} was found in {interpreters.looked_in(self.place.environ)}",
                remedy=f"uv python install {value}",
            )
        return found

    def offer(self, database: DatabaseSpec) -> Offer | Absent:
        """Return what can serve a database here, fetched if need be."""
        allowed = self.options.providers and (*self.options.providers, ProviderName.SQLITE)
        wanted = tuple(item for item in database.providers if not allowed or item in allowed)
        if not wanted:
            names = ", ".join(item.value for item in database.providers)
            return Absent(detail=f"--provider leaves none of its providers ({names})", remedy="another --provider")
        return databases.offer(database, context=self.context, providers=wanted)


def survey(
    spec: MatrixSpec,
    place: Place,
    options: Options,
    context: databases.Context,
    watcher: Watcher,
    *,
    as_of: dt.datetime | None = None,
) -> Ground:
    """Look around on this machine. *as_of* is how recent answers of the index have to be, if not as the project's.

    Raises:
        UsageError: the as-of date lies in the future, or there is no uv.
    """
    pins = unpinned(as_of) if as_of else pinned(spec, place, as_of=options.as_of, refresh=options.refresh)
    uv = pins.uv(place)
    pythons = interpreters.find(place.cache, environ=place.environ, cancel=context.cancel)
    chosen = {value: interpreters.match(value, pythons) for value in spec.axis(PYTHON).values if isinstance(value, str)}
    spec, unready = projects.ready(
        spec,
        {value: python for value, python in chosen.items() if python is not None},
        Builder(
            uv=uv,
            cache=place.cache,
            timeout_s=spec.run.timeouts.install_s,
            cancel=context.cancel,
            watcher=watcher,
        ),
    )
    return Ground(
        spec=spec,
        unready=unready,
        place=place,
        options=options,
        context=context,
        watcher=watcher,
        pins=pins,
        uv=uv,
        index=pins.index(place, uv, refresh=options.refresh),
        pythons=pythons,
    )


def complete(text: str, spec: MatrixSpec, *, without: str) -> Cell:
    """Read a cell but for the axis *without*, whose value in it is dropped; axes with one value need not be named.

    Raises:
        UsageError: it is no cell, or names an unknown axis or value, or lacks an axis.
    """
    given = parse(text, spec, without=without)
    values = {}
    for axis in spec.axes:
        if axis.name == without:
            continue
        known = [value for value in axis.values if isinstance(value, str)]
        if axis.name not in given and (len(axis.values) > 1 or not known):
            example = known[0] if known else "VERSION"
            raise UsageError(f"--cell {text!r}: {axis.name} is missing", remedy=f"{axis.name}={example}, for example")
        value = given.get(axis.name, known[0] if known else "")
        # what a range stands for is only known to the index, which refuses what it does not have
        is_open = len(known) < len(axis.values) and bool(value)
        if value not in known and not (is_package_axis(axis.name) and (is_open or value.startswith("=="))):
            raise UsageError(
                f"--cell {text!r}: {axis.name} has no value {value!r}{nearest(value, known)}",
                remedy=f"one of {', '.join(known)}",
            )
        values[axis.name] = value
    return Cell.of(values)


def parse(text: str, spec: MatrixSpec, *, without: str) -> dict[str, str]:
    """Return the values that *text* gives to axes of the matrix, but for the axis *without*.

    Raises:
        UsageError: it is no cell, or names an axis that the matrix does not have.
    """
    names = [axis.name for axis in spec.axes]
    try:
        given = Cell.parse(text).as_dict() if text else {}
    except ValueError as error:
        raise UsageError(f"--cell {text!r}: {error}", remedy="an id as `harness plan` lists them") from None
    for name in given:
        if name not in names and name != without:
            raise UsageError(
                f"--cell {text!r}: no axis {name!r}{nearest(name, names)}", remedy=f"one of {', '.join(names)}"
            )
    return {name: value for name, value in given.items() if name != without}


def prepared(
    ground: Ground,
    spec: MatrixSpec,
    axes: tuple[Axis, ...],
    pythons: Mapping[str, Interpreter],
    offers: Mapping[str, Offer],
) -> Prepared:
    """Return everything known about *axes*, with an empty plan and no locks yet; *spec* knows all their databases."""
    packages = _packages(ground, axes)
    releases = {(name, one.requested): one.release for name, values in packages.items() for one in values}
    nogoods = (
        *matrix_nogoods(spec, axes),
        *ground.unready,
        *feasibility.nogoods(axes, releases=releases, interpreters=pythons, allow_build=spec.run.allow_build),
    )
    return Prepared(
        spec=spec,
        options=ground.options,
        as_of=ground.pins.as_of,
        pins=ground.pins,
        axes=axes,
        packages=packages,
        nogoods=nogoods,
        interpreters=pythons,
        offers=offers,
        resolver=ground.resolver(ground.pins.as_of),
        uv=ground.uv,
        cancel=ground.context.cancel,
        plan=Plan(cells=(), left_out=(), coverage=Coverage(strength=Strength.EACH, covered=0, feasible=0), product=0),
        locks={},
        unlocked={},
    )


def package_axis(ground: Ground, name: str, values: Sequence[str]) -> Axis:
    """Return a package axis with exactly these values, expanded as the matrix's are.

    Raises:
        UsageError: a value cannot be read, or no release fits it.
        IndexUnreachable: the index gave no answer.
    """
    return axis_of(name, _package_values(ground, name, values))


def _package_values(ground: Ground, name: str, values: Sequence[str]) -> tuple[LockedValue, ...]:
    names = [axis.name for axis in ground.spec.axes]
    axis = AxisSpec(name=name, values=tuple(values))
    return ground.pins.package_axis(axis, lambda: ground.index.releases(name, known_names=names))


def fixed_axes(ground: Ground, cell: Cell) -> tuple[Axis, ...]:
    """Return the axes of a cell, each with its one value."""

    def one(pair: tuple[str, str]) -> Axis:
        name, value = pair
        if is_package_axis(name):
            return package_axis(ground, name, [value])
        exact = ground.interpreter(value).version if name == PYTHON else ""
        return Axis(name=name, values=(Value(requested=value, exact=exact),))

    return tuple(side_by_side(one, cell.values))


def lock_all(prepared: Prepared, cells: Sequence[Cell]) -> dict[Cell, Nogood]:
    """Lock what can be locked; return the reason for each cell that cannot be tested, nothing having been run.

    Raises:
        Infrastructure: the index, or uv, gave no answer.
    """

    def one(cell: Cell) -> Nogood | None:
        for nogood in prepared.nogoods:
            if nogood.covers(cell):
                return nogood
        wanted = [item for items in requirements_of(prepared, cell).values() for item in items]
        answer = prepared.resolver.lock(wanted, prepared.interpreters[cell[PYTHON]], cancel=prepared.cancel)
        if isinstance(answer, Lock):
            prepared.locks[cell] = answer
            return None
        return Nogood(values=cell.values, why=Why.UNRESOLVABLE, detail=answer.words, remedy=remedy(answer.words))

    found = side_by_side(one, cells)
    return {cell: nogood for cell, nogood in zip(cells, found, strict=True) if nogood is not None}


def around(spec: MatrixSpec, cell: Cell) -> tuple[str, ...]:
    """Return the requirements that a cell's database, canary and mode bring."""
    return (
        *spec.database(cell[DATABASE]).driver,
        *spec.canary(cell[CANARY]).requires,
        *commands.requirements(Mode(cell[MODE])),
    )


def only_offer(ground: Ground, name: str) -> dict[str, Offer]:
    """Return the offer for the one database that a search keeps to.

    Raises:
        Infrastructure: nothing can serve it here.
    """
    answer = ground.offer(next_named(ground.spec.databases, name))
    if isinstance(answer, Absent):
        raise Infrastructure(f"{name}: {answer.detail}", remedy=answer.remedy)
    return {name: answer}


def _packages(ground: Ground, axes: tuple[Axis, ...]) -> dict[str, tuple[LockedValue, ...]]:
    return {
        axis.name: _package_values(ground, axis.name, [value.requested for value in axis.values])
        for axis in axes
        if is_package_axis(axis.name)
    }
