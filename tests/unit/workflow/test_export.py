"""Where pipelines are written, and what they install."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.interop.ci.pipeline import Service
from harness.workflow import place as places
from harness.workflow.export import installed, pipeline, write
from harness.workflow.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A matrix in a folder of a repository."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "tests" / "matrix").mkdir(parents=True)
    (tmp_path / "tests" / "matrix" / "matrix.toml").touch()
    return places.find(
        tmp_path / "tests" / "matrix" / "matrix.toml", {"HARNESS_CACHE_DIR": str(tmp_path.parent / "cache")}
    )


def made(place: Place, service: Service = Service.GITHUB, **options: object) -> str:
    """Return the text of a pipeline."""
    usual = {"shards": 4, "requirement": "harness==1.2", "branch": "main", "has_pages": True}
    return pipeline(service, place, **(usual | options)).text  # type: ignore[arg-type]


def test_the_file_is_at_the_root_of_the_repository(place: Place, tmp_path: Path) -> None:
    """Where the service looks; without a repository, beside the matrix."""
    options = {"shards": 4, "requirement": ".", "branch": "main", "has_pages": True}
    assert pipeline(Service.GITHUB, place, **options).path == tmp_path / ".github" / "workflows" / "harness.yml"
    assert pipeline(Service.GITLAB, place, **options).path == tmp_path / ".gitlab-ci.yml"
    (tmp_path / ".git").rmdir()
    assert pipeline(Service.GITLAB, place, **options).path == tmp_path / "tests" / "matrix" / ".gitlab-ci.yml"


@pytest.mark.parametrize("service", Service)
def test_every_command_names_the_matrix(place: Place, service: Service) -> None:
    """And what is kept is the state beside it."""
    text = made(place, service)
    commands = [line for line in text.splitlines() if re.search(r"harness (plan|run|merge|report) ", line)]

    assert len(commands) >= 5
    assert all("--matrix tests/matrix/matrix.toml" in line for line in commands)
    assert "tests/matrix/.harness/as-of" in text
    assert '"tests/matrix/.harness"' in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"branch": "ma'in"}, "no name of a branch"),
        ({"branch": "main }}"}, "no name of a branch"),
        ({"requirement": "-e ."}, "no requirement"),
        ({"requirement": "harness; touch x"}, "no requirement"),
    ],
)
def test_what_cannot_be_put_into_it(place: Place, options: dict[str, str], words: str) -> None:
    """Words that would mean something else there."""
    with pytest.raises(UsageError, match=words):
        made(place, **options)


def test_each_service_has_its_limit(place: Place) -> None:
    """Of jobs side by side."""
    assert "--shards 256" in made(place, shards=256)
    with pytest.raises(UsageError, match="gitlab takes 200"):
        made(place, Service.GITLAB, shards=201)


def test_a_matrix_with_an_odd_name(tmp_path: Path) -> None:
    """A path that would have to be quoted three times over is refused."""
    folder = tmp_path / "it's"
    folder.mkdir()
    (tmp_path / ".git").touch()
    (folder / "matrix.toml").touch()
    with pytest.raises(UsageError, match="cannot be named"):
        made(places.find(folder / "matrix.toml", {"HARNESS_CACHE_DIR": str(tmp_path / "cache")}))


class Origin:
    """An installed harness that came from somewhere."""

    version = "1.2.3"

    def __init__(self, origin: object) -> None:
        self.origin = origin

    def read_text(self, name: str) -> str | None:
        """Return its direct_url.json (PEP 610)."""
        return json.dumps(self.origin) if self.origin is not None and name == "direct_url.json" else None


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (None, "harness==1.2.3"),
        ({"url": "file:///work", "dir_info": {"editable": True}}, "."),
        ({"url": "file:///elsewhere", "dir_info": {}}, "harness==1.2.3"),
        (
            {"url": "https://example.org/h.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "harness @ git+https://example.org/h.git@abc",
        ),
    ],
)
def test_what_runs_here_is_installed_there(monkeypatch: pytest.MonkeyPatch, origin: object, expected: str) -> None:
    """From an index, from the repository itself, from a commit."""
    monkeypatch.setattr("harness.workflow.export.distribution", lambda _: Origin(origin))
    assert installed(Path("/work")) == expected
    assert metadata.version("harness")


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    """Unless it is to be replaced; folders are made."""
    path = tmp_path / ".github" / "workflows" / "harness.yml"
    write(path, "first\n", is_forced=False)
    with pytest.raises(UsageError, match="is there already"):
        write(path, "second\n", is_forced=False)
    assert path.read_text() == "first\n"
    write(path, "second\n", is_forced=True)
    assert path.read_text() == "second\n"
    with pytest.raises(UsageError, match="cannot write"):
        write(path / "below", "third\n", is_forced=True)
