"""From a matrix to a plan whose cells are all locked: what can be known before anything is built."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness import databases
from harness.cells import commands
from harness.errors import IndexUnreachable, Infrastructure
from harness.model.cell import CANARY, DATABASE, DATE, MODE, PYTHON, Cell, is_package_axis
from harness.model.lockfile import LockedValue
from harness.model.package import Interpreter, Lock, Unresolvable
from harness.model.plan import Axis, Nogood, Plan, Value, Why
from harness.model.server import Absent, Offer
from harness.model.spec import AxisSpec, CanarySpec, MatrixSpec, Mode, ProviderName, next_named
from harness.packages import feasibility, interpreters, versions
from harness.packages.resolve import CONSTRAINT, Resolver
from harness.packages.uv import Uv
from harness.plan.planning import plan_again, plan_run
from harness.plan.rules import check_rules, matrix_nogoods
from harness.plan.select import Selection, selected_databases, selected_values
from harness.process import Cancel
from harness.workflow import projects
from harness.workflow.events import Watcher
from harness.workflow.pinned import Pinned, axis_of, pinned
from harness.workflow.place import Place
from harness.workflow.projects import Builder
from harness.workflow.side_by_side import in_background, side_by_side

MAX_ROUNDS = 8
_NO_WHEELS = re.compile(r"Wheels are required for `([A-Za-z0-9._-]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says about preparing."""

    selection: Selection
    as_of: dt.datetime | None = None
    refresh: bool = False
    providers: tuple[ProviderName, ...] = ()
    python_downloads: bool = True


@dataclass(slots=True, kw_only=True)
class Prepared:
    """Everything known about a matrix on this machine; further rounds add nogoods and locks."""

    spec: MatrixSpec
    options: Options
    as_of: dt.datetime
    axes: tuple[Axis, ...]
    packages: Mapping[str, tuple[LockedValue, ...]]  # the releases behind the values of package axes
    nogoods: tuple[Nogood, ...]
    interpreters: Mapping[str, Interpreter]  # by value of the python axis
    offers: Mapping[str, Offer]  # by value of the database axis
    pins: Pinned
    resolver: Resolver
    uv: Uv
    cancel: Cancel
    plan: Plan
    locks: dict[Cell, Lock]
    unlocked: dict[Cell, Infrastructure]  # cells whose resolution the index kept from us


def prepare(
    spec: MatrixSpec,
    place: Place,
    options: Options,
    context: databases.Context,
    watcher: Watcher,
    *,
    pins: Pinned | None = None,
) -> Prepared:
    """Expand the axes, find what cannot be tested, plan, and lock every planned cell.

    *pins* replaces what the lock beside the matrix says.

    Raises:
        UsageError: the matrix or the selection cannot mean anything.
        NothingSelected: no cell is left.
        IndexUnreachable: the index is needed and gives no answer.
    """
    pins = pins or pinned(spec, place, as_of=options.as_of, refresh=options.refresh)
    watcher.stage("looking for interpreters and releases")
    uv = pins.uv(place)
    index = pins.index(place, uv, refresh=options.refresh)
    # the network answers while this machine is searched
    found = in_background(lambda: pins.package_axes(spec, index))
    pythons = _interpreters(spec, place, options, uv, context.cancel, watcher)
    packages = found.result()
    spec, unready = projects.ready(
        spec,
        {value: python for value, python in pythons.items() if python is not None},
        Builder(
            uv=uv,
            cache=place.cache,
            timeout_s=spec.run.timeouts.install_s,
            cancel=context.cancel,
            watcher=watcher,
        ),
    )
    axes = tuple(_axis(axis, packages, [one for one in pythons.values() if one is not None]) for axis in spec.axes)
    check_rules(spec, axes)
    watcher.stage("looking for database servers")
    offers, absences = _offers(axes, spec, options, context, watcher)
    nogoods = (
        *matrix_nogoods(spec, axes),
        *feasibility.nogoods(
            axes,
            releases={(name, one.requested): one.release for name, values in packages.items() for one in values},
            interpreters=pythons,
            looked_in=interpreters.looked_in(place.environ),
            allow_build=spec.run.allow_build,
        ),
        *absences,
        *unready,
    )
    prepared = Prepared(
        spec=spec,
        options=options,
        as_of=pins.as_of,
        axes=axes,
        packages=packages,
        nogoods=nogoods,
        interpreters={value: found for value, found in pythons.items() if found is not None},
        offers=offers,
        pins=pins,
        resolver=pins.resolver(spec, place, uv, refresh=options.refresh, preference=options.selection.preference),
        uv=uv,
        cancel=context.cancel,
        plan=plan_run(spec, axes, nogoods, options.selection),
        locks={},
        unlocked={},
    )
    lock_rounds(prepared, watcher)
    return prepared


def lock_rounds(prepared: Prepared, watcher: Watcher) -> None:
    """Lock the planned cells; where a set is impossible, learn why and plan again, in bounded rounds."""
    for _ in range(MAX_ROUNDS):
        missing = [cell for cell in prepared.plan.cells if cell not in prepared.locks and cell not in prepared.unlocked]
        if not missing:
            return
        watcher.stage(f"resolving {len(missing)} cells")
        learned = [nogood for nogood in side_by_side(lambda cell: lock(prepared, cell), missing) if nogood is not None]
        if not learned:
            return
        learn(prepared, tuple(dict.fromkeys(learned)))


def learn(prepared: Prepared, nogoods: tuple[Nogood, ...]) -> None:
    """Take in what was found untestable, and plan the lost tuples again beside the cells that stay."""
    prepared.nogoods = (*prepared.nogoods, *nogoods)
    prepared.plan = plan_again(
        prepared.spec, prepared.axes, prepared.nogoods, prepared.options.selection, prepared.plan
    )


