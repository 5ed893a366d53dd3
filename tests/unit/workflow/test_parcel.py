"""What travels to a machine without a checkout arrives as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cells.job import Job
from harness.cells.project import digest
from harness.errors import Infrastructure, UsageError
from harness.model.cell import Cell
from harness.model.package import Interpreter, Lock, Pin
from harness.model.server import ServerIdentity
from harness.model.spec import CanarySpec, Change, DatabaseSpec, Engine, ProviderName
from harness.packages import wheels
from harness.workflow import parcel
from harness.workflow.parcel import Kind


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with a program, an empty folder and what is no part of it."""
    folder = tmp_path / "shop"
    (folder / "empty" / "within").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").touch()
    (folder / "manage.py").write_text("print()\n")
    (folder / "manage.py").chmod(0o755)
    (folder / "settings.py").write_text("A = 1\n")
    (folder / "link.py").symlink_to("settings.py")
    return folder


@pytest.fixture
def make_job(shop: Path) -> Callable[..., Job]:
    """Returns a builder of jobs on that project, with changes."""

    def build(*changes: Change, pins: tuple[Pin, ...] = ()) -> Job:
        return Job(
            cell=Cell.parse("canary=shop,database=sqlite-memory,mode=plain,python=3.12"),
            exact=(),
            lock=Lock(pins=pins),
            interpreter=Interpreter(
                path="/python", version="3.12.1", implementation="CPython", build="b", platform="p", sqlite_version="3"
            ),
            database=DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE),
            server=ServerIdentity(provider=ProviderName.SQLITE, source="interpreter", version="memory"),
            canary=CanarySpec(name="shop", path=shop, settings="settings", changes=changes),
            canary_hash=digest(shop, changes),
        )

    return build


def send(job: Job, here: Path, there: Path) -> list[Path]:
    """Send all that a job needs from one cache to another."""
    return [
        parcel.unpack(item.kind, item.digest, item.name, parcel.packed(item), there)
        for item in parcel.wanted(job, here)
    ]


def test_a_tree_arrives_as_it_was(make_job: Callable[..., Job], tmp_path: Path) -> None:
    """Names, contents, empty folders and what may be executed: its hash is the same, and so is its folder's name."""
    job = make_job()
    (sent,) = send(job, tmp_path / "here", tmp_path / "there")
    located = parcel.located(job, tmp_path / "there")
    assert (located.canary.path, sent.name) == (sent, "shop")
    assert digest(sent) == job.canary_hash
    assert os.access(sent / "manage.py", os.X_OK)
    assert (sent / "empty" / "within").is_dir()
    assert not (sent / ".git").exists()


def test_the_changes_of_a_scenario_are_made_before_it_travels(make_job: Callable[..., Job], tmp_path: Path) -> None:
    """What arrives needs no overlay, which would not be there."""
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "settings.py").write_text("A = 2\n")
    job = make_job(Change(overlay=overlay, remove=("manage.py",)))
    (sent,) = send(job, tmp_path / "here", tmp_path / "there")
    located = parcel.located(job, tmp_path / "there")
    assert located.canary.changes == ()
    assert digest(sent) == job.canary_hash
    assert (sent / "settings.py").read_text() == "A = 2\n"
    assert not (sent / "manage.py").exists()


def test_a_projects_wheel_travels_with_it(make_job: Callable[..., Job], tmp_path: Path) -> None:
    """It lies where the installation looks for it; packages of the index do not travel."""
    here, there = tmp_path / "here", tmp_path / "there"
    wheel = wheels.file_of(here, "aa", "shop-1.0-py3-none-any.whl")
    wheel.parent.mkdir(parents=True)
    wheel.write_bytes(b"a wheel")
    pins = tuple(
        Pin(name=name, version="1.0", hashes=(f"sha256:{digest}",))
        for name, digest in (("shop", "aa"), ("django", "bb"))
    )
    send(make_job(pins=pins), here, there)
    found = wheels.local(there, pins[0].hashes)
    assert found is not None
    assert (found.name, found.read_bytes()) == (wheel.name, b"a wheel")
    assert wheels.local(there, pins[1].hashes) is None


def test_what_is_there_already_is_left_alone(make_job: Callable[..., Job], tmp_path: Path) -> None:
    """Workers of one machine share a cache: the second to be told writes nothing, and half of it is never seen."""
    job = make_job()
    (sent,) = send(job, tmp_path / "here", tmp_path / "there")
    before = (sent / "settings.py").stat().st_ino
    send(job, tmp_path / "here", tmp_path / "there")
    assert (sent / "settings.py").stat().st_ino == before
    (item,) = parcel.wanted(job, tmp_path / "here")
    with pytest.raises(Infrastructure, match="cannot put the files of shop"):
        parcel.unpack(Kind.TREE, item.digest, item.name, parcel.packed(item)[:100], tmp_path / "third")
    with pytest.raises(Infrastructure, match="the files of canary shop did not come"):
        parcel.located(job, tmp_path / "third")


def test_what_cannot_be_read_is_told(make_job: Callable[..., Job], shop: Path, tmp_path: Path) -> None:
    """As a user's mistake: the project is theirs."""
    job = make_job()
    (item,) = parcel.wanted(job, tmp_path)
    with pytest.raises(UsageError, match="cannot read"):
        parcel.packed(replace(item, source=shop / "nothing"))
