"""What is otherwise here than `matrix.lock` says: told with every run, never silently different."""

from __future__ import annotations

import platform
from collections import defaultdict
from collections.abc import Iterable, Mapping

from harness.lockfile.build import without_registry
from harness.model.cell import DATABASE, PYTHON
from harness.model.lockfile import NAME, LockedServer, MatrixLock
from harness.model.package import Lock
from harness.model.server import Offer
from harness.model.spec import ProviderName
from harness.packages.resolve import normalised
from harness.workflow import lowest
from harness.workflow.prepare import Prepared, requirements

PINNED_PROVIDERS = (ProviderName.DOCKER, ProviderName.EMBEDDED)
"""SQLite comes with the interpreter, and a server of the user's is the user's."""


def warnings(prepared: Prepared) -> tuple[str, ...]:
    """Return a line for each way in which this differs from the lock, or from what is usual without one."""
    lock, unusual = prepared.pins.lock, lowest.warnings(prepared)
    if lock is None:
        return (*prepared.pins.warnings, *unusual)
    used = {cell[DATABASE] for cell in prepared.plan.cells}
    offers = {name: offer for name, offer in prepared.offers.items() if name in used}
    resolved = () if unusual else (*_environments(prepared), *_files(lock, prepared.locks.values()))
    return (*prepared.pins.warnings, *unusual, *resolved, *_servers(lock, offers))


def seen(offers: Mapping[str, Offer]) -> tuple[LockedServer, ...]:
    """Return the servers that would be started here, as a lock says it."""
    return tuple(
        LockedServer(
            database=name,
            provider=offer.identity.provider,
            source=without_registry(offer.identity.source),
            platform=f"{platform.system()}-{platform.machine()}".lower(),
            version=offer.identity.version,
            digest=offer.identity.digest,
        )
        for name, offer in sorted(offers.items())
        if offer.identity.provider in PINNED_PROVIDERS
    )


def _environments(prepared: Prepared) -> tuple[str, ...]:
    """Tell what was resolved, since the lock does not hold it."""
    answers = prepared.pins.answers
    assert answers is not None  # there is a lock
    asked = set()
    for cell in prepared.locks:
        wanted = normalised(item for items in requirements(prepared, cell).values() for item in items)
        asked.add((wanted, prepared.interpreters[cell[PYTHON]]))
    lacking = [python for wanted, python in asked if wanted and answers.lock(wanted, python) is None]
    if not lacking:
        return ()
    where = ", ".join(f"Python {target}" for target in sorted({python.target for python in lacking}))
    day = f"{prepared.as_of:%Y-%m-%d}"
    return (f"{NAME} lacks {len(lacking)} of {len(asked)} environments ({where}): resolved as of {day}",)


def _files(lock: MatrixLock, used: Iterable[Lock]) -> tuple[str, ...]:
    """Tell which packages have other files than were locked under the same version."""
    locked: defaultdict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for one in lock.environments:
        for pin in one.lock.pins:
            locked[pin.name, pin.version].add(pin.hashes)
    pins = {pin for one in used for pin in one.pins}
    found = {
        f"{pin.name}=={pin.version}"
        for pin in pins
        if pin.hashes not in locked.get((pin.name, pin.version), [pin.hashes])
    }
    return (f"other files than {NAME} pins: {', '.join(sorted(found))}",) if found else ()


def _servers(lock: MatrixLock, offers: Mapping[str, Offer]) -> tuple[str, ...]:
    known = {one.key: one for one in lock.servers}
    found = []
    for one in seen(offers):
        pinned = known.get(one.key)
        if pinned is None:
            others = [
                other for other in lock.servers if (other.database, other.platform) == (one.database, one.platform)
            ]
            but = f", but {', '.join(map(_words, others))}" if others else ""
            found.append(f"{NAME} does not hold {_words(one)} for {one.database}{but}; `harness lock` adds it")
        elif pinned.digest != one.digest:
            found.append(
                f"{one.database}: {_words(one)} is not what {NAME} pins ({pinned.version}, {_short(pinned)}, here"
                f" {_short(one)}); `harness lock --upgrade database` takes it over"
            )
    return tuple(found)


def _words(server: LockedServer) -> str:
    return f"{server.provider.value} {server.source} {server.version}"


def _short(server: LockedServer) -> str:
    return server.digest.removeprefix("sha256:")[:60] if " " in server.digest else server.digest[:19]
