"""Which databases a project can be run on, and how a cell's database gets into it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from harness.interop.matrix_toml import name_of
from harness.interop.project import hints
from harness.interop.project.databases import PARTS, Entry, How
from harness.interop.project.files import Files
from harness.interop.project.question import Ask, Question
from harness.model.spec import DatabaseSpec, Engine, Injection

SQLITE = "sqlite-memory"
_NEWEST = {Engine.POSTGRESQL: "17", Engine.MARIADB: "11.4", Engine.MYSQL: "8.4"}
_IMAGES = {Engine.POSTGRESQL: ("postgres", "postgis"), Engine.MARIADB: ("mariadb",), Engine.MYSQL: ("mysql",)}
_NEEDED = frozenset({"NAME", "USER", "PASSWORD", "HOST", "PORT"})
"""The parts that a server of one's own decides."""
_MYSQL_DRIVERS = frozenset({"mysqlclient", "pymysql"})
_POSTGRESQL_DRIVERS = frozenset("psycopg psycopg-binary psycopg-c psycopg2 psycopg2-binary".split())  # noqa: SIM905
_NEEDS_BUILD = frozenset({"psycopg2", "mysqlclient"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What decides, beside the settings."""

    files: Files
    packages: frozenset[str]  # names of all that the project requires
    settings: str  # the settings module, empty where none is known
    needs_postgresql: str  # a file that needs it, whatever the settings say; empty if none does


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The `database` axis, its tables, and what the canary is told."""

    databases: tuple[DatabaseSpec, ...]  # in the axis's order, SQLite included
    because: str
    aliases: tuple[str, ...] = ("default",)
    inject: Injection = Injection.NONE
    inject_because: str = ""
    env: tuple[tuple[str, str], ...] = ()
    env_because: str = ""
    allow_build: tuple[str, ...] = ()
    left: tuple[str, ...] = field(default=())


def decide(entries: Sequence[Entry], context: Context, ask: Ask) -> Reach:
    """Return how a project's databases are reached."""
    own = [entry for entry in entries if not entry.is_mirror]
    aliases = tuple(
        sorted({entry.alias for entry in own} or {"default"}, key=lambda alias: (alias != "default", alias))
    )
    where = ", ".join(dict.fromkeys(f"{entry.path}:{entry.line}" for entry in own[:3]))
    if not own:
        because = f"{context.settings or 'the project'} names no database that could be read"
        return _reach([Engine.SQLITE], because, context, aliases=aliases)
    by_alias = [[entry for entry in own if entry.alias == alias] for alias in aliases]
    urls = [next((e for e in found if e.how is How.URL and e.is_certain), None) for found in by_alias]
    if all(urls):
        return _by_url([entry for entry in urls if entry is not None], own, where, aliases, context)
    if all(len(found) == 1 and _is_told_apart(found[0]) for found in by_alias):
        return _by_variables([found[0] for found in by_alias], where, aliases, context)
    engines = list(dict.fromkeys(engine for entry in own for engine in entry.engines))
    if engines == [Engine.SQLITE] and all(entry.how in (How.WRITTEN, How.VARIABLES) for entry in own):
        return _reach(engines, f"{where}: DATABASES is SQLite", context, aliases=aliases)
    return _by_injection(own, engines, where, aliases, context, ask)


def with_others(reached: Reach, others: Sequence[Entry]) -> Reach:
    """Return what was decided, with a word on databases that the settings choose only where a variable is set."""
    known = {item.engine for item in reached.databases}
    lines = tuple(
        f"{entry.path}:{entry.line}: {engine.value} is chosen by a variable: a canary with that in `env`,"
        ' or inject = "settings", runs on it'
        for entry in others
        for engine in entry.engines
        if engine not in known and not (engine is Engine.MYSQL and Engine.MARIADB in known)
    )
    return replace(reached, left=(*reached.left, *dict.fromkeys(lines)))


def _is_told_apart(entry: Entry) -> bool:
    """Tell whether variables say all that a server decides, unconditionally."""
    told = {part for part, _ in entry.variables}
    return (
        entry.how is How.VARIABLES and entry.is_certain and told >= _NEEDED and bool(entry.engines or "ENGINE" in told)
    )


def _by_url(
    urls: Sequence[Entry], own: Sequence[Entry], where: str, aliases: tuple[str, ...], context: Context
) -> Reach:
    engines = {engine for entry in own for engine in entry.engines}
    if context.packages & _POSTGRESQL_DRIVERS:
        engines.add(Engine.POSTGRESQL)
    if context.packages & _MYSQL_DRIVERS:
        engines.add(Engine.MYSQL)
    env = [
        (dict(entry.variables)["URL"], "${HARNESS_DB_URL}" if entry.alias == "default" else _named(entry.alias, "URL"))
        for entry in urls
    ]
    names = ", ".join(name for name, _ in env)
    return _reach(
        [Engine.SQLITE, *engines],
        f"{where}: DATABASES is read from {names}, and these drivers are among the requirements",
        context,
        aliases=aliases,
        env=tuple(item for item in env if item != ("DATABASE_URL", "${HARNESS_DB_URL}")),  # every cell has that one
        env_because=where,
    )


def _by_variables(entries: Sequence[Entry], where: str, aliases: tuple[str, ...], context: Context) -> Reach:
    engines = {engine for entry in entries for engine in entry.engines}
    if any("ENGINE" in dict(entry.variables) for entry in entries):
        engines |= {Engine.SQLITE}
        engines |= {Engine.POSTGRESQL} if context.packages & _POSTGRESQL_DRIVERS else set()
    env = tuple(
        (name, _named(entry.alias, part)) for entry in entries for part, name in entry.variables if part in PARTS
    )
    because = f"{where}: DATABASES is read from {', '.join(name for name, _ in env)}"
    return _reach(list(engines), because, context, aliases=aliases, env=env, env_because=where)


def _named(alias: str, part: str) -> str:
    infix = "" if alias == "default" else f"{re.sub(r'[^A-Z0-9]', '_', alias.upper())}_"
    return f"${{HARNESS_DB_{infix}{part}}}"


def _by_injection(
    own: Sequence[Entry],
    engines: list[Engine],
    where: str,
    aliases: tuple[str, ...],
    context: Context,
    ask: Ask,
) -> Reach:
    because = f"{where}: the engines of DATABASES"
    assumed: tuple[str, ...] = ()
    if not engines:
        engines, because, assumed = _asked(own, where, context, ask)
    if not context.settings:
        made = _reach(engines, because, context, aliases=aliases)
        words = f"{where}: DATABASES cannot be replaced, as no settings module is known: tests use what stands there"
        return replace(made, left=(words, *assumed, *made.left))
    kinds = ", ".join(dict.fromkeys(entry.how.value for entry in own))
    made = _reach(
        engines,
        because,
        context,
        aliases=aliases,
        inject=Injection.SETTINGS,
        inject_because=f"{where}: DATABASES is {kinds}, so a cell's database is put in its place",
        is_sqlite_meant=any(Engine.SQLITE in entry.engines for entry in own),
    )
    return replace(made, left=(*assumed, *made.left))


def _asked(own: Sequence[Entry], where: str, context: Context, ask: Ask) -> tuple[list[Engine], str, tuple[str, ...]]:
    """Ask for the engine where DATABASES does not tell it; return it, why it is that one, and what is to be looked at:
    the answer that was offered may be nobody's."""
    default = Engine.POSTGRESQL if context.packages & _POSTGRESQL_DRIVERS else Engine.SQLITE
    backend = next((f" ({entry.backend})" for entry in own if entry.backend), "")
    question = Question(
        text=f"{where} does not tell the kind of database{backend}. Which one do the tests need?",
        default=default.value,
        choices=tuple(engine.value for engine in Engine),
    )
    answer = Engine(ask(question))
    if answer.value != question.default:
        return [answer], f"{where} does not tell the kind of database: as you said", ()
    words = f"{where} does not tell the kind of database: {answer.value} was assumed"
    return [answer], words, (f"{words}{backend}",)


def _reach(
    engines: Sequence[Engine],
    because: str,
    context: Context,
    *,
    aliases: tuple[str, ...],
    inject: Injection = Injection.NONE,
    inject_because: str = "",
    env: tuple[tuple[str, str], ...] = (),
    env_because: str = "",
    is_sqlite_meant: bool = False,
) -> Reach:
    wanted = set(engines)
    if context.needs_postgresql and Engine.POSTGRESQL in wanted and not is_sqlite_meant:
        wanted = {Engine.POSTGRESQL}
        because += f"; {context.needs_postgresql} needs PostgreSQL"
    if Engine.MYSQL in wanted and hints.names_engine(context.files, Engine.MARIADB):
        wanted = (wanted - {Engine.MYSQL}) | {Engine.MARIADB}
    found = [_spec(engine, context) for engine in Engine if engine in wanted]
    return Reach(
        databases=tuple(spec for spec, _ in found),
        because="; ".join([because, *(words for _, words in found if words)]),
        aliases=aliases,
        inject=inject,
        inject_because=inject_because,
        env=env,
        env_because=env_because,
        allow_build=tuple(sorted({name for spec, _ in found for name in spec.driver} & _NEEDS_BUILD)),
        left=tuple(_left(wanted)),
    )


def _spec(engine: Engine, context: Context) -> tuple[DatabaseSpec, str]:
    """Return the database of an engine, with the version that the project's other files name, and which file does."""
    if engine is Engine.SQLITE:
        return DatabaseSpec(name=SQLITE, engine=engine), ""
    version, path = hints.server_version(context.files, *_IMAGES[engine])
    if engine is Engine.POSTGRESQL:
        version = version.partition(".")[0] if not version.startswith("9") else version
    words = f"{path} names version {version}" if version else ""
    version = version or _NEWEST[engine]
    spec = DatabaseSpec(name=name_of(engine, version), engine=engine, version=version, driver=_driver(engine, context))
    return spec, words


def _driver(engine: Engine, context: Context) -> tuple[str, ...]:
    """Return the driver that the project uses where it is not what the harness would take."""
    names = context.packages
    match engine:
        case Engine.POSTGRESQL:
            is_old = bool(names & {"psycopg2", "psycopg2-binary"}) and "psycopg" not in names
            return ("psycopg2" if "psycopg2" in names else "psycopg2-binary",) if is_old else ()
        case Engine.MARIADB | Engine.MYSQL:
            return ("mysqlclient",) if "mysqlclient" in names else ()
        case Engine.SQLITE:
            return ()
        case _:
            assert_never(engine)


def _left(engines: set[Engine]) -> Iterator[str]:
    if engines & {Engine.MYSQL, Engine.MARIADB}:
        yield "MySQL and MariaDB need Docker, or a server of yours: docs/matrix.md, `providers`"
