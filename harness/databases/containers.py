"""Servers in Docker containers, by testcontainers.

Its generic container is used: its database classes wait for a line of a log or for a client in the container, blind to
a container that has ended. We wait for our first query; images that initialise do not listen on a port until they have.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from harness import ledger
from harness.databases import images
from harness.databases.context import Context
from harness.databases.endpoint import Endpoint
from harness.databases.images import Image
from harness.databases.server import RunningServer
from harness.databases.url import administrator
from harness.errors import Infrastructure
from harness.model.server import Absent, ServerIdentity
from harness.model.spec import DatabaseSpec, Engine, ProviderName

POLL_S = 0.1
LOG_LINES = 20
PORTS = {Engine.POSTGRESQL: 5432, Engine.MARIADB: 3306, Engine.MYSQL: 3306}
_POSTGRESQL = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=200",
    "jit=off",
)
_INNODB = (
    "innodb-flush-log-at-trx-commit=0",
    "innodb-doublewrite=0",
    "sync-binlog=0",
    "skip-log-bin",
    "skip-name-resolve",
)
SETTINGS = {Engine.POSTGRESQL: _POSTGRESQL, Engine.MARIADB: _INNODB, Engine.MYSQL: _INNODB}


def arguments(engine: Engine) -> tuple[str, ...]:
    """Return what a container of an engine's is started with: durability is off."""
    if engine is Engine.POSTGRESQL:
        return ("postgres", *(part for item in _POSTGRESQL for part in ("-c", item)))
    return tuple(f"--{item}" for item in SETTINGS[engine])


def data_folder(engine: Engine, version: str, *, is_own: bool) -> str:
    """Return where an image of a server keeps its data."""
    if engine is not Engine.POSTGRESQL:
        return "/var/lib/mysql"
    is_late = int(version.partition(".")[0] or 0) >= 18 and not is_own
    return "/var/lib/postgresql" if is_late else "/var/lib/postgresql/data"  # where official images keep it


