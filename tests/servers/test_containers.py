"""Servers in containers, for real."""

import os
from typing import Any

import psycopg
import pymysql
import pytest

from harness.databases import offer
from harness.errors import Infrastructure
from harness.model.server import Absent
from harness.model.spec import DatabaseSpec, Engine, ProviderName

pytestmark = pytest.mark.docker

SERVERS = [
    pytest.param(Engine.POSTGRESQL, "15", id="postgres-15"),
    pytest.param(Engine.MARIADB, "10.11", id="mariadb-10.11"),
    pytest.param(Engine.MYSQL, "9.7", id="mysql-9.7"),
]
OPTIONAL = ("9.7",)  # versions whose image nobody must have


@pytest.fixture
def make_offer(context):
    def make(engine: Engine, version: str):
        spec = DatabaseSpec(name="x", engine=engine, version=version, providers=(ProviderName.DOCKER,))
        answer = offer(spec, context=context)
        if isinstance(answer, Absent):
            if os.environ.get("HARNESS_REQUIRE_DOCKER") == "1" and version not in OPTIONAL:
                pytest.fail(answer.detail)
            pytest.skip(answer.detail)
        return answer

    return make


@pytest.fixture
def client():
    import docker

    opened = docker.from_env()
    yield opened
    opened.close()


def connect(entry: Any, name: str = "") -> Any:
    if entry["ENGINE"].endswith("postgresql"):
        return psycopg.connect(
            host=entry["HOST"], port=entry["PORT"], user=entry["USER"], password=entry["PASSWORD"],
            dbname=name or entry["NAME"], autocommit=True,
        )  # fmt: skip
    return pymysql.connect(
        host=entry["HOST"], port=int(entry["PORT"]), user=entry["USER"], password=entry["PASSWORD"],
        database=name or entry["NAME"], autocommit=True,
    )  # fmt: skip


def databases(engine: Engine, endpoint: Any) -> list[str]:
    """Ask the server itself, as its administrator."""
    is_pg = engine is Engine.POSTGRESQL
    entry = {"HOST": endpoint.host, "PORT": endpoint.port, "USER": endpoint.user, "PASSWORD": endpoint.password}
    entry["ENGINE"] = "postgresql" if is_pg else "mysql"
    with connect(entry, "postgres" if is_pg else "mysql") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database" if is_pg else "SHOW DATABASES")
        return [row[0] for row in cursor.fetchall()]


def ours(client: Any, context: Any) -> list[Any]:
    return client.containers.list(
        all=True, ignore_removed=True, filters={"label": f"harness.owner={context.ledger.owner}"}
    )


@pytest.mark.parametrize(("engine", "version"), SERVERS)
def test_a_container_serves_leases_and_goes(make_offer, context, client, engine: Engine, version: str) -> None:
    """Bound to this machine alone, labelled with its owner, isolated by roles, removed on exit."""
    offered = make_offer(engine, version)
    with offered.start(timeout_s=60) as server:
        assert server.version.startswith(f"{offered.identity.version}")
        assert offered.identity.version.startswith(f"{version}.")
        assert server.is_alive()
        (container,) = ours(client, context)
        bindings = [b for bound in container.attrs["NetworkSettings"]["Ports"].values() for b in bound or ()]
        assert "127.0.0.1" in {binding["HostIp"] for binding in bindings}
        assert not {binding["HostIp"] for binding in bindings} & {"0.0.0.0", "::", ""}
        with server.lease("one", ("default", "other")) as one, server.lease("two", ("default",)) as two:
            entry = one["default"]
            test = entry["TEST"]["NAME"]
            with connect(entry) as connection, connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {test}")
                cursor.execute(f"CREATE DATABASE {test}_gw0")
                cursor.execute(f"CREATE DATABASE test_{entry['NAME']}")  # as Django names it where nobody else does
            with connect(entry, f"{test}_gw0") as connection, connection.cursor() as cursor:
                cursor.execute("CREATE TABLE users (id int)")
            with pytest.raises((psycopg.OperationalError, pymysql.err.OperationalError), match="denied"):
                connect(entry, two["default"]["NAME"])
        assert server.administration.roles() == ()
        assert not [name for name in databases(engine, server.administration.endpoint) if "_one_" in name]
        assert "ready" in server.log_tail()
    assert ours(client, context) == []


@pytest.mark.parametrize(("engine", "version"), SERVERS)
def test_a_container_that_was_removed_is_not_alive(make_offer, context, client, engine: Engine, version: str) -> None:
    """It says so when asked; leaving the block is quiet."""
    with make_offer(engine, version).start(timeout_s=60) as server:
        (container,) = ours(client, context)
        container.remove(force=True, v=True)
        assert not server.is_alive()
        with pytest.raises(Infrastructure), server.lease("late", ("default",)):
            pass


def test_a_container_that_ends_at_once_says_why(make_offer, context, client) -> None:
    """A start that fails carries the container's last lines and leaves nothing."""
    offered = make_offer(Engine.POSTGRESQL, "15")
    from harness.databases import containers

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(containers, "_POSTGRESQL", ("no_such_setting=on",))
        with pytest.raises(Infrastructure, match="no_such_setting"), offered.start(timeout_s=10):
            pass
    assert ours(client, context) == []


def test_an_image_that_nobody_has_is_absent(make_offer, context) -> None:
    """Reason and remedy name the image."""
    make_offer(Engine.POSTGRESQL, "15")
    spec = DatabaseSpec(
        name="x",
        engine=Engine.POSTGRESQL,
        version="15",
        images=("harness/none-such:1",),
        providers=(ProviderName.DOCKER,),
    )
    answer = offer(spec, context=context)
    assert isinstance(answer, Absent)
    assert answer.detail == "docker: image harness/none-such:1 is not built"
    assert answer.remedy == "make harness/none-such:1 available to Docker, or name another image or provider"


STOCK = [("harness/postgres:15", Engine.POSTGRESQL), ("harness/mariadb:10.11", Engine.MARIADB)]


@pytest.mark.parametrize(("image", "engine"), STOCK)
def test_our_images_are_driven_like_official_ones(make_offer, ledger, image: str, engine: Engine) -> None:
    """testcontainers' stock classes start them unmodified: the same variables, the same lines in the log."""
    make_offer(engine, image.partition(":")[2])
    from testcontainers.community.mysql import MySqlContainer
    from testcontainers.community.postgres import PostgresContainer
    from testcontainers.core.config import testcontainers_config

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testcontainers_config, "max_tries", 300)
        patch.setattr(testcontainers_config, "sleep_time", 0.1)
        patch.setattr(testcontainers_config, "ryuk_disabled", True)
        stock: Any = PostgresContainer if engine is Engine.POSTGRESQL else MySqlContainer
        labels = {"harness.owner": ledger.owner}
        container = stock(image, username="o-ne", password="p'w\\d", dbname="d-b", labels=labels)
        container.ports = dict.fromkeys(container.ports, ("127.0.0.1", None))
        with ledger.container(image), container:
            (port,) = container.ports
            entry = {"ENGINE": engine.value, "HOST": "127.0.0.1", "PORT": container.get_exposed_port(port)}
            entry |= {"USER": "o-ne", "PASSWORD": "p'w\\d", "NAME": "d-b"}
            with connect(entry) as connection, connection.cursor() as cursor:
                cursor.execute("CREATE TABLE t (x int)")
