"""What packages a workflow goes by: those of `matrix.lock` where there is one, else those of the as-of date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from harness.errors import UsageError
from harness.lockfile import basis, document
from harness.lockfile.answers import Answers
from harness.model.cell import is_package_axis
from harness.model.lockfile import NAME, Kind, LockedValue, MatrixLock
from harness.model.package import Release
from harness.model.plan import Axis, Value
from harness.model.spec import AxisSpec, MatrixSpec, Preference
from harness.packages import as_of as as_of_file
from harness.packages import versions
from harness.packages.index import Index
from harness.packages.resolve import Resolver
from harness.packages.uv import Uv
from harness.workflow.place import Place
from harness.workflow.side_by_side import side_by_side

SHOWN = 3
"""Differences told in one line."""

Known = Mapping[str, tuple[Release, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """The day that packages are resolved as of, and what is pinned already."""

    as_of: dt.datetime
    renewed: Mapping[str, dt.datetime] = field(default_factory=dict)  # packages with a day of their own
    lock: MatrixLock | None = None  # None: there is none, or it is left aside
    answers: Answers | None = None
    warnings: tuple[str, ...] = ()  # a line each: where the lock is left aside or does not fit the matrix

    @property
    def newest(self) -> dt.datetime:
        """The last of all days."""
        return max((self.as_of, *self.renewed.values()))

    def uv(self, place: Place) -> Uv:
        """Return a uv whose answers of the index are recent enough."""
        return Uv(
            cache=place.cache, environ=place.environ, project=place.matrix.parent, as_of=self.newest, now=place.now
        )

    def index(self, place: Place, uv: Uv, *, refresh: bool) -> Index:
        """Return the index as it was on the day."""
        return Index(place.cache, as_of=self.as_of, renewed=self.renewed, urls=uv.urls, now=place.now, refresh=refresh)

    def resolver(
        self, spec: MatrixSpec, place: Place, uv: Uv, *, refresh: bool, preference: Preference = Preference.HIGHEST
    ) -> Resolver:
        """Return a resolver that asks the lock first: of the newest versions that is, it knows nothing of others."""
        return Resolver(
            place.cache,
            uv=uv,
            as_of=self.as_of,
            renewed=self.renewed,
            known=self.answers if preference is Preference.HIGHEST else None,
            preference=preference,
            allow_build=spec.run.allow_build,
            timeout_s=spec.run.timeouts.resolve_s,
            refresh=refresh,
        )

    def package_axis(self, axis: AxisSpec, ask: Callable[[], tuple[Release, ...]]) -> tuple[LockedValue, ...]:
        """Return the values of a package axis with their releases; *ask* is called where the lock lacks one.

        Raises as `versions.expand` and *ask* do.
        """
        locked = [value for value in (self.lock.values if self.lock else ()) if value.release.name == axis.name]
        asked = {one.asked for one in locked}
        releases = {
            one.version: one for one in (ask() if any(basis.words(v) not in asked for v in axis.values) else ())
        }
        found: dict[str, LockedValue] = {}
        for written in axis.values:
            words = basis.words(written)
            ours = [one for one in locked if one.asked == words]
            if not ours:
                values = versions.expand(AxisSpec(name=axis.name, values=(written,)), tuple(releases.values()))
                ours = [
                    LockedValue(asked=words, requested=one.requested, release=_essence(releases[one.exact]))
                    for one in values
                ]
            for one in ours:
                found.setdefault(one.release.version, one)
        return tuple(found.values())

    def package_axes(self, spec: MatrixSpec, index: Index) -> dict[str, tuple[LockedValue, ...]]:
        """Return the values of every package axis, asked side by side."""
        axes = [axis for axis in spec.axes if is_package_axis(axis.name)]
        names = [axis.name for axis in axes]

        def one(axis: AxisSpec) -> tuple[LockedValue, ...]:
            return self.package_axis(axis, lambda: index.releases(axis.name, known_names=names))

        return dict(zip(names, side_by_side(one, axes), strict=True))


def axis_of(name: str, values: tuple[LockedValue, ...]) -> Axis:
    """Return an axis with exact versions."""
    return Axis(name=name, values=tuple(Value(requested=one.requested, exact=one.release.version) for one in values))


def unpinned(as_of: dt.datetime) -> Pinned:
    """Return what goes by a day alone."""
    return Pinned(as_of=as_of)


def pinned(spec: MatrixSpec, place: Place, *, as_of: dt.datetime | None, refresh: bool) -> Pinned:
    """Return what a run goes by: the lock beside the matrix, if there is one; another *as_of*, or *refresh*, leaves it
    aside, and says so.

    Raises:
        UsageError: the lock cannot be read, or the as-of date lies in the future.
    """
    path = place.lock
    if refresh and path.exists():
        moment = as_of_file.frozen(place.state, explicit=as_of, refresh=True, now=place.now())
        return _aside(moment, "`harness lock --upgrade` renews it")
    lock = None if refresh else document.read(path)
    explicit = as_of or spec.run.as_of
    if lock is None:
        return unpinned(as_of_file.frozen(place.state, explicit=explicit, refresh=refresh, now=place.now()))
    if explicit is not None and explicit != lock.as_of:
        moment = as_of_file.frozen(place.state, explicit=explicit, refresh=False, now=place.now())
        hint = "" if as_of else "`harness lock` renews it"
        return _aside(moment, f"it is of {lock.as_of:%Y-%m-%d %H:%M}" + (f"; {hint}" if hint else ""))
    return of_lock(spec, lock)


def of_lock(spec: MatrixSpec, lock: MatrixLock) -> Pinned:
    """Return what goes by a lock, and what it lacks for its matrix."""
    return Pinned(
        as_of=lock.as_of,
        renewed=dict(lock.renewed),
        lock=lock,
        answers=Answers(lock, with_impossible=lock.basis.allow_build == spec.run.allow_build),
        warnings=_gaps(spec, lock),
    )


def renewing(spec: MatrixSpec, lock: MatrixLock, dates: Mapping[str, dt.datetime]) -> Pinned:
    """Return what goes by a lock but for some package axes, which are as of days of their own."""
    rest = replace(lock, values=tuple(one for one in lock.values if one.release.name not in dates))
    made = of_lock(spec, rest)
    return replace(made, renewed=dict(made.renewed) | dict(dates), answers=Answers(rest, with_impossible=False))


def _essence(release: Release) -> Release:
    """Return what of a release is locked: when a file was uploaded does not decide anything any more."""
    return replace(release, uploaded=None)


def _aside(as_of: dt.datetime, why: str) -> Pinned:
    text = f"{NAME} is left aside: resolved as of {as_of:%Y-%m-%d %H:%M} UTC; {why}"
    return Pinned(as_of=as_of, warnings=(text,))


def _gaps(spec: MatrixSpec, lock: MatrixLock) -> tuple[str, ...]:
    gaps = [item for item in basis.stale(spec, lock) if item.is_gap and item.kind is not Kind.DATE]
    if not gaps:
        return ()
    told = ", ".join(item.words for item in gaps[:SHOWN])
    more = f" and {len(gaps) - SHOWN} more" if len(gaps) > SHOWN else ""
    text = (
        f"{NAME} is stale: {told}{more}; what it lacks is resolved as of {lock.as_of:%Y-%m-%d}, `harness lock` adds it"
    )
    return (text,)


def refuse_other_date(spec: MatrixSpec, as_of: dt.datetime | None) -> None:
    """Refuse to lock as of another day than the matrix names.

    Raises:
        UsageError: the two differ.
    """
    if as_of is not None and spec.run.as_of is not None and as_of != spec.run.as_of:
        raise UsageError(
            f"{spec.path}: [run] as_of says {spec.run.as_of.isoformat()}; a lock as of {as_of.isoformat()} would be"
            " left aside",
            remedy="change or remove as_of, or leave --as-of out",
        )
