"""Isolated database servers that stand in for those of a project's settings."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from harness.databases.context import Context
from harness.databases.endpoint import Imitated
from harness.databases.providers import offer
from harness.databases.server import RunningServer
from harness.doctor.inspection import DatabaseEntry, Inspection
from harness.errors import UsageError
from harness.ledger import Ledger
from harness.model.server import Absent
from harness.model.spec import DatabaseSpec, Engine, ProviderName
from harness.packages.uv import find_uv
from harness.process import Cancel

START_S = 120
DEFAULT_POSTGRESQL = "17"
DEFAULT_MARIADB = "11.8"
ENGINES: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("postgres", "postgis", "tenants"),
    "mysql": ("mysql", "mariadb"),
}
LOCAL_OPTIONS = (
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "service",
    "passfile",
    "ssl",
    "unix_socket",
    "read_default_file",
    "read_default_group",
    "host",
    "hostaddr",
    "port",
    "user",
    "password",
    "passwd",
    "channel_binding",
    "target_session_attrs",
)
"""Options of a connection that say how to reach the project's own server."""
LOCAL_VARIABLES = (
    "PGHOSTADDR",
    "PGSERVICE",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGSSLNEGOTIATION",
    "PGREQUIRESSL",
    "PGCHANNELBINDING",
    "PGTARGETSESSIONATTRS",
)
"""Variables that libpq heeds beside what Django tells it."""
NOBODY = "doctor"


def stand_in(
    inspected: Inspection,
    *,
    cache: Path,
    scratch: Path,
    environ: Mapping[str, str],
    ledger: Ledger,
    cancel: Cancel,
    stack: ExitStack,
) -> tuple[Mapping[str, object], ...]:
    """Start what the settings need besides SQLite; return how the guard points entries there. They end with *stack*.

    Raises:
        UsageError: a server is needed and none can be started here.
        Infrastructure: one did not come up.
    """
    entries = inspected.settings.databases if inspected.settings else ()
    context = Context(
        cache=cache, scratch=scratch, ledger=ledger, environ=environ, cancel=cancel, uv=str(find_uv(environ))
    )
    found = []
    for vendor, words in ENGINES.items():
        wanted = [entry for entry in entries if entry.vendor == vendor]
        if wanted:
            server = _start(vendor, wanted, inspected, context, stack)
            found.append(_pointed(server, words, wanted, inspected))
    return tuple(found)


def _start(
    vendor: str, wanted: list[DatabaseEntry], inspected: Inspection, context: Context, stack: ExitStack
) -> RunningServer:
    entry = wanted[0]
    if vendor == "postgresql":
        said = next((item.version for item in inspected.servers if item.alias == entry.alias and item.version), "")
        versions = dict.fromkeys([said.partition(".")[0] or DEFAULT_POSTGRESQL, DEFAULT_POSTGRESQL])
        specs = [
            DatabaseSpec(
                name="doctor",
                engine=Engine.POSTGRESQL,
                version=version,
                providers=(ProviderName.EMBEDDED, ProviderName.DOCKER),
            )
            for version in versions
        ]
    else:
        specs = [DatabaseSpec(name="doctor", engine=Engine.MARIADB, version=DEFAULT_MARIADB)]
    answer: object = None
    for spec in specs:
        answer = offer(spec, context=context)
        if not isinstance(answer, Absent):
            server = stack.enter_context(answer.start(timeout_s=START_S))
            assert isinstance(server, RunningServer)
            return server
    assert isinstance(answer, Absent)
    where = f"{entry.host or 'localhost'}:{entry.port or 'default port'}"
    raise UsageError(
        f"the project needs {vendor} ({entry.alias}: {entry.name} at {where}), and no isolated one can be started: "
        f"{answer.detail}",
        remedy=f"--allow-server to use the project's own, --static to do without, or {answer.remedy}",
    )


def _pointed(
    server: RunningServer, words: tuple[str, ...], wanted: list[DatabaseEntry], inspected: Inspection
) -> Mapping[str, object]:
    """Give the server the roles and databases that the settings name; return the guard's instruction."""
    password = secrets.token_urlsafe(18)
    for role in dict.fromkeys(entry.user or NOBODY for entry in wanted):
        own = [entry for entry in wanted if (entry.user or NOBODY) == role]
        said = [item for item in inspected.servers if item.alias in {entry.alias for entry in own} and not item.error]
        server.administration.imitate(
            Imitated(
                role=role,
                password=password,
                may_create_databases=all(item.may_create_databases for item in said),
                is_superuser=all(item.is_superuser for item in said) if said else role in ("postgres", "root"),
                databases=tuple(sorted({entry.name for entry in own if entry.name})),
            )
        )
    reached = server.administration.entry("", "", "")
    return {
        "engines": list(words),
        "user": NOBODY,
        "without": list(LOCAL_OPTIONS),
        "unset": list(LOCAL_VARIABLES),
        "entry": {"HOST": reached["HOST"], "PORT": reached["PORT"], "PASSWORD": password},
    }