def offer(spec: DatabaseSpec, context: Context) -> ContainerOffer | Absent:
    """Offer a container if an engine answers and an image is to be had."""
    if spec.engine is Engine.SQLITE:
        return Absent(detail="SQLite needs no server", remedy='write providers = ["sqlite"]')
    without_docker = "start Docker, or name another provider"
    problem = images.engine_problem(context.environ)
    if problem:
        return Absent(detail=problem, remedy=without_docker)
    try:
        with images.connect(context.environ) as client:
            image = images.resolve(spec, client, may_pull=context.is_network_allowed)
    except Infrastructure as error:
        return Absent(detail=error.message, remedy=without_docker)
    if isinstance(image, str):
        wanted = images.candidates(spec)[-1]
        return Absent(detail=image, remedy=f"make {wanted} available to Docker, or name another image or provider")
    identity = ServerIdentity(
        provider=ProviderName.DOCKER,
        source=image.name,
        version=image.version,
        digest=image.digest,
        settings=" ".join(SETTINGS[spec.engine]),
    )
    return ContainerOffer(identity=identity, image=image, engine=spec.engine, context=context)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerOffer:
    """See `harness.model.server.Offer`."""

    identity: ServerIdentity
    image: Image
    engine: Engine
    context: Context

    @contextlib.contextmanager
    def start(self, *, timeout_s: float) -> Iterator[RunningServer]:
        """Start a container, its port bound to 127.0.0.1, its data in memory.

        Raises:
            Infrastructure: it did not answer within *timeout_s*; the message carries its last log lines.
        """
        deadline = time.monotonic() + timeout_s
        last_words: list[str] = []
        with self.context.ledger.container(self.image.name), self._container() as (container, password):
            endpoint = self._reach(container, password, deadline)
            administration = administrator(self.engine, endpoint)
            try:
                yield RunningServer(
                    identity=self.identity,
                    version=administration.version(),
                    owner=self.context.ledger.owner,
                    administration=administration,
                    read_log=lambda: last_words[0] if last_words else _log(container),
                )
            finally:
                last_words.append(_log(container))

    @contextlib.contextmanager
    def _container(self) -> Iterator[tuple[Any, str]]:
        """Give a started container and its administrator's password; removed on exit, also from a half-way start."""
        from docker.errors import DockerException
        from testcontainers.core.config import testcontainers_config as settings

        settings.ryuk_disabled = not self._has_ryuk(settings.ryuk_image)
        password = secrets.token_urlsafe(18)
        try:
            container = self._prepare(password)
        except (DockerException, OSError) as error:
            raise Infrastructure(f"no Docker engine answers: {error}") from error
        try:
            try:
                container.start()
            except (DockerException, TimeoutError, RuntimeError, OSError) as error:
                said = str(getattr(error, "explanation", "") or error).replace(password, "***")[:500]
                raise Infrastructure(f"container of {self.image.name}: {said}\n{_log(container)}") from error
            yield container, password
        finally:
            with contextlib.suppress(DockerException, OSError):  # removed already: by the sweep, or by hand
                container.stop()

    def _prepare(self, password: str) -> Any:
        from testcontainers.core.container import DockerContainer

        port = PORTS[self.engine]
        labels = {
            ledger.OWNER_LABEL: self.context.ledger.owner,
            "harness.boot": ledger.boot_id(),
            "harness.pid": str(os.getpid()),
            "harness.ticks": ledger.start_ticks(os.getpid()),
            "harness.image": self.image.name,
        }
        container = DockerContainer(
            self.image.name, labels=labels, docker_client_kw={"environment": dict(self.context.environ)}
        )
        if self.engine is Engine.POSTGRESQL:
            container.with_envs(POSTGRES_USER="postgres", POSTGRES_PASSWORD=password, POSTGRES_DB="postgres")
        else:
            container.with_envs(MYSQL_ROOT_PASSWORD=password)
        container.with_command(list(arguments(self.engine)))
        container.tmpfs[data_folder(self.engine, self.image.version, is_own=self.image.is_own)] = "rw,size=2g"
        container.ports.clear()
        container.ports[f"{port}/tcp"] = self._bindings()
        return container

    def _bindings(self) -> Any:
        """Return the addresses to listen on, a free port each: this machine's own, and no other, where it can be."""
        host = self.context.environ.get("DOCKER_HOST", "")
        if host and urlsplit(host).scheme != "unix":
            return None  # another machine's engine: its own loopback could not be reached from here
        bindings = [("127.0.0.1", None)]
        if images.is_in_container():
            with images.connect(self.context.environ) as client:
                bindings += [(gateway, None) for gateway in _gateways(client)]
        return bindings

    def _reach(self, container: Any, password: str, deadline: float) -> Endpoint:
        """Return the address at which the server lets us in; inside a container 127.0.0.1 may be somebody else's."""
        from docker.errors import DockerException

        port, user = PORTS[self.engine], "postgres" if self.engine is Engine.POSTGRESQL else "root"
        wrapped = container.get_wrapped_container()
        last, found = "", None
        while True:
            try:
                wrapped.reload()
            except (DockerException, OSError) as error:
                raise Infrastructure(f"container of {self.image.name} is gone: {error}") from error
            for host, number in _addresses(wrapped.attrs["NetworkSettings"], port, self.context.environ):
                endpoint = Endpoint(host=host, port=number, user=user, password=password)
                if endpoint == found:
                    return found  # once more and still nothing more local: it was not a matter of the moment
                problem = _knock(self.engine, endpoint)
                if not problem:
                    found = endpoint
                    break
                last = problem
            if found is not None and found.host == "127.0.0.1":
                return found
            if wrapped.status in ("exited", "dead"):
                raise Infrastructure(f"container of {self.image.name} ended while it started:\n{_log(container)}")
            if time.monotonic() > deadline:
                raise Infrastructure(f"container of {self.image.name} does not answer: {last}\n{_log(container)}")
            if self.context.cancel.wait(POLL_S):
                self.context.cancel.check()

    def _has_ryuk(self, image: str) -> bool:
        with images.connect(self.context.environ) as client:
            return images.is_local(image, client)


def _knock(engine: Engine, endpoint: Endpoint) -> str:
    """Return why a server does not let us in at an address; "" if it does."""
    try:
        with socket.create_connection((endpoint.host, endpoint.port), timeout=2):
            administrator(engine, endpoint).version()
    except Infrastructure as error:
        return error.message
    except OSError as error:
        return f"{endpoint.host}:{endpoint.port}: {error.strerror or error}"
    return ""


def _gateways(client: Any) -> list[str]:
    """Return the engine's own addresses on its default network; none where it has no such network."""
    from docker.errors import DockerException

    try:
        network = client.networks.get("bridge")
    except (DockerException, OSError):
        return []
    return [item["Gateway"] for item in network.attrs["IPAM"]["Config"] or () if ":" not in item.get("Gateway", ":")]


def _addresses(network: Any, port: int, environ: Any) -> list[tuple[str, int]]:
    """Return where a container may be reached, most local first."""
    remote = urlsplit(environ.get("DOCKER_HOST", "")).hostname
    found = []
    for binding in (network.get("Ports") or {}).get(f"{port}/tcp") or ():
        host = remote or (binding["HostIp"] if binding["HostIp"] not in ("", "0.0.0.0", "::") else "127.0.0.1")  # noqa: S104
        found.append((host, int(binding["HostPort"])))
    found += [(item["IPAddress"], port) for item in (network.get("Networks") or {}).values() if item.get("IPAddress")]
    return sorted(set(found), key=lambda address: (address[0] != "127.0.0.1", address))


def _log(container: Any) -> str:
    """Return the last lines of both streams; "" when the container is gone."""
    from docker.errors import DockerException

    try:
        wrapped = container.get_wrapped_container()
        return str(wrapped.logs(tail=LOG_LINES).decode(errors="replace")) if wrapped is not None else ""
    except (DockerException, OSError):
        return ""
