"""What reproduces one cell outside the harness."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from harness.cells.job import Job
from harness.databases import containers
from harness.databases.images import REPOSITORIES
from harness.model.package import Lock
from harness.model.server import ServerIdentity
from harness.model.spec import DatabaseSpec, Engine, ProjectSpec, ProviderName
from harness.model.wheel import Wheel, without


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnImage:
    """How an image of this repository's is built: a folder with a Dockerfile, and its arguments."""

    folder: Path
    base: str
    packages: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerServer:
    """A server as `docker run` starts it."""

    engine: Engine
    image: str
    data: str  # the folder that is kept in memory
    port: int
    arguments: tuple[str, ...]
    own: OwnImage | None = None

    @property
    def root(self) -> str:
        """Return what the server's administrator is called."""
        return "postgres" if self.engine is Engine.POSTGRESQL else "root"

    @property
    def variable(self) -> str:
        """Return the variable that tells the image its administrator's password."""
        return "POSTGRES_PASSWORD" if self.engine is Engine.POSTGRESQL else "MYSQL_ROOT_PASSWORD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A job with what its commands say about themselves."""

    job: Job
    said: tuple[str, ...] = ()  # what was seen, a line each
    may_build: bool = False  # a package may have to be built from source
    server: DockerServer | None = None  # None for SQLite

    @property
    def name(self) -> str:
        """Return what the folder of the working copy is called."""
        return self.job.canary.path.name

    @property
    def copy(self) -> str:
        """Return where the working copy is, a word of sh."""
        return f'"$work"/{shlex.quote(self.name)}'

    @property
    def project(self) -> ProjectSpec | None:
        """Return what makes the canary a project, None where it is none."""
        return self.job.canary.project

    @property
    def wheel(self) -> Wheel | None:
        """Return what was built of the project, None where it is not installed; its version is the record's."""
        if self.project is None or not self.project.wheels:
            return None
        wheel = self.project.wheels[0][1]
        return replace(wheel, version=self.job.lock.version_of(wheel.name) or wheel.version)

    @property
    def lock(self) -> Lock:
        """Return the packages of the index: the project's own wheel is nowhere to be had."""
        return without(self.job.lock, self.wheel.name) if self.wheel is not None else self.job.lock


def recipe(job: Job, *, said: tuple[str, ...] = (), may_build: bool = False, docker: Path | None = None) -> Recipe:
    """Return the recipe of a job. *docker* is the folder in which this repository's own images are described."""
    return Recipe(job=job, said=said, may_build=may_build, server=_server(job.database, job.server, docker))


def requirements(lock: Lock, *, is_hashed: bool = True) -> str:
    """Return a lock as uv and pip read it, a pin each, with its hashes below it."""
    if not is_hashed:
        return "".join(f"{pin.name}=={pin.version}\n" for pin in lock.pins)
    return "".join(
        " \\\n    ".join((f"{pin.name}=={pin.version}", *(f"--hash={one}" for one in pin.hashes))) + "\n"
        for pin in lock.pins
    )


def _server(database: DatabaseSpec, identity: ServerIdentity, docker: Path | None) -> DockerServer | None:
    engine = database.engine
    if engine is Engine.SQLITE:
        return None
    version = _exact(identity.version) or database.version
    is_docker = identity.provider is ProviderName.DOCKER
    image = identity.source if is_docker and identity.source else f"{REPOSITORIES[engine]}:{version or 'latest'}"
    own = _own(image, docker)
    return DockerServer(
        engine=engine,
        image=image,
        data=containers.data_folder(engine, version, is_own=image.startswith("harness/")),
        port=containers.PORTS[engine],
        arguments=containers.arguments(engine),
        own=own,
    )


def _exact(said: str) -> str:
    """Return the number in a server's answer: MariaDB puts 5.5.5- before it, packagers their words behind."""
    found = re.match(r"\d+(?:\.\d+)*", said.removeprefix("5.5.5-"))
    return found[0] if found else ""


def _own(image: str, docker: Path | None) -> OwnImage | None:
    if docker is None or not (docker / "images.toml").is_file():
        return None
    described = tomllib.loads((docker / "images.toml").read_text(encoding="utf-8")).get(image)
    if described is None:
        return None
    suite = described["suite"]
    base = "debian:sid-slim" if suite == "sid" else f"debian:{suite}-slim"
    return OwnImage(folder=docker / described["folder"], base=base, packages=described["packages"])
