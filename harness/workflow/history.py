"""The points of an axis between two ends: releases of a package, interpreters, versions of a database server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property

from packaging.version import InvalidVersion, Version

from harness.databases import binaries
from harness.errors import UsageError, nearest
from harness.model.cell import DATABASE, PYTHON, Cell
from harness.model.plan import Axis, Nogood, Value, Why
from harness.model.server import Absent, Offer, Server, ServerIdentity
from harness.model.spec import DatabaseSpec, Engine, ProviderName, next_named
from harness.packages import interpreters
from harness.workflow.prepare import Prepared
from harness.workflow.probing import Ground, fixed_axes, lock_all, only_offer, package_axis, prepared

PYTHONS_ASKED = Version("3.8")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a search may ask, oldest first; from one end to the other."""

    axis: str
    labels: tuple[str, ...]
    good: int  # the position of each end
    bad: int
    prepared: Prepared
    untestable: tuple[tuple[int, Nogood], ...]  # known before anything runs
    ready: Callable[[int], Cell | Nogood]  # the cell of a point, ready to be tried, or why it cannot be


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The two ends as they were written."""

    good: str
    bad: str
    with_pre: bool = False


def of_package(ground: Ground, cell: Cell, axis: str, ends: Ends) -> History:
    """Return the releases of a package between two exact versions: final ones, unless pre-releases are wanted.

    Raises:
        UsageError: an end is no release that can be tested, or both are the same.
        IndexUnreachable: the index gave no answer.
    """
    spec = ground.spec
    releases = ground.index.releases(axis, known_names=[item.name for item in spec.axes])
    known = {Version(release.version): release.version for release in releases}
    good, bad = (_release(axis, option, text, known) for option, text in (("--good", ends.good), ("--bad", ends.bad)))
    inside = [
        version
        for version in sorted(known)
        if min(good, bad) <= version <= max(good, bad)
        and (ends.with_pre or not version.is_prerelease or version in (good, bad))
    ]
    written = [value for value in spec.axis(axis).values if isinstance(value, str)]
    whole = package_axis(ground, axis, [*_readable(ground, axis, written), *(f"=={known[one]}" for one in inside)])
    wanted = {known[version] for version in inside}
    values = sorted((v for v in whole.values if v.exact in wanted), key=lambda v: Version(v.exact))
    axes = (*fixed_axes(ground, cell), Axis(name=axis, values=tuple(values)))
    ready = prepared(
        ground,
        spec,
        axes,
        {cell[PYTHON]: ground.interpreter(cell[PYTHON])},
        only_offer(ground, cell[DATABASE]),
    )
    return _all_locked(ready, cell, axis, tuple(values), good=inside.index(good), bad=inside.index(bad))


def of_python(ground: Ground, cell: Cell, ends: Ends) -> History:
    """Return the interpreters of this machine between two versions, one of each version.

    Raises:
        UsageError: an end is not here, or both are the same.
    """
    good, bad = (ground.interpreter(text) for text in (ends.good, ends.bad))
    by_version = {Version(one.version): one for one in reversed(ground.pythons)} | {
        Version(one.version): one for one in (good, bad)
    }
    low, high = sorted((Version(good.version), Version(bad.version)))
    inside = [
        version
        for version in sorted(by_version)
        if low <= version <= high
        and version >= PYTHONS_ASKED
        and (ends.with_pre or not version.is_prerelease or version in (low, high))
    ]
    names = {}
    for written in ground.spec.axis(PYTHON).values:
        if isinstance(written, str) and (one := interpreters.match(written, ground.pythons)) is not None:
            names[one.version] = written
    values = tuple(
        Value(requested=names.get(by_version[v].version, by_version[v].version), exact=by_version[v].version)
        for v in inside
    )
    pythons = {value.requested: by_version[Version(value.exact)] for value in values}
    axes = (*fixed_axes(ground, cell), Axis(name=PYTHON, values=values))
    ready = prepared(ground, ground.spec, axes, pythons, only_offer(ground, cell[DATABASE]))
    positions = [value.exact for value in values]
    return _all_locked(
        ready, cell, PYTHON, values, good=positions.index(good.version), bad=positions.index(bad.version)
    )


def of_database(ground: Ground, cell: Cell, ends: Ends) -> History:
    """Return the releases of PostgreSQL between two: those of which embedded binaries can be had.

    An end is a version ("13", "13.23"; a major stands for its newest release), or a database of the matrix. Binaries
    are fetched when they are asked for.

    Raises:
        UsageError: an end is no such release, or both are the same.
    """
    known = binaries.known(ground.context)
    good, bad = (_server(ground, option, text, known) for option, text in (("--good", ends.good), ("--bad", ends.bad)))
    low, high = sorted((known.index(good), known.index(bad)))
    labels = known[low : high + 1]
    model = _driver_model(ground)
    added = tuple(
        replace(model, name=_name(model, version), version=version, providers=(ProviderName.EMBEDDED,))
        for version in labels
    )
    offers = {database.name: LazyOffer(ground, database) for database in added}
    axes = (
        *fixed_axes(ground, cell),
        Axis(name=DATABASE, values=tuple(Value(requested=database.name) for database in added)),
    )
    widened = replace(ground.spec, databases=(*added, *ground.spec.databases))
    ready = prepared(ground, widened, axes, {cell[PYTHON]: ground.interpreter(cell[PYTHON])}, offers)
    locked = _all_locked(
        ready, cell, DATABASE, axes[-1].values, good=labels.index(good), bad=labels.index(bad), labels=labels
    )

    def at_hand(point: int) -> Cell | Nogood:
        found = locked.ready(point)
        absence = offers[added[point].name].absence
        if isinstance(found, Nogood) or absence is None:
            return found
        values = ((DATABASE, added[point].name),)
        return Nogood(values=values, why=Why.NO_PROVIDER, detail=absence.detail, remedy=absence.remedy)

    return replace(locked, ready=at_hand)


class LazyOffer:
    """An `Offer` whose binaries are fetched when they are first asked for."""

    def __init__(self, ground: Ground, database: DatabaseSpec) -> None:
        self._ground, self._database = ground, database

    @property
    def absence(self) -> Absent | None:
        """Return why there is no such server here; None where there is one."""
        return self._answer if isinstance(self._answer, Absent) else None

    @property
    def identity(self) -> ServerIdentity:
        """See `Offer`; not to be asked where there is none."""
        return self._real.identity

    def start(self, *, timeout_s: float) -> AbstractContextManager[Server]:
        """See `Offer`."""
        return self._real.start(timeout_s=timeout_s)

    @property
    def _real(self) -> Offer:
        assert not isinstance(self._answer, Absent)
        return self._answer

    @cached_property
    def _answer(self) -> Offer | Absent:
        return self._ground.offer(self._database)


def _all_locked(
    ready: Prepared,
    cell: Cell,
    axis: str,
    values: Sequence[Value],
    *,
    good: int,
    bad: int,
    labels: tuple[str, ...] = (),
) -> History:
    """Return a history whose cells are all locked, or known to be untestable."""
    labels = labels or tuple(value.exact for value in values)
    if good == bad:
        raise same_ends(labels[good])
    cells = [cell.replace(axis, value.requested) for value in values]
    nogoods = lock_all(ready, cells)
    return History(
        axis=axis,
        labels=labels,
        good=good,
        bad=bad,
        prepared=ready,
        untestable=tuple((point, nogoods[one]) for point, one in enumerate(cells) if one in nogoods),
        ready=lambda point: nogoods.get(cells[point], cells[point]),
    )


def same_ends(label: str) -> UsageError:
    """Return the complaint that there is nothing between the ends."""
    return UsageError(f"--good and --bad are both {label}", remedy="two ends that differ")


def _release(axis: str, option: str, text: str, known: dict[Version, str]) -> Version:
    try:
        version = Version(text.removeprefix("=="))
    except InvalidVersion:
        raise UsageError(f"{option} {text!r} is no version of {axis}", remedy=f"such as {max(known)}") from None
    if version not in known:
        raise UsageError(
            f"{option} {text}: {axis} has no such release by the as-of date, or it was yanked"
            f"{nearest(text, known.values())}",
            remedy="an exact version; --refresh asks the index again",
        )
    return version


def _readable(ground: Ground, axis: str, written: Sequence[str]) -> list[str]:
    """Return the matrix's values that stand for a release: their names are kept."""
    found = []
    for value in written:
        try:
            package_axis(ground, axis, [value])
        except UsageError:
            continue
        found.append(value)
    return found


