"""Which Docker image serves a database: the ones asked for, this repository's own, the official one."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from harness.errors import Infrastructure
from harness.model.spec import DatabaseSpec, Engine

PULL_S = 120
ANSWER_S = 30
DEFAULT_SOCKET = "/var/run/docker.sock"
HASH_LABEL, VERSION_LABEL = "harness.hash", "harness.server-version"
REPOSITORIES = {Engine.POSTGRESQL: "postgres", Engine.MARIADB: "mariadb", Engine.MYSQL: "mysql"}
VERSION_VARIABLES = ("PG_VERSION", "MARIADB_VERSION", "MYSQL_VERSION")

_pull_lock = threading.Lock()
_failed_pulls: dict[str, str] = {}  # an image is asked for once per process


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that is here."""

    name: str
    is_own: bool
    version: str  # of the server in it, as exact as the image says
    digest: str


def engine_problem(environ: Mapping[str, str]) -> str:
    """Return why no Docker engine can be reached, "" if one may be: a look at its socket, without Docker's library."""
    where = urlsplit(environ.get("DOCKER_HOST", "") or f"unix://{DEFAULT_SOCKET}")
    if where.scheme != "unix":
        return ""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(where.path)
        except OSError as error:
            return f"no Docker engine answers at {where.path} ({error.strerror or error})"
    return ""


@contextlib.contextmanager
def _closing(client: Any) -> Any:
    try:
        yield client
    finally:
        client.close()


def connect(environ: Mapping[str, str]) -> Any:
    """Return a context manager with a client of the engine that *environ* names.

    Raises:
        Infrastructure: none answers.
    """
    import docker  # 0.2 s that runs without containers do not spend
    from docker.errors import DockerException

    try:
        client = docker.client.DockerClient.from_env(  # type: ignore[no-untyped-call]  # the library has no types
            timeout=ANSWER_S, environment=dict(environ)
        )
        client.ping()
    except (DockerException, OSError) as error:
        raise Infrastructure(f"no Docker engine answers: {error}") from error
    return _closing(client)


def candidates(spec: DatabaseSpec) -> tuple[str, ...]:
    """Return the images to look for, in order. The first is never pulled: it is built here."""
    if spec.images:
        return spec.images
    repository = REPOSITORIES[spec.engine]
    return (f"harness/{repository}:{spec.version}", f"{repository}:{spec.version}")


def resolve(spec: DatabaseSpec, client: Any, *, may_pull: bool) -> Image | str:
    """Return the image for a database, pulled if it must be, or why there is none."""
    names = candidates(spec)
    for name in names:
        image = _local(name, client)
        if image is not None:
            return _describe(name, image, spec)
    reasons = []
    for name in names:
        if name.startswith("harness/"):
            reasons.append(f"image {name} is not built")
        elif not may_pull:
            reasons.append(f"image {name} is not here, and the network is off")
        else:
            problem = pull(name, client)
            image = None if problem else _local(name, client)
            if image is not None:
                return _describe(name, image, spec)
            reasons.append(f"image {name} unavailable: {problem}")
    return "; ".join(reasons)


def pull(name: str, client: Any) -> str:
    """Pull an image within `PULL_S` seconds, once per process; return why it failed, "" if it did not."""
    from docker.errors import DockerException

    with _pull_lock:
        if name in _failed_pulls:
            return _failed_pulls[name]
        outcome: list[str] = []

        def work() -> None:
            try:
                repository, _, tag = name.rpartition(":")
                client.images.pull(repository, tag=tag)
            except (DockerException, OSError) as error:
                outcome.append(str(getattr(error, "explanation", "") or error)[:200])
            else:
                outcome.append("")

        thread = threading.Thread(target=work, daemon=True)  # the library cannot be told to give up
        thread.start()
        thread.join(PULL_S)
        problem = outcome[0] if outcome else f"not pulled within {PULL_S} s"
        if problem:
            _failed_pulls[name] = problem
        return problem


def is_local(name: str, client: Any) -> bool:
    """Tell whether an image is here."""
    return _local(name, client) is not None


def _local(name: str, client: Any) -> Any:
    from docker.errors import ImageNotFound

    try:
        return client.images.get(name)
    except ImageNotFound:
        return None


def _describe(name: str, image: Any, spec: DatabaseSpec) -> Image:
    labels = image.labels or {}
    variables = dict(item.partition("=")[::2] for item in image.attrs["Config"].get("Env") or ())
    said = labels.get(VERSION_LABEL) or next((variables[key] for key in VERSION_VARIABLES if key in variables), "")
    exact = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", said)
    is_own = HASH_LABEL in labels
    return Image(
        name=name,
        is_own=is_own,
        version=exact[1] if exact else spec.version,
        # An own image that is built again from the same files and packages gives the same answers.
        digest=f"dockerfile:{labels[HASH_LABEL]} package:{labels.get(VERSION_LABEL, '')}" if is_own else str(image.id),
    )


def is_in_container() -> bool:
    """Tell whether we run inside a container, where 127.0.0.1 need not be the engine's."""
    return os.path.exists("/.dockerenv")  # noqa: PTH110  (a fixed path, asked once)
