"""Which image serves a database, as far as no engine is needed."""

import socket
import tempfile
from pathlib import Path

from harness.databases import images
from harness.model.spec import DatabaseSpec, Engine


def test_own_images_come_before_official_ones() -> None:
    """Own tags never shadow an official name."""
    spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="17")
    assert images.candidates(spec) == ("harness/postgres:17", "postgres:17")


def test_images_that_are_asked_for_come_alone() -> None:
    """Who names images wants these."""
    spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="17", images=("postgis/postgis:17-3.5",))
    assert images.candidates(spec) == ("postgis/postgis:17-3.5",)


def test_a_socket_that_answers_is_no_problem() -> None:
    """The first look costs a connection, not Docker's library."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        path = Path(folder) / "s"
        server.bind(str(path))
        assert "no Docker engine answers" in images.engine_problem({"DOCKER_HOST": f"unix://{path}"})
        server.listen()
        assert images.engine_problem({"DOCKER_HOST": f"unix://{path}"}) == ""


def test_every_server_engine_has_a_repository() -> None:
    """SQLite alone has no image."""
    assert set(images.REPOSITORIES) == set(Engine) - {Engine.SQLITE}
