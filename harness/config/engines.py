"""What each kind of database server takes: providers, driver, version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from packaging.requirements import InvalidRequirement, Requirement

from harness.config.document import DatabaseTable
from harness.errors import nearest
from harness.model.spec import Engine, ProviderName

_SQLITE_VERSIONS = ("memory", "file", "name")


def providers_of(table: DatabaseTable) -> tuple[ProviderName, ...]:
    """Return the providers in order of preference; where none are written, all that can serve the engine."""
    if table.providers is not None:
        return tuple(ProviderName(name) for name in table.providers)
    return tuple(name for name in _possible(Engine(table.engine)) if name is not ProviderName.URL or table.url_env)


def driver_of(table: DatabaseTable) -> tuple[str, ...]:
    """Return the requirements of the driver; where none are written, Django's recommendation that has wheels."""
    if table.driver is not None:
        return tuple(table.driver)
    engine = Engine(table.engine)
    match engine:
        case Engine.SQLITE:
            return ()
        case Engine.POSTGRESQL:
            return ("psycopg[binary]",)
        case Engine.MARIADB | Engine.MYSQL:
            return ("pymysql",)
        case _:
            assert_never(engine)


def _possible(engine: Engine) -> tuple[ProviderName, ...]:
    match engine:
        case Engine.SQLITE:
            return (ProviderName.SQLITE,)
        case Engine.POSTGRESQL:
            return (ProviderName.DOCKER, ProviderName.EMBEDDED, ProviderName.URL)
        case Engine.MARIADB | Engine.MYSQL:
            return (ProviderName.DOCKER, ProviderName.URL)
        case _:
            assert_never(engine)


def check_database(name: str, table: DatabaseTable) -> Iterator[str]:
    """Yield a line for each thing that the engine cannot have."""
    place, engine = f"database.{name}", Engine(table.engine)
    possible = _possible(engine)
    for provider in providers_of(table):
        if provider not in possible:
            names = ", ".join(item.value for item in possible)
            yield f"{place}.providers: {provider.value!r} cannot serve {table.engine}; it can be {names}"
    if ProviderName.URL in providers_of(table) and not table.url_env:
        yield f"{place}.url_env: is missing: the provider 'url' needs the name of the environment variable with the DSN"
    if engine is Engine.SQLITE and table.version not in _SQLITE_VERSIONS:
        hint = nearest(table.version, _SQLITE_VERSIONS)
        yield f"{place}.version: {table.version!r} is not one of 'memory', 'file', 'name'{hint}"
    if engine is not Engine.SQLITE and not table.version:
        yield f'{place}.version: is missing: the server\'s major version, such as version = "17"'
    for text in driver_of(table):
        try:
            Requirement(text)
        except InvalidRequirement as error:
            yield f"{place}.driver: {text!r} is not a requirement: {str(error).splitlines()[0]}"
