"""A throw-away server in a container, as lines of sh."""

from __future__ import annotations

import shlex

from harness.cells.outside import databases
from harness.cells.outside.recipe import DockerServer, Recipe
from harness.model.spec import Engine

TRIES = 120
PREFIX = "repro"
"""The user, its password and what names of databases begin with, in a container of the script's own."""


def lines(recipe: Recipe, *, build: str) -> list[str]:
    """Return the lines that start a server, unless one is at hand, and set the variables that say where it is.

    *build* is a command that makes the image where it is not there, "" where it can be pulled.
    """
    server = recipe.server
    assert server is not None
    inside = _lines(recipe, server, build)
    return [
        'if [ -z "${REPRO_HOST-}" ]; then',
        *(f"    {line}" for line in inside),
        "fi",
        *_defaults(server),
        'escaped=$(printf %s "$REPRO_PASSWORD" | sed \'s/[\\\\"]/\\\\&/g\')',
    ]


def _defaults(server: DockerServer) -> list[str]:
    values = zip(databases.VARIABLES[1:], (server.port, PREFIX, PREFIX, PREFIX), strict=True)
    return [" ".join([":", *(f'"${{{name}:={value}}}"' for name, value in values)])]


def _lines(recipe: Recipe, server: DockerServer, build: str) -> list[str]:
    absent = f"neither a docker command nor REPRO_HOST, for a {server.engine.value} server at hand"
    found = [
        f"command -v docker >/dev/null 2>&1 || fail '{absent}'",
        f'[ -n "${{REPRO_IMAGE-}}" ] || REPRO_IMAGE={shlex.quote(server.image)}',
    ]
    if build:
        found.append(
            f"docker image inspect \"$REPRO_IMAGE\" >/dev/null 2>&1 || {build} || fail 'the image could not be built'"
        )
    ask = _client(server.engine, server.root)
    return [
        *found,
        "server=repro-$$-$(date +%s)",
        f'docker run --detach --rm --name "$server" --tmpfs {server.data}:rw,size=2g -p 127.0.0.1::{server.port} \\',
        f'    -e {server.variable}={PREFIX} ${{REPRO_DOCKER_ARGS-}} "$REPRO_IMAGE" \\',
        f"    {shlex.join(server.arguments)} >/dev/null || fail 'the server did not start'",
        f"tries={TRIES}",
        f"until {ask} {_word(server.engine)} 'SELECT 1' >/dev/null 2>&1; do",
        "    tries=$((tries - 1))",
        '    [ "$tries" -gt 0 ] || { docker logs "$server" >&2; fail \'the server does not answer\'; }',
        "    sleep 1",
        "done",
        *_created(recipe, server.engine, ask),
        "REPRO_HOST=127.0.0.1",
        f"REPRO_PORT=$(docker port \"$server\" {server.port}/tcp | sed -n '1s/.*://p')",
    ]


def _client(engine: Engine, user: str) -> str:
    """Return the beginning of a command that lets the image's own client ask over TCP, which is there last."""
    if engine is Engine.POSTGRESQL:
        where = f"-h 127.0.0.1 -U {user} -d postgres"
        return f'docker exec -e PGPASSWORD={PREFIX} "$server" psql -q -v ON_ERROR_STOP=1 {where}'
    # by its name: root@127.0.0.1, where there is one, is another than the root@% whose password was given
    client = 'exec "$(command -v mariadb || command -v mysql)" -h "$HOSTNAME" "$@"'
    return f"docker exec -e MYSQL_PWD={PREFIX} \"$server\" sh -c '{client}' - -u {user}"


def _word(engine: Engine) -> str:
    return "-c" if engine is Engine.POSTGRESQL else "-e"


def _created(recipe: Recipe, engine: Engine, ask: str) -> list[str]:
    """Return what makes a user who may create databases, as a cell has, and its databases."""
    made = [f"{PREFIX}_{name}" for _, name in databases.names(recipe.job)]
    if engine is Engine.POSTGRESQL:
        statements = [
            f"CREATE ROLE {PREFIX} LOGIN CREATEDB NOSUPERUSER PASSWORD '{PREFIX}'",
            *(f"CREATE DATABASE {name} OWNER {PREFIX} TEMPLATE template0" for name in made),
        ]
        words = " ".join(f"-c {_doubly(statement)}" for statement in statements)
        return [f"{ask} {words} || fail 'the databases could not be created'"]
    statements = [
        f'CREATE USER "{PREFIX}"@"%" IDENTIFIED BY "{PREFIX}"',
        f'GRANT ALL PRIVILEGES ON `{PREFIX}\\_%`.* TO "{PREFIX}"@"%"',
        *(f"CREATE DATABASE {name} CHARACTER SET utf8mb4" for name in made),
    ]
    again = _client(engine, PREFIX)  # once over TLS: from then on MySQL knows the password's digest
    return [
        f"{ask} -e {shlex.quote('; '.join(statements))} || fail 'the databases could not be created'",
        f"{again} -e 'SELECT 1' >/dev/null || fail 'the user is not let in'",
    ]


def _doubly(statement: str) -> str:
    return f'"{statement}"'
