"""How the address of a cell's server reaches the settings of an environment of tox's: whole, or not at all."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness.interop.project import settings_chain
from harness.interop.project.files import Files
from harness.interop.tox import servers
from harness.interop.tox.environment import ToxEnvironment
from harness.model.spec import Engine, Injection

LOST = (
    "nothing says how a server's host and port get into the settings, and tests could go to a server of yours:"
    ' a canary of `settings` and inject = "settings" runs them'
)
_URL = "DATABASE_URL"
_PARTS = ("HOST", "PORT", "USER", "PASSWORD", "NAME", "DB")
_PORT = re.compile(r"\bPORT\b")

InForce = Callable[[Sequence[tuple[str, ...]], str, str], str]
"""What says, of commands, the DJANGO_SETTINGS_MODULE that they are given ("" for none) and the folder in which they are
run, which settings module a variable can take the place of; "" where none can, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the project itself says of its settings."""

    in_force: InForce = lambda commands, given, cwd: given
    module: str = ""  # the settings that the rest is about
    aliases: tuple[str, ...] = ("default",)
    is_told: bool = False  # these settings read a whole address from variables: from `env`, or from DATABASE_URL
    env: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How a server's address reaches an environment's settings."""

    env: tuple[tuple[str, str], ...] = ()  # what variables of an address are to be
    inject: Injection = Injection.NONE
    settings: str = ""
    aliases: tuple[str, ...] = ("default",)
    is_lost: bool = False  # it does not


def reach(
    environment: ToxEnvironment,
    engine: Engine,
    commands: Sequence[tuple[str, ...]],
    cwd: str,
    files: Files,
    known: Known,
) -> Reached:
    """Return how the address of a server of *engine* reaches the settings of an environment of the project's *files*.

    *commands* are those that are run in *cwd*.
    """
    given = dict(environment.set_env).get("DJANGO_SETTINGS_MODULE", "")
    if engine is Engine.SQLITE:
        return Reached(settings=given)
    names = (*dict(environment.set_env), *environment.pass_env)
    found = servers.address(engine, _named(names))
    in_force = known.in_force(commands, given, cwd)
    found |= _ports(engine, found, _source(files, given or in_force, cwd))
    env = tuple(sorted(found.items()))
    if _is_whole(found) or any(fnmatch.fnmatchcase(_URL, name) for name in names if name != "*"):
        return Reached(env=env, settings=given)
    if known.is_told and given in ("", known.module):
        return Reached(env=tuple(sorted({**found, **dict(known.env)}.items())), settings=given, aliases=known.aliases)
    if in_force:
        return Reached(env=env, settings=in_force, inject=Injection.SETTINGS, aliases=known.aliases)
    return Reached(env=env, settings=given, is_lost=True)


def _is_whole(found: dict[str, str]) -> bool:
    parts = {value.removeprefix("${HARNESS_DB_").removesuffix("}") for value in found.values()}
    return "URL" in parts or parts >= {"HOST", "PORT"}


def _ports(engine: Engine, found: dict[str, str], source: str) -> dict[str, str]:
    """Return the variables of the port that belongs to a host: one that the settings' *source* reads, else libpq's,
    which is gone by where the settings have no port."""
    hosts = [name for name, value in found.items() if value == "${HARNESS_DB_HOST}"]
    if not hosts or "${HARNESS_DB_PORT}" in found.values():
        return {}
    read = [name for name in (re.sub(r"HOST(?:NAME)?$", "PORT", host) for host in hosts) if _has(source, name)]
    if not read and (engine is not Engine.POSTGRESQL or _PORT.search(source)):
        return {}
    return dict.fromkeys(read or ["PGPORT"], "${HARNESS_DB_PORT}")


def _has(source: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", source) is not None


def _source(files: Files, module: str, cwd: str) -> str:
    """Return what is written in a settings module and in those that it builds on, "" where there is none."""
    if not module:
        return ""
    roots = tuple(dict.fromkeys((posixpath.normpath(cwd).removeprefix("."), "", "src")))
    return "\n".join(map(files.text, settings_chain.chain(files, module, roots).paths))


def _named(names: Iterable[str]) -> Iterable[str]:
    """Yield the variables that names and patterns (`POSTGRES_*`) stand for, as far as they may be of an address."""
    for name in names:
        if name.endswith("_*"):
            yield from (f"{name[:-1]}{part}" for part in _PARTS)
        else:
            yield name
