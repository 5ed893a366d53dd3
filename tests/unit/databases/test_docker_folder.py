"""The folder `docker/`, held against what the harness looks for."""

import importlib.util
import tomllib
from pathlib import Path

import pytest

import harness
from harness.databases import images
from harness.model.spec import DatabaseSpec, Engine

FOLDER = Path(harness.__file__).parents[1] / "docker"
CATALOGUE = tomllib.loads((FOLDER / "images.toml").read_text())


@pytest.fixture
def build():
    spec = importlib.util.spec_from_file_location("docker_build", FOLDER / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("tag", CATALOGUE)
def test_every_image_is_one_that_a_database_looks_for(tag: str) -> None:
    """Its tag is this repository's own for an engine and a version, never an official name."""
    repository, _, version = tag.removeprefix("harness/").partition(":")
    (engine,) = [engine for engine, name in images.REPOSITORIES.items() if name == repository]
    assert images.candidates(DatabaseSpec(name="x", engine=engine, version=version))[0] == tag
    assert (FOLDER / CATALOGUE[tag]["folder"] / "Dockerfile").is_file()
    assert engine is not Engine.SQLITE


def test_both_sides_agree_on_the_labels(build) -> None:
    """What the build writes is what the run key reads."""
    assert (build.HASH_LABEL, build.VERSION_LABEL) == (images.HASH_LABEL, images.VERSION_LABEL)


def test_the_hash_follows_the_files_and_the_packages(build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of either makes an image out of date; nothing else does."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "Dockerfile").write_text("FROM x")
    monkeypatch.setattr(build, "HERE", tmp_path)
    image = {"folder": "one", "packages": "p"}
    first = build._hash(image)
    assert build._hash(dict(image)) == first
    assert build._hash(image | {"packages": "q"}) != first
    (tmp_path / "one" / "Dockerfile").write_text("FROM y")
    assert build._hash(image) != first


def test_an_unknown_image_is_refused_with_the_nearest(build, capsys: pytest.CaptureFixture[str]) -> None:
    """Before any engine is asked; exit code 4, as for every misuse."""
    assert build.main(["harness/postgre:15"]) == 4
    assert "nearest: harness/postgres:15" in capsys.readouterr().err
