"""A history by date: what resolves as of each day, and which package of a day's changes makes the difference."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.isolate import isolate
from harness.analysis.bisect.view import Culprit
from harness.analysis.locks import Moved, moved
from harness.errors import UsageError
from harness.model.cell import DATABASE, DATE, PYTHON, Cell, is_package_axis
from harness.model.package import Lock
from harness.model.plan import Axis, Nogood, Value, Why
from harness.model.spec import MatrixSpec
from harness.workflow.history import Ends, History, same_ends
from harness.workflow.prepare import Prepared
from harness.workflow.probing import Ground, around, complete, fixed_axes, only_offer, parse, prepared

ABSENT = "absent"
"""The value of a package that a mixture of two locks does not hold."""


def last_moment(day: dt.date) -> dt.datetime:
    """Return the end of a day, UTC: what was uploaded on it counts."""
    return dt.datetime.combine(day, dt.time(23, 59, 59), dt.UTC)


def parse_day(option: str, text: str) -> dt.date:
    """Return a day.

    Raises:
        UsageError: it is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is no day", remedy=f"{option} 2026-07-30") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What each day's cell is made of."""

    cell: Cell  # the axes that are no packages
    packages: tuple[tuple[str, str], ...]  # package axis → the requirement on it, open to the day

    @property
    def described(self) -> str:
        """Return an id for a person."""
        return ",".join([self.cell.id, *(requirement for _, requirement in self.packages)])


def wanted(spec: MatrixSpec, text: str) -> Wanted:
    """Read the cell of a search by date: a package axis may be left out or ``latest`` (the newest of the day), a
    specifier (``django=<5.2``), a series (``django=5.1``) or a version (``django===5.1.3``).

    Raises:
        UsageError: it cannot be read.
    """
    given = parse(text, spec, without=DATE)
    packages = tuple(
        (axis.name, _requirement(axis.name, given.pop(axis.name, "latest")))
        for axis in spec.axes
        if is_package_axis(axis.name)
    )
    rest = ",".join(f"{name}={value}" for name, value in given.items())
    axes = tuple(axis for axis in spec.axes if not is_package_axis(axis.name))
    return Wanted(cell=complete(rest, replace(spec, axes=axes), without=DATE), packages=packages)


def of_days(ground: Ground, asked: Wanted, ends: Ends) -> tuple[History, Days]:
    """Return the days between two, and what makes their cells; a day is resolved when it is asked for.

    Raises:
        UsageError: both ends resolve to the same, or an end does not resolve.
    """
    good, bad = parse_day("--good", ends.good), parse_day("--bad", ends.bad)
    first, last = sorted((good, bad))
    if first == last:
        raise same_ends(str(first))
    count = (last - first).days + 1
    ready = prepared(
        ground,
        ground.spec,
        fixed_axes(ground, asked.cell),
        {asked.cell[PYTHON]: ground.interpreter(asked.cell[PYTHON])},
        only_offer(ground, asked.cell[DATABASE]),
    )
    days = Days(ground, asked, first, ready)
    history = History(
        axis=DATE,
        labels=tuple(str(first + dt.timedelta(days=number)) for number in range(count)),
        good=(good - first).days,
        bad=(bad - first).days,
        prepared=ready,
        untestable=(),
        ready=days.cell,
    )
    locks = [days.lock(point) for point in (0, count - 1)]
    if locks[0] == locks[1] and isinstance(locks[0], Lock):
        raise UsageError(
            f"the same packages resolve on {first} as on {last}: {_named(locks[0], asked)}",
            remedy="days that are further apart, or a --cell that leaves more packages open",
        )
    return history, days


