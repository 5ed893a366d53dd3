"""Tells whether shards are parts of one whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from harness.errors import UsageError
from harness.model.cell import CANARY, DATABASE, PYTHON, Cell
from harness.model.record import Attempt
from harness.workflow.merge_parts import Found, Part

SHOWN = 3
"""Cells named of those that are at fault."""


def check_found(found: Found, *, is_partial: bool) -> None:
    """Refuse stores in which no shard was run.

    Raises:
        UsageError: there is one; where not all has to be there, there is no other.
    """
    if found.empty and not (is_partial and found.parts):
        raise UsageError(
            f"{found.empty[0]} holds no run of a shard", remedy="harness run --shard 1/8 makes one; or leave it out"
        )


def check_whole(parts: Sequence[Part], matrix: str, *, is_partial: bool) -> None:
    """Refuse what are not the shards of one plan, or not all of them; *matrix* is the digest of the matrix here.

    Raises:
        UsageError: they differ in their plan, or one is missing.
    """
    first = parts[0]
    for part in parts:
        for words, remedy, read in _ALIKE:
            if read(part) != read(first):
                raise UsageError(f"{first.title} and {part.title} {words(first, part)}", remedy=remedy)
    if first.info.matrix_digest != matrix:
        raise UsageError(
            f"{first.title} was run with another matrix.toml than the one here",
            remedy="the matrix that the shards were run with, or --matrix FILE",
        )
    if missing := _missing(parts):
        numbers = ", ".join(f"{number}/{first.shard.of} ({_counted(count)})" for number, count in missing)
        if not is_partial:
            raise UsageError(
                f"of {first.shard.of} shards, {len(missing)} {'is' if len(missing) == 1 else 'are'} missing: {numbers}",
                remedy="name their stores too, or run them; --partial merges what there is, and counts the rest as"
                " not run",
            )


def _days(one: Part, other: Part) -> str:
    days = [f"{part.info.as_of:%Y-%m-%d %H:%M:%S}" for part in (one, other)]
    return f"resolved as of different moments: {days[0]} and {days[1]}"


def _versions(one: Part, other: Part) -> str:
    return f"were run by different versions of harness: {one.info.harness_version} and {other.info.harness_version}"


def _plans(one: Part, other: Part) -> str:
    here, there = (dict(part.shard.cells).keys() for part in (one, other))
    differing = sorted(here ^ there)
    why = (
        f", in {_few(differing)}" if differing else ": the same cells stand for other releases, or others are left out"
    )
    return f"are of different plans{why}"


_Words = Callable[[Part, Part], str]
_ALIKE: tuple[tuple[_Words, str, Callable[[Part], object]], ...] = (
    (
        lambda _one, _other: "were run with different matrix files",
        "the same checkout in every job",
        lambda part: part.info.matrix_digest,
    ),
    (_versions, "the same version in every job", lambda part: part.info.harness_version),
    (
        _days,
        "hand `--shards FILE` of one `harness plan` to every job, commit matrix.lock, or give --as-of",
        lambda part: part.info.as_of,
    ),
    (
        lambda _one, _other: "select different cells",
        "the same -k, --axis, --profile and --cell in every job",
        lambda part: part.info.selection,
    ),
    (
        _plans,
        "interpreters and database servers must be there alike in every job",
        lambda part: (part.shard.plan, frozenset(dict(part.shard.cells))),
    ),
    (
        lambda _one, _other: "are parts of different splits of one plan",
        "the same `--shards FILE` in every job, or none in all of them",
        lambda part: (part.shard.of, part.shard.cells),
    ),
)


def _missing(parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Return number and cells of each shard that is not there and has any."""
    there = {part.shard.number for part in parts}
    absent = sorted(number for _, number in parts[0].shard.cells if number not in there)
    return [(number, len(list(group))) for number, group in groupby(absent)]


def check_answered(part: Part, unanswered: Sequence[Cell], *, is_partial: bool) -> None:
    """Refuse a shard that did not come to its end.

    Raises:
        UsageError: cells of it have no answer.
    """
    if unanswered and not is_partial:
        total = sum(number == part.shard.number for _, number in part.shard.cells)
        raise UsageError(
            f"{part.title} is not complete: {len(unanswered)} of its {total} cells have no answer, such as"
            f" {unanswered[0].id}",
            remedy=f"`harness run --shard {part.shard.name}` there goes on with it; --partial counts them as not run",
        )


def check_duplicates(conflicts: Sequence[str]) -> None:
    """Refuse answers that contradict each other.

    Raises:
        UsageError: there are any.
    """
    if conflicts:
        raise UsageError(
            f"the same shard was given twice, with different answers: {_few(conflicts)}",
            remedy="leave one of the two out",
        )


def unlike(attempts: Sequence[tuple[str, Attempt]]) -> Iterator[str]:
    """Yield a line for each value of an axis that was not the same thing in every shard; attempts by their shard."""
    for axis, what, read in _THINGS:
        found: dict[str, dict[str, str]] = {}
        for shard, attempt in attempts:
            if thing := read(attempt):
                found.setdefault(Cell.parse(attempt.cell_id)[axis], {}).setdefault(thing, shard)
        for value, things in sorted(found.items()):
            if len(things) > 1:
                told = ", ".join(
                    f"{thing} in {shard}" for thing, shard in sorted(things.items(), key=lambda item: item[1])
                )
                yield f"{axis} {value} was not the same {what} in every shard: {told}"


_THINGS: tuple[tuple[str, str, Callable[[Attempt], str]], ...] = (
    (PYTHON, "interpreter", lambda attempt: attempt.interpreter),
    (DATABASE, "server", lambda attempt: " ".join(filter(None, (attempt.provider, attempt.server_version)))),
    (CANARY, "files", lambda attempt: attempt.canary_hash[:12]),
)


def _counted(number: int) -> str:
    return f"{number} cell{'s' if number != 1 else ''}"


def _few(items: Sequence[str]) -> str:
    return "; ".join(items[:SHOWN]) + (f" and {len(items) - SHOWN} more" if len(items) > SHOWN else "")
