"""The as-of date freezes at the first question."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.packages.as_of import CACHED_FOR, FILE, frozen

DAY = dt.timedelta(days=1)


def test_freezes_at_the_first_call(tmp_path: Path, noon: dt.datetime) -> None:
    """Later calls get the first one's date; `refresh` moves it, for good."""
    assert frozen(tmp_path, explicit=None, refresh=False, now=noon) == noon - CACHED_FOR
    assert frozen(tmp_path, explicit=None, refresh=False, now=noon + DAY) == noon - CACHED_FOR
    assert frozen(tmp_path, explicit=None, refresh=True, now=noon + DAY) == noon + DAY
    assert frozen(tmp_path, explicit=None, refresh=False, now=noon + 2 * DAY) == noon + DAY


def test_explicit_date_is_used_but_not_kept(tmp_path: Path, noon: dt.datetime) -> None:
    """`--as-of` answers for one run."""
    early = dt.datetime(2026, 1, 20, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert frozen(tmp_path, explicit=early, refresh=False, now=noon).isoformat() == "2026-01-20T00:00:00+00:00"
    assert not (tmp_path / FILE).exists()


def test_explicit_date_must_be_a_moment_in_the_past(tmp_path: Path, noon: dt.datetime) -> None:
    """A date without a zone is many moments; one in the future would make a run that cannot be repeated."""
    with pytest.raises(UsageError, match="no time zone"):
        frozen(tmp_path, explicit=noon.replace(tzinfo=None), refresh=False, now=noon)
    with pytest.raises(UsageError, match="in the future"):
        frozen(tmp_path, explicit=noon + DAY, refresh=False, now=noon)


def test_damaged_file_is_named(tmp_path: Path, noon: dt.datetime) -> None:
    """What is no date is said, with the file, and `refresh` mends it."""
    (tmp_path / FILE).write_text("yesterday\n")
    with pytest.raises(UsageError, match="as-of holds no date: 'yesterday'"):
        frozen(tmp_path, explicit=None, refresh=False, now=noon)
    assert frozen(tmp_path, explicit=None, refresh=True, now=noon) == noon


def test_two_at_once_agree(tmp_path: Path, noon: dt.datetime) -> None:
    """Whoever comes first decides for both."""
    barrier, seen = threading.Barrier(4), []

    def ask(number: int) -> None:
        barrier.wait()
        seen.append(frozen(tmp_path, explicit=None, refresh=False, now=noon + number * DAY))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert len(set(seen)) == 1