def requirements(prepared: Prepared, cell: Cell) -> dict[str, tuple[str, ...]]:
    """Return axis → the requirements that its value brings into the cell's environment."""
    return {axis: contribution(prepared, axis, value) for axis, value in cell.values if axis not in (PYTHON, DATE)}


def contribution(prepared: Prepared, axis: str, value: str) -> tuple[str, ...]:
    """Return the requirements that one value brings into an environment; none for an interpreter."""
    if axis == PYTHON:
        return ()
    if axis == DATABASE:
        return prepared.spec.database(value).driver
    if axis == CANARY:
        return prepared.spec.canary(value).requires
    if axis == MODE:
        return commands.requirements(Mode(value))
    exact = {(known.name, one.requested): one.exact for known in prepared.axes for one in known.values}
    return (f"{axis}=={exact[axis, value]}",)


def lock(prepared: Prepared, cell: Cell) -> Nogood | None:
    """Lock a cell, or return why nothing satisfies it; where the index gave no answer, it joins `Prepared.unlocked`."""
    wanted = requirements(prepared, cell)
    python = prepared.interpreters[cell[PYTHON]]
    try:
        answer = prepared.resolver.lock(
            tuple(item for items in wanted.values() for item in items), python, cancel=prepared.cancel
        )
        if isinstance(answer, Lock):
            prepared.locks[cell] = answer
            return None
        guilty = prepared.resolver.conflict(
            {axis: items for axis, items in wanted.items() if items}, python, cancel=prepared.cancel
        )
    except IndexUnreachable as error:
        prepared.unlocked[cell] = error
        return None
    return _impossible(cell, guilty, answer, prepared.spec.canary(cell[CANARY]))


def _impossible(cell: Cell, guilty: tuple[str, ...], answer: Unresolvable, canary: CanarySpec) -> Nogood:
    values = tuple((axis, value) for axis, value in cell.values if axis in guilty or axis == PYTHON)
    own = [text for text in canary.requires if CANARY in guilty and _package(text) in guilty]
    said = f"\n{canary.name} itself asks for {', '.join(own)}" if canary.project is not None and own else ""
    return Nogood(values=values, why=Why.UNRESOLVABLE, detail=f"{answer.words}{said}", remedy=remedy(answer.words))


def remedy(words: str) -> str:
    """Return what to do where uv says that packages have no wheels."""
    names = sorted(set(_NO_WHEELS.findall(words)))
    return f"allow_build = {json.dumps(names)} in [run], if they may be built from source" if names else ""


def _package(text: str) -> str:
    return str(canonicalize_name(Requirement(text.removeprefix(CONSTRAINT)).name))


def _interpreters(
    spec: MatrixSpec, place: Place, options: Options, uv: Uv, cancel: Cancel, watcher: Watcher
) -> dict[str, Interpreter | None]:
    found = interpreters.find(place.cache, environ=place.environ, cancel=cancel)
    selected = selected_values(spec, PYTHON, options.selection)
    chosen: dict[str, Interpreter | None] = {}
    for value in spec.axis(PYTHON).values:
        assert isinstance(value, str)  # held by config: ranges are for packages
        chosen[value] = interpreters.match(value, found)
        may_download = options.python_downloads and spec.run.python_downloads and value in selected
        if chosen[value] is None and may_download:
            try:
                chosen[value] = interpreters.download(
                    value,
                    uv=uv,
                    cache=place.cache,
                    environ=place.environ,
                    report=watcher.note,
                    timeout_s=spec.run.timeouts.install_s,
                    cancel=cancel,
                )
            except Infrastructure as error:
                watcher.note(f"Python {value} could not be downloaded: {error.message}")
    return chosen


def _axis(spec: AxisSpec, packages: Mapping[str, tuple[LockedValue, ...]], found: Iterable[Interpreter]) -> Axis:
    if is_package_axis(spec.name):
        return axis_of(spec.name, packages[spec.name])
    if spec.name == PYTHON:
        return Axis(name=PYTHON, values=versions.expand_python(spec, found))
    values = [value for value in spec.values if isinstance(value, str)]
    return Axis(name=spec.name, values=tuple(Value(requested=value) for value in values))


def _offers(
    axes: tuple[Axis, ...], spec: MatrixSpec, options: Options, context: databases.Context, watcher: Watcher
) -> tuple[dict[str, Offer], list[Nogood]]:
    names = [value.requested for value in next_named(axes, DATABASE).values]
    selected = selected_databases(spec, options.selection)
    allowed = options.providers and (*options.providers, ProviderName.SQLITE)

    def ask(name: str) -> Offer | Absent:
        database = spec.database(name)
        wanted = tuple(item for item in database.providers if not allowed or item in allowed)
        if not wanted:
            return Absent(
                detail=f"--provider {', '.join(item.value for item in options.providers)} is none of its providers"
                f" ({', '.join(item.value for item in database.providers)})",
                remedy="another --provider",
            )
        return databases.offer(database, context=context, providers=wanted)

    offers: dict[str, Offer] = {}
    absences = []
    for name, answer in zip(names, side_by_side(ask, names), strict=True):
        if isinstance(answer, Absent):
            values = ((DATABASE, name),)
            absences.append(
                Nogood(values=values, why=Why.NO_PROVIDER, detail=f"{name}: {answer.detail}", remedy=answer.remedy)
            )
            if name in selected:
                watcher.note(f"left out: {name}: {answer.detail} (try: {answer.remedy})")
        else:
            offers[name] = answer
    return offers, absences
