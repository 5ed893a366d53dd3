"""What of a matrix its lock is made from, and where the two differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from harness.model import codec
from harness.model.cell import MODE, PYTHON, is_package_axis
from harness.model.lockfile import Basis, Kind, MatrixLock, Stale
from harness.model.spec import AxisValue, MatrixSpec, VersionRange

Named = Sequence[tuple[str, tuple[str, ...]]]


def words(value: AxisValue) -> str:
    """Return a value of an axis as one string; a range as ``since 4.2 until 6.1 per minor``."""
    match value:
        case VersionRange():
            until = f" until {value.until}" if value.until else ""
            return f"since {value.since}{until} per {value.per.value}"
        case str():
            return value


def basis_of(spec: MatrixSpec) -> Basis:
    """Return what decides a lock; where the matrix lies, and what its entries are explained with, does not."""
    axes = {axis.name: tuple(map(words, axis.values)) for axis in spec.axes}
    on_axis = {value for values in axes.values() for value in values}
    databases = [item for item in spec.databases if item.name in on_axis]
    canaries = [item for item in spec.canaries if item.name in on_axis]
    decides = (
        tuple(axes.items()),
        # field by field: what a later harness adds to them makes no lock stale
        tuple((item.name, item.engine, item.version, item.providers, item.images, item.driver) for item in databases),
        tuple((item.name, item.requires, item.databases) for item in canaries),
        tuple(rule.when.terms for rule in spec.excludes),
        tuple(rule.when.terms for rule in spec.includes),
        tuple((profile.name, profile.strength, profile.axes) for profile in spec.profiles),
        spec.run.allow_build,
        spec.run.as_of,
    )
    return Basis(
        digest=hashlib.sha256(codec.dumps(decides).encode()).hexdigest()[:16],
        python=axes[PYTHON],
        mode=axes[MODE],
        axes=tuple((name, values) for name, values in axes.items() if is_package_axis(name)),
        databases=tuple((item.name, item.driver) for item in databases),
        canaries=tuple((item.name, item.requires) for item in canaries),
        allow_build=spec.run.allow_build,
        as_of=spec.run.as_of,
    )


def stale(spec: MatrixSpec, lock: MatrixLock | None) -> tuple[Stale, ...]:
    """Return every difference, gaps first; none where the lock was made from this matrix."""
    if lock is None:
        return (Stale(kind=Kind.ABSENT, words="there is none", is_gap=True),)
    now, then = basis_of(spec), lock.basis
    if now.as_of is not None and now.as_of != lock.as_of:
        words_of_it = f"[run] as_of says {now.as_of:%Y-%m-%d %H:%M}, and it is of {lock.as_of:%Y-%m-%d %H:%M}"
        return (Stale(kind=Kind.DATE, words=words_of_it, is_gap=True),)
    if now.digest == then.digest:
        return ()
    found = list(_differences(now, then))
    plan = Stale(kind=Kind.PLAN, words="profiles, excludes, includes or providers have changed", is_gap=False)
    return tuple(sorted(found, key=lambda item: not item.is_gap)) or (plan,)


def _differences(now: Basis, then: Basis) -> Iterator[Stale]:
    yield from _values(Kind.PYTHON, "python", now.python, then.python)
    before, after = dict(then.axes), dict(now.axes)
    for name in dict.fromkeys((*after, *before)):
        yield from _values(Kind.VALUE, name, after.get(name, ()), before.get(name, ()))
    yield from _values(Kind.MODE, "mode", now.mode, then.mode)
    yield from _tables(Kind.DATABASE, "database", now.databases, then.databases)
    yield from _tables(Kind.CANARY, "canary", now.canaries, then.canaries)
    if now.allow_build != then.allow_build:
        yield Stale(kind=Kind.BUILD, words="allow_build has changed", is_gap=True)


def _values(kind: Kind, name: str, now: Iterable[str], then: Iterable[str]) -> Iterator[Stale]:
    now, then = list(now), list(then)
    yield from (Stale(kind=kind, words=f"{name} {value} is new", is_gap=True) for value in now if value not in then)
    yield from (Stale(kind=kind, words=f"{name} {value} is gone", is_gap=False) for value in then if value not in now)


def _tables(kind: Kind, what: str, now: Named, then: Named) -> Iterator[Stale]:
    before, after = dict(then), dict(now)
    yield from _values(kind, what, after, before)
    for name in after:
        if name in before and after[name] != before[name]:
            wants = ", ".join(after[name]) or "nothing"
            yield Stale(kind=kind, words=f"{what} {name} now requires {wants}", is_gap=True)