class Days:
    """The cells of the days, and of mixtures of two days' locks. Safe to share among threads."""

    def __init__(self, ground: Ground, asked: Wanted, first: dt.date, ready: Prepared) -> None:
        self._ground, self._asked, self._first, self._ready = ground, asked, first, ready
        self._mutex = threading.Lock()

    def lock(self, point: int) -> Lock | Nogood:
        """Return what resolves as of a day.

        Raises:
            Infrastructure: the index, or uv, gave no answer.
        """
        requirements = [requirement for _, requirement in self._asked.packages]
        return self._resolved([*requirements, *around(self._ready.spec, self._asked.cell)], point)

    def cell(self, point: int) -> Cell | Nogood:
        """Return the cell of a day: its versions are exact."""
        lock = self.lock(point)
        if isinstance(lock, Nogood):
            return lock
        versions = {name: lock.version_of(name) or ABSENT for name, _ in self._asked.packages}
        return self._made(point, versions, lock)

    def culprit(self, before: int, after: int, *, is_fix: bool, ask: Callable[[Cell | Nogood], Answer]) -> Culprit:
        """Compare the locks of two days, one good and one bad, and isolate what makes the difference.

        Where several packages changed, mixtures are asked: the good day's lock with some of the bad day's versions.
        """
        good, bad = (after, before) if is_fix else (before, after)
        locks = (self.lock(good), self.lock(bad))
        assert isinstance(locks[0], Lock)  # both were tried
        assert isinstance(locks[1], Lock)
        changed = moved(_versions(locks[0]), _versions(locks[1]))
        tried = 0

        def test(part: tuple[Moved, ...]) -> Answer:
            nonlocal tried
            tried += 1
            return ask(self._mixture(good, max(good, bad), part))

        guilty = isolate(changed, test)
        if is_fix:  # told as time went: from the bad day to the good one
            changed, guilty = (tuple(Moved(name=m.name, old=m.new, new=m.old) for m in s) for s in (changed, guilty))
        return Culprit(moved=changed, guilty=guilty, tried=tried)

    def _mixture(self, good: int, as_of: int, part: Sequence[Moved]) -> Cell | Nogood:
        base = self.lock(good)
        assert isinstance(base, Lock)
        pins = _versions(base) | {one.name: one.new for one in part}
        requirements = [f"{name}=={version}" for name, version in pins.items() if version]
        lock = self._resolved(requirements, as_of)
        if isinstance(lock, Nogood):
            return lock
        if _versions(lock) != {name: version for name, version in pins.items() if version}:
            return Nogood(values=(), why=Why.UNRESOLVABLE, detail="it needs packages that neither lock holds so")
        versions = {name: base.version_of(name) or ABSENT for name, _ in self._asked.packages}
        return self._made(good, versions | {one.name: one.new or ABSENT for one in part}, lock)

    def _resolved(self, requirements: Sequence[str], point: int) -> Lock | Nogood:
        day = self._first + dt.timedelta(days=point)
        resolver = self._ground.resolver(last_moment(day))
        python = self._ready.interpreters[self._asked.cell[PYTHON]]
        answer = resolver.lock(requirements, python, cancel=self._ready.cancel)
        if isinstance(answer, Lock):
            return answer
        return Nogood(values=((DATE, str(day)),), why=Why.UNRESOLVABLE, detail=answer.words)

    def _made(self, point: int, versions: dict[str, str], lock: Lock) -> Cell:
        values = {name: version if version == ABSENT else f"=={version}" for name, version in versions.items()}
        day = self._first + dt.timedelta(days=point)
        cell = Cell.of({**self._asked.cell.as_dict(), **values, DATE: str(day)})
        with self._mutex:
            self._ready.locks[cell] = lock
            self._ready.axes = (
                *self._ready.axes,
                *(
                    Axis(name=name, values=(Value(requested=f"=={version}", exact=version),))
                    for name, version in versions.items()
                    if version != ABSENT
                ),
            )
        return cell


def _versions(lock: Lock) -> dict[str, str]:
    return {pin.name: pin.version for pin in lock.pins}


def _requirement(name: str, value: str) -> str:
    if value == "latest":
        return name
    try:
        if value[:1] in "<>=!~":
            return f"{name}{SpecifierSet(value)}"
        return f"{name}=={Version(value)}.*"
    except (InvalidSpecifier, InvalidVersion):
        raise UsageError(
            f"--cell: {name}={value}: by date, a package is left open or bounded",
            remedy=f"{name}=latest, {name}=<5.2, {name}=5.1 or {name}===5.1.3",
        ) from None


def _named(lock: Lock, asked: Wanted) -> str:
    return ", ".join(f"{name} {lock.version_of(name)}" for name, _ in asked.packages)
