"""Finds the runs of shards that are to be merged, in stores wherever they lie."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.model.plan import PlanSummary, Shard
from harness.store.rows import RunInfo
from harness.store.store import Store
from harness.workflow.place import Place

FILE = "store.sqlite"
_WITHIN = (FILE, f".harness/{FILE}", f"*/{FILE}", f"*/.harness/{FILE}", f"*/*/{FILE}", f"*/*/.harness/{FILE}")
"""Where a store lies below a folder that is named: the nearest places that have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One run of one shard."""

    where: Path  # of its store
    store: Store
    logs: Path
    info: RunInfo
    plan: PlanSummary
    shard: Shard

    @property
    def title(self) -> str:
        """Return "shard 3/8 (PATH)"."""
        return f"shard {self.shard.name} ({self.where.parent})"

    @property
    def identity(self) -> str:
        """Return what tells this run from all others, wherever it is copied to."""
        return f"{self.shard.name} {self.shard.plan} {self.info.started.isoformat()}"


def find(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the stores at *paths*: each a `.harness` folder, one that holds such folders, or a store itself.

    Raises:
        UsageError: there is none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_file():
            found[path.resolve()] = None
            continue
        if not path.is_dir():
            raise UsageError(f"there is no {path}", remedy="a .harness folder of a shard, or a folder that holds some")
        stores = next((stores for pattern in _WITHIN if (stores := sorted(path.glob(pattern)))), None)
        if not stores:
            raise UsageError(
                f"{path} holds no store of harness", remedy="a .harness folder of a shard, or a folder that holds some"
            )
        found.update((store.resolve(), None) for store in stores)
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the stores hold."""

    parts: tuple[Part, ...]
    empty: tuple[Path, ...]  # stores without a run of a shard: a job that ended before it had a plan


@contextmanager
def open_parts(stores: Sequence[Path], place: Place, local: Store) -> Iterator[Found]:
    """Yield the shards' runs that the stores hold, each store read from a copy: what was handed over is not touched.

    Of a store that has several, those of the plan that was run last; of a shard that was run again there, the last.

    Raises:
        UsageError: one is no store, or not one that this harness can read.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harness-merge-")))
        parts: dict[str, Part] = {}
        empty = []
        for number, path in enumerate(stores):
            is_local = path == place.store.resolve()
            store = local if is_local else stack.enter_context(_opened(path, scratch / str(number)))
            found = list(_parts(path, store))
            for part in found:
                parts.setdefault(part.identity, part)
            if not found:
                empty.append(path)
        order = sorted(parts.values(), key=lambda part: (part.shard.number, part.info.started, str(part.where)))
        yield Found(parts=tuple(order), empty=tuple(empty))


def _opened(path: Path, folder: Path) -> Store:
    copy = _copied(path, folder)
    try:
        return Store.open(copy)
    except UsageError as error:
        raise UsageError(error.message.replace(str(copy), str(path)), remedy="leave it out") from error


def _copied(path: Path, folder: Path) -> Path:
    folder.mkdir()
    try:
        shutil.copyfile(path, folder / FILE)
        log = path.with_name(f"{path.name}-wal")  # of a harness that was killed: commits that are not in the file yet
        if log.is_file():
            shutil.copyfile(log, folder / f"{FILE}-wal")
    except OSError as error:
        raise UsageError(f"cannot read {error.filename}: {error.strerror}") from error
    return folder / FILE


def _parts(path: Path, store: Store) -> Iterator[Part]:
    seen: dict[int, Part] = {}
    for info in store.runs():  # newest first
        plan = store.plan(info.id)
        if plan is None or plan.shard is None:
            continue
        part = Part(where=path, store=store, logs=path.parent / "logs", info=info, plan=plan, shard=plan.shard)
        first = next(iter(seen.values()), part)
        if (part.shard.plan, part.shard.of) == (first.shard.plan, first.shard.of):
            seen.setdefault(part.shard.number, part)
    yield from seen.values()