def _server(ground: Ground, option: str, text: str, known: Sequence[str]) -> str:
    asked = text
    for database in ground.spec.databases:
        if database.name == text:
            if database.engine is not Engine.POSTGRESQL:
                raise UsageError(
                    f"{option} {text}: only releases of PostgreSQL can be bisected, as embedded binaries",
                    remedy=f"{option} 17",
                )
            asked = database.version
    fitting = [version for version in known if binaries.matches(asked, version)]
    if not fitting:
        majors = ", ".join(dict.fromkeys(version.partition(".")[0] for version in known))
        raise UsageError(
            f"{option} {text}: no binaries of such a PostgreSQL are to be had here{nearest(text, known)}",
            remedy=f"a major release ({majors}), which stands for its newest, or an exact one",
        )
    return fitting[-1]


def _driver_model(ground: Ground) -> DatabaseSpec:
    """Return a PostgreSQL of the matrix, for its driver."""
    on_axis = [value for value in ground.spec.axis(DATABASE).values if isinstance(value, str)]
    for name in on_axis:
        database = next_named(ground.spec.databases, name)
        if database.engine is Engine.POSTGRESQL:
            return database
    return DatabaseSpec(name="postgres", engine=Engine.POSTGRESQL, driver=("psycopg[binary]",))


def _name(model: DatabaseSpec, version: str) -> str:
    """Return a name in the manner of the matrix's, which canaries' patterns (``postgres-*``) go by."""
    stem = model.name.removesuffix(model.version).rstrip("-") if model.version else model.name
    return f"{stem}-{version}"


def newest_server(ground: Ground) -> str:
    """Return the newest PostgreSQL of which binaries can be had."""
    return binaries.known(ground.context)[-1]
