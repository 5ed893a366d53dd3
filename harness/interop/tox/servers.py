"""Which database an environment of tox's is made for, and how its address reaches the project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.interop.tox.environment import ToxEnvironment
from harness.model.spec import DatabaseSpec, Engine

SQLITE = "sqlite-memory"

_VERSIONS = {Engine.POSTGRESQL: "17", Engine.MARIADB: "11.8", Engine.MYSQL: "8.4"}
_NAMES = {Engine.POSTGRESQL: "postgres", Engine.MARIADB: "mariadb", Engine.MYSQL: "mysql"}
_WORDS: tuple[tuple[str, Engine | None], ...] = (  # None: known, and not to be had
    (r"postgis\d?|spatialite|mssql|sqlserver|sql_server|oracle|cockroach\w*|mongodb?|db2|firebird", None),
    (r"postgres(?:ql|ql_psycopg2)?\d*|psql|pg(?:sql)?\d*|psycopg\d?", Engine.POSTGRESQL),
    (r"mariadb\d*", Engine.MARIADB),
    (r"mysql\d*|mysqlclient", Engine.MYSQL),
    (r"sqlite3?", Engine.SQLITE),
)
_DRIVERS = {
    Engine.POSTGRESQL: ("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "psycopg2cffi"),
    Engine.MARIADB: ("mysqlclient", "pymysql", "mysql-connector-python"),
    Engine.MYSQL: ("mysqlclient", "pymysql", "mysql-connector-python"),
    Engine.SQLITE: (),
}
_TOLD_BY = re.compile(r"(?:^|_)(?:DB|DATABASE|DATABASES|BACKEND|ENGINE|DBMS)(?:_|$)|_SETTINGS_MODULE$")
_PARTS = {
    "URL": "URL",
    "URI": "URL",
    "DSN": "URL",
    "HOST": "HOST",
    "HOSTNAME": "HOST",
    "PORT": "PORT",
    "USER": "USER",
    "USERNAME": "USER",
    "PASSWORD": "PASSWORD",
    "PASS": "PASSWORD",
    "PWD": "PASSWORD",
    "NAME": "NAME",
    "DATABASE": "NAME",
    "DBNAME": "NAME",
    "DB": "NAME",
}
_PART = re.compile(rf"(?P<before>[A-Z0-9_]*?)_?(?P<part>{'|'.join(sorted(_PARTS, key=len, reverse=True))})")
_OF_ENGINE = {
    Engine.POSTGRESQL: re.compile(r"(?:^|_)(?:PG|PGSQL|POSTGRES|POSTGRESQL|PSQL)$"),
    Engine.MARIADB: re.compile(r"(?:^|_)(?:MARIADB|MYSQL)$"),
    Engine.MYSQL: re.compile(r"(?:^|_)MYSQL$"),
}
_GENERAL = re.compile(r"(?:^|_)(?:DB|DATABASE|SQL|RDBMS|DATABASE_DEFAULT|DB_DEFAULT)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The database of an environment; *unknown* is the word for one that is not to be had."""

    engine: Engine = Engine.SQLITE
    unknown: str = ""


def server_of(environment: ToxEnvironment) -> Server:
    """Return the database that an environment's name, variables or commands name; SQLite where none does."""
    said = [value for name, value in environment.set_env if _TOLD_BY.search(name)]
    options = [
        word.partition("=")[2] or after
        for line in environment.commands
        for word, after in _pairs(line.split())
        if re.match(r"--(?:database|db|backend|ds|settings|engine)\b", word)
    ]
    for text in (*environment.name.split("-"), *said, *options):
        found = _engine(text)
        if found is not None:
            return found
    return Server()


def _pairs(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    return zip(words, (*words[1:], ""), strict=True)


def _engine(text: str) -> Server | None:
    parts = [part for part in re.split(r"[^a-z0-9]+", text.lower()) if part]
    for pattern, engine in _WORDS:
        word = next((part for part in parts if re.fullmatch(pattern, part)), None)
        if word is not None:
            return Server(engine=engine) if engine is not None else Server(unknown=word)
    return None


def package(requirement: str) -> str:
    """Return the package that a requirement asks for."""
    return str(canonicalize_name(Requirement(requirement).name))


def drivers_in(engine: Engine, requirements: Iterable[Requirement]) -> tuple[str, ...]:
    """Return those of the requirements that are drivers of an engine, as they are written."""
    known = _DRIVERS[engine]
    return tuple(dict.fromkeys(str(one) for one in requirements if canonicalize_name(one.name) in known))


def is_driver(engine: Engine, requirement: Requirement) -> bool:
    """Tell whether a requirement is a driver of an engine."""
    return canonicalize_name(requirement.name) in _DRIVERS[engine]


def database(engine: Engine, drivers: tuple[str, ...], taken: Iterable[DatabaseSpec]) -> DatabaseSpec:
    """Return a database of an engine with these drivers, one of those that there are if it is the same."""
    others = [one for one in taken if one.engine is engine]
    for one in others:
        if one.driver == drivers:
            return one
    version = _VERSIONS[engine]
    name = f"{_NAMES[engine]}-{version}"
    if others:
        name += "-" + (package(drivers[0]) if drivers else "default")
    return DatabaseSpec(name=name, engine=engine, version=version, driver=drivers)


def address(engine: Engine, names: Iterable[str]) -> dict[str, str]:
    """Return, of variables that a project reads its database's address from, what each is to be in a cell.

    DATABASE_URL is what a cell has anyway.
    """
    if engine is Engine.SQLITE:
        return {}
    found = {}
    for name in names:
        part = _PART.fullmatch(name)
        if part and name != "DATABASE_URL" and _is_of(engine, part["before"]):
            found[name] = f"${{HARNESS_DB_{_PARTS[part['part']]}}}"
    return found


def _is_of(engine: Engine, before: str) -> bool:
    return bool(_OF_ENGINE[engine].search(before) or _GENERAL.search(before))
