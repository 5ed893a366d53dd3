"""Files that a job needs wherever it is tried, and how they get to a machine that has no checkout."""

from __future__ import annotations

import io
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from filelock import FileLock

from harness.cells import project
from harness.cells.job import Job
from harness.errors import Infrastructure, UsageError
from harness.model.spec import Change
from harness.packages import wheels

COMPRESSION = 6


class Kind(Enum):
    """What is sent: a canary's changed tree, or the wheel of a project."""

    TREE = "tree"
    WHEEL = "wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something to be sent, known by its content."""

    kind: Kind
    digest: str
    name: str  # of the folder, or of the file
    source: Path  # where it lies on this machine
    changes: tuple[Change, ...] = ()


def wanted(job: Job, cache: Path) -> Iterator[Item]:
    """Yield all that has to be on a machine before *job* can be tried there, beside an interpreter and an index.

    The probe is not part of it: it comes with the harness that is installed there.
    """
    canary = job.canary
    yield Item(
        kind=Kind.TREE, digest=job.canary_hash, name=canary.path.name, source=canary.path, changes=canary.changes
    )
    for pin in job.lock.pins:
        wheel = wheels.local(cache, pin.hashes)
        if wheel is not None:
            yield Item(kind=Kind.WHEEL, digest=wheel.parent.name, name=wheel.name, source=wheel)


def packed(item: Item) -> bytes:
    """Return what is sent of an item.

    Raises:
        UsageError: it cannot be read, or its changes cannot be made.
    """
    try:
        if item.kind is Kind.WHEEL:
            return item.source.read_bytes()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=COMPRESSION, dereference=True) as archive:
            for name, path in project.listing(item.source, item.changes):  # a folder comes before what is in it
                archive.add(path, arcname=name.as_posix(), recursive=False)
        return buffer.getvalue()
    except OSError as error:
        raise UsageError(f"cannot read {error.filename or item.source}: {error.strerror}") from error


def place_of(kind: Kind, digest: str, name: str, cache: Path) -> Path:
    """Return where an item lies below the cache of the machine that it was sent to."""
    if kind is Kind.WHEEL:
        return wheels.file_of(cache, digest, name)
    # beside the copies that are made of it, so that what collects them collects it, too
    return cache / "canaries" / f"{digest}-sent" / name


def unpack(kind: Kind, digest: str, name: str, content: bytes, cache: Path) -> Path:
    """Put what was sent in its place, unless it is there already; return that.

    Raises:
        Infrastructure: it cannot be written.
    """
    final = place_of(kind, digest, name, cache)
    try:
        final.parent.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{final.parent}.lock"):
            if final.exists():
                return final
            draft = final.parent.with_name(f"{final.parent.name}.draft")
            shutil.rmtree(draft, ignore_errors=True)
            if kind is Kind.WHEEL:
                draft.mkdir()
                (draft / name).write_bytes(content)
            else:
                (draft / name).mkdir(parents=True)
                with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
                    archive.extractall(draft / name, filter="data")
            shutil.rmtree(final.parent, ignore_errors=True)
            draft.rename(final.parent)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise Infrastructure(f"cannot put the files of {name} into {cache}: {error}") from error
    return final


def located(job: Job, cache: Path) -> Job:
    """Return *job* with its canary where it was sent to.

    Raises:
        Infrastructure: it was not.
    """
    sent = place_of(Kind.TREE, job.canary_hash, job.canary.path.name, cache)
    if not sent.is_dir():
        raise Infrastructure(f"the files of canary {job.canary.name} did not come to {cache}")
    return replace(job, canary=replace(job.canary, path=sent, changes=()))
