"""Bundles: the same bytes each time, and nobody else's folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.cells.outside import bundle
from harness.cells.outside.recipe import recipe
from harness.errors import UsageError
from harness.model.server import ServerIdentity
from harness.model.spec import DatabaseSpec, Engine, ProviderName

DOCKER = Path(__file__).parents[4] / "docker"


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_is_the_same_bytes_each_time(make_recipe, tmp_path: Path) -> None:
    """In a new folder, in an empty one and over an earlier bundle; caches of the project stay behind."""
    found = make_recipe()
    canary = found.job.canary.path
    (canary / "__pycache__").mkdir()
    (canary / "__pycache__" / "x.pyc").touch()
    (tmp_path / "b").mkdir()
    for name in ("a", "b", "a"):
        bundle.write(found, tmp_path / name, canary=canary, changes=())
    first = contents(tmp_path / "a")
    assert first == contents(tmp_path / "b")
    assert set(first) == {"repro.sh", "requirements.txt", "README.md", "Dockerfile", "canary/manage.py"}
    assert (tmp_path / "a" / "repro.sh").stat().st_mode & 0o111


def test_an_earlier_bundle_is_replaced_whole(make_recipe, tmp_path: Path) -> None:
    """What the canary no longer has goes."""
    found = make_recipe()
    canary = found.job.canary.path
    (canary / "old.py").touch()
    bundle.write(found, tmp_path / "a", canary=canary, changes=())
    (canary / "old.py").unlink()
    bundle.write(found, tmp_path / "a", canary=canary, changes=())
    assert not (tmp_path / "a" / "canary" / "old.py").exists()


@pytest.mark.parametrize("name", ["notes.txt", "repro.sh", "canary"])
def test_a_foreign_folder_is_left_alone(make_recipe, tmp_path: Path, name: str) -> None:
    """Whatever it holds, even files that are called like ours; it is named, and nothing changes."""
    folder = tmp_path / "mine"
    folder.mkdir()
    if name == "canary":
        (folder / name).mkdir()
    else:
        (folder / name).write_text("mine")
    found = make_recipe()
    with pytest.raises(UsageError, match="holds something else"):
        bundle.write(found, folder, canary=found.job.canary.path, changes=())
    assert [path.name for path in folder.iterdir()] == [name]


def test_a_file_is_no_folder(make_recipe, tmp_path: Path) -> None:
    """A file of that name is refused."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is no folder"):
        bundle.check(tmp_path / "file")


@pytest.mark.parametrize(
    ("source", "version", "image", "data"),
    [
        ("harness/postgres:18", "18.1", "harness/postgres:18", "/var/lib/postgresql/data"),
        ("postgres:18", "18.1", "postgres:18", "/var/lib/postgresql"),
        ("", "17.10 (Debian 17.10-1)", "postgres:17.10", "/var/lib/postgresql/data"),
    ],
)
def test_the_very_image_of_the_record(
    make_job, tmp_path: Path, source: str, version: str, image: str, data: str
) -> None:
    """The image that served the cell; for a server that was no container, the official one of that version. This
    repository's own come with what they are built from."""
    spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version=version.partition(".")[0])
    provider = ProviderName.DOCKER if source else ProviderName.EMBEDDED
    job = make_job(database=spec, server=ServerIdentity(provider=provider, source=source or "wheel", version=version))
    canary = tmp_path / "seed"
    canary.mkdir()
    job = replace(job, canary=replace(job.canary, path=canary))
    made = recipe(job, docker=DOCKER)
    assert made.server is not None
    assert (made.server.image, made.server.data) == (image, data)
    bundle.write(made, tmp_path / "out", canary=canary, changes=())
    assert (tmp_path / "out" / "server" / "Dockerfile").exists() == source.startswith("harness/")
    assert image in (tmp_path / "out" / "compose.yaml").read_text()
