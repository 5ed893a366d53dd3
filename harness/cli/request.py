"""From command-line words to the values that workflows take."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import replace
from pathlib import Path

from harness import config
from harness.errors import UsageError, nearest
from harness.model.spec import MatrixSpec, Preference, ProviderName
from harness.plan.select import DEFAULT_PROFILE, Selection, parse_filters
from harness.workflow import place as places
from harness.workflow import shards
from harness.workflow.place import Place
from harness.workflow.prepare import Options


def load(matrix: Path) -> tuple[MatrixSpec, Place]:
    """Return the matrix and its place.

    Raises:
        UsageError: there is no such matrix, or it cannot mean anything.
    """
    place = places.find(matrix)
    return config.load(place.matrix, today=place.now().date()), place


def options(
    *,
    k: str,
    axis: list[str],
    profile: str,
    cell: list[str],
    failed: tuple[str, ...] | None,
    as_of: str,
    refresh: bool,
    provider: list[str],
    no_python_downloads: bool,
    lowest: bool = False,
    lowest_direct: bool = False,
) -> Options:
    """Return what was asked for.

    Raises:
        UsageError: a word cannot be read.
    """
    return Options(
        selection=Selection(
            k=k,
            axes=parse_filters(axis),
            profile=profile or DEFAULT_PROFILE,
            cells=tuple(cell),
            failed=failed,
            preference=preference(lowest=lowest, lowest_direct=lowest_direct),
        ),
        as_of=moment(as_of) if as_of else None,
        refresh=refresh,
        providers=tuple(providers(provider, "--provider")),
        python_downloads=not no_python_downloads,
    )


def preference(*, lowest: bool, lowest_direct: bool) -> Preference:
    """Return which of the versions that are allowed are resolved to.

    Raises:
        UsageError: both are asked for.
    """
    if lowest and lowest_direct:
        raise UsageError("--lowest and --lowest-direct ask for different things", remedy="one of them")
    if lowest:
        return Preference.LOWEST
    return Preference.LOWEST_DIRECT if lowest_direct else Preference.HIGHEST


def shard(text: str, file: Path | None, place: Place, asked: Options) -> tuple[Options, shards.Asked | None]:
    """Return what a shard's run prepares, and the shard; None where the whole plan is to be run.

    A file of shards says what is selected and as of when.

    Raises:
        UsageError: there is no such shard, the file is none of this matrix, or something else is selected beside it.
    """
    if file is None:
        return asked, shards.asked(text, None) if text else None
    if not text:
        raise UsageError("--shards FILE needs to know which shard to run", remedy="--shard 3/8")
    if asked.selection != Selection() or asked.as_of is not None or asked.refresh:
        raise UsageError(
            f"{file} says what is selected, and as of when", remedy="give that to `harness plan --shards`, not here"
        )
    assignment = shards.read(file, place)
    wanted = shards.asked(text, assignment)
    providers = asked.providers or assignment.providers
    return replace(asked, selection=assignment.selection, as_of=assignment.as_of, providers=providers), wanted


def providers(words: list[str], option: str) -> list[ProviderName]:
    """Return the providers named.

    Raises:
        UsageError: one is unknown.
    """
    names = [item.value for item in ProviderName]
    for word in words:
        if word not in names:
            raise UsageError(
                f"{option} {word!r} is no provider{nearest(word, names)}", remedy=f"one of {', '.join(names)}"
            )
    return [ProviderName(word) for word in words]


def moment(text: str) -> dt.datetime:
    """Return a date's end, or a moment, in UTC where no zone is given."""
    with contextlib.suppress(ValueError):
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(23, 59, 59, tzinfo=dt.UTC))
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text!r} is no date", remedy="2026-01-20, or 2026-01-20T12:00:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
