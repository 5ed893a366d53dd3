"""A server of the user's own, found by the DSN in an environment variable."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.databases.context import Context
from harness.databases.endpoint import Administration, Endpoint
from harness.databases.mysql import MySQL
from harness.databases.names import owner_of
from harness.databases.postgresql import PostgreSQL
from harness.databases.server import RunningServer
from harness.errors import Infrastructure, UsageError
from harness.model.owner import is_expired
from harness.model.server import Absent, ServerIdentity
from harness.model.spec import DatabaseSpec, Engine, ProviderName

SCHEMES = {
    "postgresql": Engine.POSTGRESQL,
    "postgres": Engine.POSTGRESQL,
    "mysql": Engine.MYSQL,
    "mariadb": Engine.MARIADB,
}
PORTS = {Engine.POSTGRESQL: 5432, Engine.MYSQL: 3306, Engine.MARIADB: 3306}


def offer(spec: DatabaseSpec, context: Context) -> UrlOffer | Absent:
    """Offer the server whose DSN is set, once it has said that it is the one asked for."""
    if not spec.url_env:
        return Absent(detail="the database names no variable", remedy='write url_env = "…" and set that variable')
    dsn = context.environ.get(spec.url_env, "")
    if not dsn:
        return Absent(detail=f"${spec.url_env} is not set", remedy=f"set {spec.url_env} to a DSN")
    try:
        endpoint = parse(dsn, spec.engine)
    except UsageError as error:
        return Absent(detail=f"${spec.url_env}: {error.message}", remedy=f"set {spec.url_env} to {error.remedy}")
    administration = administrator(spec.engine, endpoint)
    try:
        said = administration.version()
    except Infrastructure as error:
        return Absent(detail=f"${spec.url_env}: {error.message}", remedy="see that the server runs and lets you in")
    problem = mismatch(spec, said)
    if problem:
        return Absent(detail=f"${spec.url_env}: {problem}", remedy="point it at the right server, or change version")
    where = hashlib.sha256(f"{endpoint.host}:{endpoint.port}".encode()).hexdigest()[:16]
    identity = ServerIdentity(provider=ProviderName.URL, source="url", version=said, digest=where)
    return UrlOffer(identity=identity, administration=administration, url_env=spec.url_env, context=context)


def parse(dsn: str, engine: Engine) -> Endpoint:
    """Read a DSN (``postgresql://user:password@host:port/database``). What is raised never quotes it.

    Raises:
        UsageError: it is no DSN of *engine*; the remedy is what it should look like.
    """
    shape = f"{engine.value}://user:password@host:port/database"
    try:
        parts = urlsplit(dsn)
        port = parts.port
    except ValueError:
        raise UsageError("it is not a DSN", remedy=shape) from None
    named = SCHEMES.get(parts.scheme.partition("+")[0])
    is_relative = {named, engine} == {Engine.MYSQL, Engine.MARIADB}  # both schemes serve for both
    if named is not engine and not is_relative:
        raise UsageError(f"its scheme is not {engine.value}'s", remedy=shape)
    if not parts.hostname or not parts.username:
        raise UsageError("it names no host or no user", remedy=shape)
    return Endpoint(
        host=parts.hostname,
        port=port or PORTS[engine],
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.lstrip("/")),
        options=tuple(parse_qsl(parts.query)),
    )


def mismatch(spec: DatabaseSpec, said: str) -> str:
    """Return why a server that calls itself *said* is not the one asked for; "" if it is."""
    if spec.engine in (Engine.MARIADB, Engine.MYSQL) and ("mariadb" in said.lower()) != (spec.engine is Engine.MARIADB):
        return f"the server is {said}, not {spec.engine.value}"
    exact = re.match(r"[\d.]+", said.removeprefix("5.5.5-"))  # MariaDB's prefix for the sake of old replicas
    if spec.version and f"{exact[0] if exact else ''}.".startswith(f"{spec.version}.") is False:
        return f"the server's version is {said}, not {spec.version}"
    return ""


def administrator(engine: Engine, endpoint: Endpoint) -> Administration:
    """Return who administers an engine's servers."""
    if engine is Engine.POSTGRESQL:
        return PostgreSQL(endpoint=endpoint)
    wants_tls = any(name.startswith("ssl") for name, _ in endpoint.options)
    return MySQL(endpoint=endpoint, is_tls=engine is Engine.MYSQL or wants_tls)


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlOffer:
    """See `harness.model.server.Offer`."""

    identity: ServerIdentity
    administration: Administration
    url_env: str
    context: Context

    @contextlib.contextmanager
    def start(self, *, timeout_s: float) -> Iterator[RunningServer]:  # noqa: ARG002  (it runs already)
        """Sweep what dead runs left on the server; nothing of it is started or stopped.

        Raises:
            Infrastructure: it does not answer.
        """
        with self.context.ledger.databases(self.url_env):
            self._sweep()
            yield RunningServer(
                identity=self.identity,
                version=self.administration.version(),
                owner=self.context.ledger.owner,
                administration=self.administration,
                read_log=lambda: "",
            )

    def _sweep(self) -> None:
        """Drop what belongs to runs that are over: expired by their name, or dead by this machine's ledger."""
        dead = self.context.ledger.dead_owners(self.url_env)
        for role in self.administration.roles():
            owner = owner_of(role)
            if (
                owner
                and owner != self.context.ledger.owner
                and (owner in dead or is_expired(owner, self.context.clock()))
            ):
                self.administration.drop(role)
        for owner in dead:
            self.context.ledger.forget(owner, self.url_env)
