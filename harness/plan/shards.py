"""Splits a plan into shards of equal length, each on few servers and interpreters."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.model import codec
from harness.model.cell import DATABASE, PYTHON, Cell, is_package_axis
from harness.model.plan import Axis, Nogood
from harness.model.spec import ProviderName
from harness.plan.estimate import expected_s
from harness.plan.select import Selection

MOST = 256
"""What one matrix of GitHub Actions takes."""

TOLERANCE = 0.15
"""How far, in lengths of a shard, a cut may move to fall between two servers or interpreters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Which cells each shard runs, and of what plan: what every job has to agree on."""

    scheme: int = 1  # of this document
    harness: str  # version
    matrix: str  # digest of the matrix file
    as_of: dt.datetime
    selection: Selection
    providers: tuple[ProviderName, ...] = ()  # of servers, where only these were to be used
    plan: str  # digest of the plan
    shards: tuple[tuple[str, ...], ...]  # cell ids, in the order of the plan


def split(cells: Sequence[Cell], of: int, past_s: Mapping[str, float]) -> tuple[tuple[Cell, ...], ...]:
    """Return *of* shards that hold every cell once, each in the order of *cells*. Equal input, equal shards.

    Cells are laid on a line as long as they are expected to take, server by server and on each interpreter by
    interpreter, and the line is cut. A shard's cells take no longer than 1 + 2 * `TOLERANCE` equal parts and its
    longest cell; all shards together start at most *of* - 1 servers more than there are pairs of server and
    interpreter. With fewer cells than shards, some are empty.
    """
    seconds = dict(zip(cells, expected_s([cell.id for cell in cells], past_s), strict=True))
    if not any(seconds.values()):
        seconds = dict.fromkeys(cells, 1.0)
    order = sorted(cells, key=lambda cell: (cell[DATABASE], cell[PYTHON], cell.id))
    ends = dict(zip(order, itertools.accumulate(seconds[cell] for cell in order), strict=True))
    cuts = _cuts(order, ends, of)
    number = {cell: bisect_right(cuts, ends[cell] - seconds[cell] / 2) for cell in order}
    return tuple(tuple(cell for cell in cells if number[cell] == one) for one in range(of))


def _cuts(order: Sequence[Cell], ends: Mapping[Cell, float], of: int) -> list[float]:
    """Return where the line is cut: in equal parts, or close by where a server or an interpreter changes."""
    length = ends[order[-1]] / of if order else 0.0
    pairs = list(itertools.pairwise(order))
    servers = [ends[one] for one, other in pairs if one[DATABASE] != other[DATABASE]]
    pythons = [ends[one] for one, other in pairs if one[PYTHON] != other[PYTHON]]
    found = []
    for number in range(1, of):
        ideal = number * length
        close = [[at for at in places if abs(at - ideal) <= TOLERANCE * length] for places in (servers, pythons)]
        nearest = [min(places, key=lambda at: abs(at - ideal)) for places in close if places]
        found.append(nearest[0] if nearest else ideal)
    return found


def digest(cells: Iterable[Cell], axes: Iterable[Axis], nogoods: Iterable[Nogood]) -> str:
    """Return what tells a plan from others: its cells, the releases they stand for, and what it leaves out.

    Patch releases of interpreters are no part of it: machines that are alike may differ in them for a day, and each
    record says on which it was made.
    """
    releases = [(axis.name, value.requested, value.exact) for axis in axes for value in axis.values]
    parts = (
        tuple(cell.id for cell in cells),
        tuple(item for item in releases if is_package_axis(item[0])),
        tuple(sorted({(one.why.value, one.values) for one in nogoods})),
    )
    return hashlib.sha256(codec.dumps(parts).encode()).hexdigest()[:16]
