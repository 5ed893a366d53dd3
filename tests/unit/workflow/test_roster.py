"""Who can try what: a worker's abilities held against a job."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.cells.job import Job
from harness.model.cell import Cell
from harness.model.package import Interpreter, Lock
from harness.model.server import ServerIdentity
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, ProviderName
from harness.workflow.roster import Member, Roster
from harness.workflow.site import Abilities

PYTHON = Interpreter(
    path="/ours/python",
    version="3.12.1",
    implementation="CPython",
    build="ours",
    platform="linux-x86_64",
    sqlite_version="3",
)
SERVER = ServerIdentity(provider=ProviderName.EMBEDDED, source="wheel", version="17.10", digest="d")


@pytest.fixture
def job(tmp_path) -> Job:
    """A cell on Python 3.12.1 and an embedded PostgreSQL 17.10."""
    return Job(
        cell=Cell.parse("canary=shop,database=postgres-17,mode=plain,python=3.12"),
        exact=(),
        lock=Lock(pins=()),
        interpreter=PYTHON,
        database=DatabaseSpec(name="postgres-17", engine=Engine.POSTGRESQL),
        server=SERVER,
        canary=CanarySpec(name="shop", path=tmp_path, settings="settings"),
        canary_hash="c",
    )


def member(address: str = "tcp://a:1", **fields: Any) -> Member:
    """A worker that can do all of it; keywords replace what it can do."""
    able = Abilities(
        host="a",
        harness="1",
        probe_hash="p",
        interpreters=(replace(PYTHON, path="/theirs/python", build="theirs"),),
        servers=(("postgres-17", SERVER),),
    )
    return Member(address=address, threads=2, abilities=replace(able, **fields))


def test_another_build_of_the_same_version_will_do(job: Job) -> None:
    """The record tells which it was: the attempt's key is made where it runs."""
    assert member().lack(job) == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"trouble": "the disk is full"}, "the disk is full"),
        ({"interpreters": ()}, "it has no CPython 3.12.1 (linux-x86_64), but none at all"),
        ({"interpreters": (replace(PYTHON, version="3.12.2"),)}, "it has no CPython 3.12.1 (linux-x86_64), but 3.12.2"),
        ({"interpreters": (replace(PYTHON, platform="macosx-14-arm64"),)}, "it has no CPython 3.12.1 (linux-x86_64)"),
        ({"servers": (), "absent": (("postgres-17", "no Docker"),)}, "postgres-17: no Docker"),
        ({"servers": ()}, "postgres-17: not offered"),
        (
            {"servers": (("postgres-17", replace(SERVER, version="17.9")),)},
            "postgres-17: it has embedded wheel 17.9, not embedded wheel 17.10",
        ),
        (
            {"servers": (("postgres-17", replace(SERVER, digest="e")),)},
            "postgres-17: it has embedded wheel 17.10 of another build",
        ),
    ],
)
def test_what_a_worker_lacks_is_told(fields: dict[str, Any], words: str, job: Job) -> None:
    """In words for a person: an interpreter of that very version and platform, or that very server."""
    assert member(**fields).lack(job).startswith(words)


def test_cells_go_to_those_who_can_try_them(job: Job) -> None:
    """Workers with the same lack are named together."""
    roster = Roster(None, "run", Abilities(host="", harness="1", probe_hash="p"), print)
    assert (roster.able(job), roster.lacks(job)) == (frozenset(), "there is no worker")
    for address in ("tcp://a:1", "tcp://a:2"):
        roster.add(member(address, interpreters=()))
    assert roster.able(job) == frozenset()
    assert roster.lacks(job) == (
        "a (tcp://a:1), a (tcp://a:2): it has no CPython 3.12.1 (linux-x86_64), but none at all"
    )
    roster.add(member("tcp://b:1"))
    assert roster.able(job) == {"tcp://b:1"}
    assert roster.threads(roster.able(job)) == 2
