"""Shards of a plan: assigned once, or by the plan alone; alike in every job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from harness.errors import UsageError
from harness.model import codec
from harness.model.cell import Cell
from harness.model.plan import Shard
from harness.plan.shards import MOST, Assignment, digest, split
from harness.workflow.place import Place
from harness.workflow.prepare import Prepared

SCHEME = 1
SHOWN = 3
"""Cells named of those in which two plans differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which shard is to be run."""

    number: int  # from 1
    of: int
    assignment: Assignment | None = None  # None: the plan alone decides


def asked(text: str, assignment: Assignment | None) -> Asked:
    """Read ``3/8``.

    Raises:
        UsageError: it is no shard, or none of the assignment's.
    """
    first, slash, second = text.partition("/")
    if not (slash and first.isdecimal() and second.isdecimal()):
        raise UsageError(f"--shard {text!r} is not NUMBER/OF", remedy="for example --shard 3/8")
    number, of = int(first), int(second)
    if not 1 <= of <= MOST:
        raise UsageError(f"--shard {text}: a plan is split into 1 to {MOST} shards", remedy="for example --shard 3/8")
    if assignment is not None and len(assignment.shards) != of:
        raise UsageError(
            f"--shard {text}: the file of shards has {len(assignment.shards)}",
            remedy=f"--shard NUMBER/{len(assignment.shards)}, or another file",
        )
    if not 1 <= number <= of:
        raise UsageError(f"--shard {text}: there is no shard {number} of {of}", remedy=f"1/{of} to {of}/{of}")
    return Asked(number=number, of=of, assignment=assignment)


def assign(prepared: Prepared, place: Place, of: int, past_s: Mapping[str, float]) -> Assignment:
    """Split a plan into *of* shards.

    Raises:
        UsageError: that are too few, or too many.
    """
    if not 1 <= of <= MOST:
        raise UsageError(f"--shards {of}: a plan is split into 1 to {MOST} shards", remedy="for example --shards 8")
    plan = prepared.plan
    return Assignment(
        scheme=SCHEME,
        harness=version("harness"),
        matrix=matrix_digest(place),
        as_of=prepared.as_of,
        selection=prepared.options.selection,
        providers=prepared.options.providers,
        plan=digest(plan.cells, prepared.axes, prepared.nogoods),
        shards=tuple(tuple(cell.id for cell in cells) for cells in split(plan.cells, of, past_s)),
    )


def shard(prepared: Prepared, place: Place, wanted: Asked) -> Shard:
    """Return one shard of a plan.

    Raises:
        UsageError: the assignment is of another plan than is made here.
    """
    assignment = wanted.assignment or assign(prepared, place, wanted.of, {})
    cells = prepared.plan.cells
    number = {cell: one for one, ids in enumerate(assignment.shards, 1) for cell in ids}
    plan = digest(cells, prepared.axes, prepared.nogoods)
    if plan != assignment.plan or number.keys() != {cell.id for cell in cells}:
        raise _another_plan(cells, number)
    return Shard(
        number=wanted.number,
        of=wanted.of,
        cells=tuple((cell.id, number[cell.id]) for cell in cells),
        nogoods=prepared.nogoods,
        plan=plan,
    )


def _another_plan(cells: Iterable[Cell], assigned: Iterable[str]) -> UsageError:
    here = {cell.id for cell in cells}
    there = set(assigned)
    told = [f"{word} {_few(ids)}" for word, ids in (("only here:", here - there), ("only there:", there - here)) if ids]
    why = "; ".join(told) or "the same cells stand for other releases, or others are left out"
    return UsageError(
        f"the shards were assigned of another plan than is made on this machine: {why}",
        remedy="`harness plan -v` on both machines: interpreters and database servers must be there alike",
    )


def _few(ids: Iterable[str]) -> str:
    found = sorted(ids)
    return "; ".join(found[:SHOWN]) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")


def write(path: Path, assignment: Assignment) -> None:
    """Write an assignment for every job to read.

    Raises:
        UsageError: it cannot be written.
    """
    text = json.dumps(codec.to_plain(assignment), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", remedy="another --output") from error


def read(path: Path, place: Place) -> Assignment:
    """Read an assignment that `write` wrote.

    Raises:
        UsageError: it is none, or of another matrix file or another harness.
    """
    again = "`harness plan --shards N --output FILE` writes one"
    try:
        found = codec.loads(Assignment, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", remedy=again) from error
    except ValueError as error:
        raise UsageError(f"{path} is no file of shards: {error}", remedy=again) from error
    if found.scheme != SCHEME or found.harness != version("harness"):
        raise UsageError(
            f"{path} was written by harness {found.harness}; this is {version('harness')}",
            remedy="the same version in every job",
        )
    if found.matrix != matrix_digest(place):
        raise UsageError(f"{path} is of another {place.matrix.name} than the one here", remedy=again)
    return found


def matrix_digest(place: Place) -> str:
    """Return what tells the matrix file from others, as the store keeps it."""
    return hashlib.sha256(place.matrix.read_bytes()).hexdigest()[:16]
