"""Makes, renews and checks `matrix.lock`."""

from __future__ import annotations

import datetime as dt
import errno
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from harness.analysis.relocked import LockView, Relocked, relocked
from harness.errors import ExitCode, NothingSelected, UsageError, nearest
from harness.lockfile import build, document
from harness.lockfile.basis import basis_of, stale
from harness.lockfile.build import Asked
from harness.model.cell import DATABASE, PYTHON, is_package_axis, normalise_axis
from harness.model.lockfile import NAME, MatrixLock
from harness.model.package import Lock
from harness.model.plan import Nogood, Why
from harness.model.spec import MatrixSpec
from harness.packages import as_of as as_of_file
from harness.packages.files import write_whole
from harness.packages.resolve import normalised
from harness.plan.planning import plan_run
from harness.plan.select import Selection
from harness.process import Cancel
from harness.workflow.events import Watcher
from harness.workflow.pinned import Pinned, of_lock, refuse_other_date, renewing, unpinned
from harness.workflow.place import Place
from harness.workflow.prepare import Options, Prepared, contribution, lock_rounds, prepare, requirements
from harness.workflow.run import surroundings
from harness.workflow.unlike_lock import seen


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """What the command line says."""

    is_upgrade: bool = False
    axes: tuple[str, ...] = ()  # to renew alone; none: all
    as_of: dt.datetime | None = None
    python_downloads: bool = True


def check(spec: MatrixSpec, place: Place) -> LockView:
    """Hold the lock against its matrix; nothing is asked, fetched or written.

    Raises:
        UsageError: the lock cannot be read.
    """
    lock = document.read(place.lock)
    found = stale(spec, lock)
    code = ExitCode.UNEXPECTED_FAILURE if found else ExitCode.OK
    made = _view(place, lock, lock, text=None)
    return replace(made, exit_code=int(code), is_check=True, is_new=False, stale=found)


def lock(spec: MatrixSpec, place: Place, request: LockRequest, watcher: Watcher, cancel: Cancel) -> LockView:
    """Lock what the plans of all profiles ask for, and write it beside the matrix.

    Raises:
        UsageError: the request or the lock that is there cannot mean anything, or the lock cannot be written.
        Infrastructure: the index, or uv, gave no answer; nothing is written.
    """
    refuse_other_date(spec, request.as_of)
    axes = _axes(spec, request)
    old = document.read(place.lock)
    with surroundings(place, watcher, cancel) as context:
        pins = _pins(spec, place, old, request, axes)
        options = Options(selection=Selection(), python_downloads=request.python_downloads)
        prepared = prepare(spec, place, options, context, watcher, pins=pins)
        found = _Found()
        for variant in _variants(prepared, watcher):
            found.take_in(variant)
        new = _made(spec, prepared, found, old, is_renewed=request.is_upgrade and (not axes or DATABASE in axes))
    text = document.dumps(new)
    view = _view(place, old, new, text)
    if view.is_written:
        _write(place, text)
    return replace(view, notes=_notes(old, new, prepared, axes))


def _write(place: Place, text: str) -> None:
    try:
        write_whole(place.lock, text)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise  # trouble of the disk, which is no user's mistake
        raise UsageError(
            f"cannot write {place.lock}: {error.strerror}", remedy="a folder that you may write to"
        ) from error


def _axes(spec: MatrixSpec, request: LockRequest) -> tuple[str, ...]:
    """Return the axes to renew alone.

    Raises:
        UsageError: one has nothing to renew.
    """
    known = [axis.name for axis in spec.axes if is_package_axis(axis.name)] + [DATABASE]
    names = tuple(dict.fromkeys(map(normalise_axis, request.axes)))
    for name in names:
        if name not in known:
            raise UsageError(
                f"--upgrade {name}: no axis of that name has versions to renew{nearest(name, known)}",
                remedy=f"one of {', '.join(known)}, or none for all",
            )
    if names and not request.is_upgrade:
        raise UsageError(f"{', '.join(names)}: axes are named to be renewed", remedy="harness lock --upgrade AXIS…")
    return names


def _pins(
    spec: MatrixSpec, place: Place, old: MatrixLock | None, request: LockRequest, axes: tuple[str, ...]
) -> Pinned:
    """Return what to go by: the lock that is there, as far as it is not to be renewed."""
    now = place.now().replace(microsecond=0)
    explicit = request.as_of or spec.run.as_of
    date = as_of_file.frozen(place.state, explicit=explicit or now, refresh=False, now=place.now())
    packages = [axis for axis in axes if axis != DATABASE]
    if old is not None and request.is_upgrade and axes:
        return renewing(spec, old, dict.fromkeys(packages, date)) if packages else of_lock(spec, old)
    if request.is_upgrade:
        return unpinned(date)
    if old is None or (explicit is not None and explicit != old.as_of):
        return unpinned(as_of_file.frozen(place.state, explicit=explicit, refresh=False, now=place.now()))
    return of_lock(spec, old)


