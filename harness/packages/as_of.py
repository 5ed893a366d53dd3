"""Freezes the date up to which uploads count."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from harness.errors import UsageError
from harness.packages.files import guard, read_if_there, write_whole

FILE = "as-of"
CACHED_FOR = dt.timedelta(minutes=10)
"""What PyPI lets clients keep its answers for: everything older is in any answer that uv may still hold, so that a
first run does not ask the index again for what another tool asked a minute ago."""


def frozen(folder: Path, *, explicit: dt.datetime | None, refresh: bool, now: dt.datetime) -> dt.datetime:
    """Return the as-of date: *explicit* where given (and nothing is written), else the one frozen in *folder*
    (the project's state folder), which *refresh* sets to *now*, and the first call to `CACHED_FOR` before it.

    Two processes that ask at once get the same date.

    Raises:
        UsageError: the file holds no date, or *explicit* has no time zone or lies in the future.
    """
    if explicit is not None:
        if explicit.tzinfo is None:
            raise UsageError(f"the as-of date {explicit.isoformat()} has no time zone")
        if explicit > now:
            raise UsageError(f"the as-of date {explicit.isoformat()} lies in the future")
        return explicit.astimezone(dt.UTC)
    path = folder / FILE
    if not refresh and (known := _read(path)) is not None:
        return known
    with guard(folder, FILE, timeout_s=30):
        if not refresh and (known := _read(path)) is not None:
            return known
        fresh = (now if refresh else now - CACHED_FOR).astimezone(dt.UTC).replace(microsecond=0)
        write_whole(path, fresh.isoformat() + "\n")
        return fresh


def _read(path: Path) -> dt.datetime | None:
    text = read_if_there(path)
    if text is None:
        return None
    try:
        read = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{path} holds no date: {text.strip()!r}", remedy="run with --refresh") from None
    return read if read.tzinfo is not None else read.replace(tzinfo=dt.UTC)
