"""What `harness lock` says, as whole documents. A change is accepted with `python -m pytest tests/golden --accept`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from harness.analysis.locks import Moved
from harness.analysis.relocked import LockView, MovedEnvironment, MovedServer, MovedValue, Relocked
from harness.model import codec
from harness.model.lockfile import Kind, LockedServer, Stale
from harness.model.spec import ProviderName
from harness.report import lock_json, lock_text
from harness.report.schemas import Document, kind, schema

HERE = "3.12 linux-x86_64"
WHEEL = LockedServer(
    database="postgres-17",
    provider=ProviderName.EMBEDDED,
    source="wheel",
    platform="linux-x86_64",
    version="17.9",
    digest="d" * 64,
)
IMAGE = replace(WHEEL, database="mariadb-11", provider=ProviderName.DOCKER, source="mariadb:11", version="11.8.4")


@pytest.fixture
def lock_view() -> LockView:
    """A renewed lock in which something of every kind moved."""
    asgiref, django = Moved(name="asgiref", old="3.8.1", new="3.9.0"), Moved(name="django", old="6.0.9", new="6.0.10")
    names = [("django=6.0", f"pytest-django=4.{number}") for number in range(8)]
    return LockView(
        exit_code=0,
        is_check=False,
        is_new=False,
        is_written=True,
        as_of=dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC),
        old_as_of=dt.datetime(2026, 11, 1, 9, 30, tzinfo=dt.UTC),
        renewed=(("django", dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)),),
        releases=11,
        environments=36,
        locks=30,
        targets=("3.11 linux-x86_64", HERE),
        servers=2,
        size_bytes=31649,
        stale=(),
        moved=Relocked(
            values=(
                MovedValue(axis="django", value="6.0", old="6.0.9", new="6.0.10"),
                MovedValue(axis="django", value="6.1", old="", new="6.1.3"),
                MovedValue(axis="django", value="4.2", old="4.2.30", new=""),
            ),
            environments=(
                *(MovedEnvironment(requires=name, on=HERE, packages=(asgiref, django)) for name in names),
                MovedEnvironment(
                    requires=("pytest=9",), on=HERE, packages=(Moved(name="pygments", old="2.20", new=""),)
                ),
                MovedEnvironment(requires=("django=6.0",), on=HERE, packages=(django,)),
            ),
            added=1,
            removed=2,
            other_files=("sqlparse==0.6.1",),
            servers=(
                MovedServer(old=WHEEL, new=replace(WHEEL, version="17.10")),
                MovedServer(old=IMAGE, new=replace(IMAGE, digest="e" * 64)),
                MovedServer(old=None, new=replace(WHEEL, database="postgres-18", version="18.6")),
                MovedServer(old=replace(WHEEL, database="postgres-13", version="13.23"), new=None),
            ),
        ),
        notes=("nothing is locked for Python 3.13: not on this machine",),
    )


@pytest.fixture
def stale_view(lock_view: LockView) -> LockView:
    """A check that found something of both sorts."""
    stale = (
        Stale(kind=Kind.VALUE, words="django 6.2 is new", is_gap=True),
        Stale(kind=Kind.MODE, words="mode xdist is gone", is_gap=False),
    )
    return replace(lock_view, is_check=True, is_written=False, exit_code=1, stale=stale, moved=Relocked(), notes=())


@pytest.mark.parametrize("is_verbose", [False, True], ids=["plain", "verbose"])
def test_a_lock_as_text(lock_view, render, is_as_expected: Callable[[str, str], None], is_verbose: bool) -> None:
    """What moved, what moved with it in how many environments, what is locked now."""
    text = render(lock_text.lock(lock_view, is_verbose=is_verbose))
    is_as_expected("lock-verbose.txt" if is_verbose else "lock.txt", text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"is_new": True}, "matrix.lock written"), ({"is_written": False}, "matrix.lock unchanged")],
)
def test_the_last_line_says_what_was_done(lock_view, render, changes, words: str) -> None:
    """A first lock has nothing that moved."""
    text = render(lock_text.lock(replace(lock_view, **changes), is_verbose=False))
    assert words in text
    assert ("asgiref" in text) == ("is_new" not in changes)


def test_a_check_as_text(stale_view, render, is_as_expected: Callable[[str, str], None]) -> None:
    """Each difference and what to type; one line where there is none."""
    is_as_expected("lock-check.txt", render(lock_text.check(stale_view)))
    fresh = render(lock_text.check(replace(stale_view, stale=())))
    assert fresh == "matrix.lock is what matrix.toml asks for (as of 2026-11-22)\n"


def test_a_lock_as_json(lock_view, is_as_expected: Callable[[str, str], None]) -> None:
    """The document of `harness lock --json`."""
    is_as_expected("lock.json", lock_json.document(lock_view) + "\n")


def test_the_document_fits_its_schema(lock_view, stale_view) -> None:
    """What is written is read back, by the types that the schema is made of and by our own codec, as it was."""
    for view in (lock_view, stale_view):
        text = lock_json.document(view)
        assert TypeAdapter(kind(Document.LOCK)).validate_json(text) == codec.loads(LockView, text) == view
        assert set(json.loads(text)) == set(json.loads(schema(Document.LOCK))["properties"])
