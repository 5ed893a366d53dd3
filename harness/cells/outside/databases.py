"""The databases of a cell outside the harness, as words of sh."""

from __future__ import annotations

import json
from typing import Any

from harness.cells.environ import with_mode
from harness.cells.job import Job
from harness.cells.outside.words import stand_in, word_of
from harness.databases import sqlite
from harness.databases.endpoint import Endpoint
from harness.databases.names import ALIAS_LIMIT, name_of_test, slug
from harness.databases.url import administrator
from harness.model.server import DjangoDatabases
from harness.model.spec import Engine

VARIABLES = ("REPRO_HOST", "REPRO_PORT", "REPRO_USER", "REPRO_PASSWORD", "REPRO_NAME")
"""What names a server at hand: where it is, whom it lets in, what the names of databases begin with."""


def names(job: Job) -> tuple[tuple[str, str], ...]:
    """Return alias → what the database is called after the prefix."""
    return tuple((alias, slug(alias, ALIAS_LIMIT)) for alias in job.canary.aliases)


def entries(job: Job) -> DjangoDatabases:
    """Return the cell's databases with stand-ins for $work, or for the server's variables."""
    return {alias: _entry(job, name) for alias, name in names(job)}


def word(job: Job) -> str:
    """Return HARNESS_DATABASES as one word of sh, in which $work or the server's variables are filled in.

    The password's variable is `escaped`, since it goes into JSON.
    """
    return word_of(json.dumps(with_mode(entries(job), job)))


def _entry(job: Job, name: str) -> dict[str, Any]:
    if job.database.engine is Engine.SQLITE:
        return sqlite.entry(job.database.version or "memory", f"{stand_in('work')}/{name}")
    host, port, user, password, prefix = map(stand_in, VARIABLES)
    database = f"{prefix}_{name}"
    entry = administrator(job.database.engine, Endpoint(host=host, port=0, user="", password="")).entry(
        database, user, password
    )
    return {**entry, "PORT": port, "TEST": {"NAME": name_of_test(database)}}