def _variants(prepared: Prepared, watcher: Watcher) -> Iterator[Prepared]:
    """Yield the locked plans of all profiles: those of this machine, and of one that could serve every database."""
    anywhere = tuple(nogood for nogood in prepared.nogoods if nogood.why is not Why.NO_PROVIDER)
    for profile in prepared.spec.profiles:
        selection = Selection(profile=profile.name)
        for nogoods in dict.fromkeys((prepared.nogoods, anywhere)):
            variant = replace(
                prepared,
                options=replace(prepared.options, selection=selection),
                nogoods=nogoods,
                locks={},
                unlocked={},
            )
            with suppress(NothingSelected):  # a profile of which nothing is left here; others may be well
                variant.plan = plan_run(prepared.spec, prepared.axes, nogoods, selection)
                lock_rounds(variant, watcher)
            yield variant


@dataclass(slots=True)
class _Found:
    """What was resolved, by requirements and target."""

    locks: dict[Asked, Lock] = field(default_factory=dict)
    words: dict[Asked, str] = field(default_factory=dict)

    def take_in(self, prepared: Prepared) -> None:
        """Add what a locked plan holds.

        Raises:
            Infrastructure: the index kept something from us.
        """
        for error in prepared.unlocked.values():
            raise error
        for cell, one in prepared.locks.items():
            wanted = normalised(item for items in requirements(prepared, cell).values() for item in items)
            if wanted:
                self.locks[wanted, prepared.interpreters[cell[PYTHON]].target] = one
        if not prepared.spec.run.allow_build:  # that a build failed may be mended on this machine
            for nogood in prepared.nogoods:
                if nogood.why is Why.UNRESOLVABLE:
                    self.words[_asked(prepared, nogood)] = nogood.detail


def _asked(prepared: Prepared, nogood: Nogood) -> Asked:
    values = dict(nogood.values)
    wanted = normalised(item for axis, value in values.items() for item in contribution(prepared, axis, value))
    return wanted, prepared.interpreters[values[PYTHON]].target


def _made(
    spec: MatrixSpec, prepared: Prepared, found: _Found, old: MatrixLock | None, *, is_renewed: bool
) -> MatrixLock:
    """Return the lock; its basis is the matrix as it is written, in which projects have not been looked into."""
    pins = prepared.pins
    made = MatrixLock(
        as_of=pins.as_of,
        renewed=tuple(sorted(pins.renewed.items())),
        basis=basis_of(spec),
        values=tuple(one for axis in prepared.packages.values() for one in axis),
        servers=build.servers(
            old.servers if old else (),
            seen(prepared.offers),
            databases=[database.name for database in spec.databases],
            is_renewed=is_renewed,
        ),
    )
    locks, words = found.locks, found.words
    if old is not None and old.dates == made.dates:
        here = {interpreter.target for interpreter in prepared.interpreters.values()}
        more, impossible = build.kept(old, here=here, pythons=made.basis.python, allowed=_allowed(prepared))
        locks, words = more | locks, impossible | words
    return replace(made, environments=build.environments(locks), impossible=build.impossible(words))


def _allowed(prepared: Prepared) -> set[str]:
    """Return every requirement that some cell of the matrix brings."""
    return {
        requirement
        for axis in prepared.axes
        for value in axis.values
        for requirement in normalised(contribution(prepared, axis.name, value.requested))
    }


def _view(place: Place, old: MatrixLock | None, new: MatrixLock | None, text: str | None) -> LockView:
    questions = [question for one in (new.environments if new else ()) for question in one.questions]
    there = place.lock.read_text(encoding="utf-8") if place.lock.exists() else ""
    return LockView(
        exit_code=int(ExitCode.OK),
        is_check=False,
        is_new=old is None,
        is_written=text is not None and text != there,
        as_of=new.as_of if new else None,
        old_as_of=old.as_of if old else None,
        renewed=new.renewed if new else (),
        releases=len(new.values) if new else 0,
        environments=sum(len(question.on) for question in questions),
        locks=len(new.environments) if new else 0,
        targets=tuple(sorted({target for question in questions for target in question.on})),
        servers=len(new.servers) if new else 0,
        size_bytes=len((there if text is None else text).encode()),
        stale=(),
        moved=relocked(old, new) if old and new else Relocked(),
        notes=(),
    )


def _notes(old: MatrixLock | None, new: MatrixLock, prepared: Prepared, axes: tuple[str, ...]) -> tuple[str, ...]:
    """Tell what a reader might not expect."""
    absent = [dict(nogood.values)[PYTHON] for nogood in prepared.nogoods if nogood.why is Why.NO_INTERPRETER]
    told = [f"nothing is locked for Python {', '.join(absent)}: not on this machine"] if absent else []
    before = {one.question for one in old.impossible} if old else set()
    lost = [one for one in new.impossible if one.question not in before]
    if axes and lost:
        needs = "; ".join(", ".join(one.question.requires) for one in lost)
        told.append(f"cannot be met as of {new.as_of:%Y-%m-%d}: {needs}; `harness lock --upgrade` renews all of {NAME}")
    return tuple(told)
