"""The databases of a cell outside the harness, as words of sh."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from harness.cells.environ import with_mode
from harness.cells.job import Job
from harness.databases import sqlite
from harness.databases.endpoint import Endpoint
from harness.databases.names import ALIAS_LIMIT, name_of_test, slug
from harness.databases.url import administrator
from harness.model.spec import Engine

VARIABLES = ("REPRO_HOST", "REPRO_PORT", "REPRO_USER", "REPRO_PASSWORD", "REPRO_NAME")
"""What names a server at hand: where it is, whom it lets in, what the names of databases begin with."""


def names(job: Job) -> tuple[tuple[str, str], ...]:
    """Return alias → what the database is called after the prefix."""
    return tuple((alias, slug(alias, ALIAS_LIMIT)) for alias in job.canary.aliases)


def word(job: Job) -> str:
    """Return HARNESS_DATABASES as one word of sh, in which $work or the server's variables are filled in.

    The password's variable is `escaped`, since it goes into JSON.
    """
    text = json.dumps(with_mode({alias: _entry(job, name) for alias, name in names(job)}, job))
    parts = re.split(r"@(\w+)@", text)
    return "".join(f'"${part}"' if number % 2 else shlex.quote(part) for number, part in enumerate(parts) if part)


def _entry(job: Job, name: str) -> dict[str, Any]:
    if job.database.engine is Engine.SQLITE:
        return sqlite.entry(job.database.version or "memory", f"@work@/{name}")
    database = f"@REPRO_NAME@_{name}"
    where = Endpoint(host="@REPRO_HOST@", port=0, user="", password="")
    entry = administrator(job.database.engine, where).entry(database, "@REPRO_USER@", "@escaped@")
    return {**entry, "PORT": "@REPRO_PORT@", "TEST": {"NAME": name_of_test(database)}}
