"""The variables by which a cell's databases, and what a project is told besides, reach it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote, urlencode

from harness.errors import UsageError
from harness.model.server import DjangoDatabases
from harness.model.spec import CanarySpec, Injection, ProjectSpec

INJECTED = "harness_settings"
"""The settings module that wraps a project's own."""

_SCHEMES = {"postgresql": "postgres", "mysql": "mysql"}
_PARTS = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")


def settings_of(canary: CanarySpec) -> str:
    """Return the settings module that is in force in a cell, "" where the project's configuration says it."""
    is_injected = canary.project is not None and canary.project.inject is Injection.SETTINGS
    return INJECTED if is_injected else canary.settings


def variables(
    canary: CanarySpec,
    project: ProjectSpec,
    databases: DjangoDatabases,
    *,
    inherited: Mapping[str, str],
    base: Mapping[str, str],
    injection: Path,
) -> dict[str, str]:
    """Return a project's variables; *base* are the cell's others, *injection* the folder of the module to inject.

    Raises:
        UsageError: its `env` names a variable that the cell does not have.
    """
    found = {name: inherited[name] for name in project.pass_env if name in inherited}
    for alias, entry in databases.items():
        found |= _parts(alias, entry)
    if "default" in databases:
        found["DATABASE_URL"] = url(databases["default"])
    path = [base["PYTHONPATH"]]
    if project.inject is Injection.SETTINGS:
        found["HARNESS_SETTINGS"] = canary.settings
        path.append(str(injection))
    known = {**base, **found}
    for name, text in project.env:
        try:
            found[name] = Template(text).substitute(known)
        except (KeyError, ValueError) as error:
            raise UsageError(
                f"canary.{canary.name}.env.{name}: {text!r} names {error}, which a cell does not have",
                remedy="a variable that is passed by `pass_env`, or one of HARNESS_DB_…; $$ for a dollar sign",
            ) from error
    # what a project puts there comes after what the cell needs
    return found | {"PYTHONPATH": ":".join([*path, *filter(None, [found.get("PYTHONPATH", "")])])}


def url(entry: Mapping[str, Any]) -> str:
    """Return a database as one address, as dj-database-url, django-environ and SQLAlchemy-like readers take it."""
    engine = str(entry["ENGINE"]).rpartition(".")[2].removesuffix("3")
    name = str(entry["NAME"])
    if engine == "sqlite":
        return "sqlite://:memory:" if name == ":memory:" else f"sqlite:///{quote(name)}"
    user, password = quote(str(entry.get("USER", "")), safe=""), quote(str(entry.get("PASSWORD", "")), safe="")
    place = f"{entry.get('HOST', '')}:{entry['PORT']}" if entry.get("PORT") else str(entry.get("HOST", ""))
    options = {key: value for key, value in entry.get("OPTIONS", {}).items() if isinstance(value, str | int)}
    query = f"?{urlencode(options)}" if options else ""
    return f"{_SCHEMES.get(engine, engine)}://{user}:{password}@{place}/{quote(name, safe='')}{query}"


def _parts(alias: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """Return HARNESS_DB_NAME and so on for an alias; those of any but `default` have its name in them."""
    prefix = "HARNESS_DB_" if alias == "default" else f"HARNESS_DB_{re.sub(r'[^A-Z0-9]', '_', alias.upper())}_"
    return {f"{prefix}URL": url(entry)} | {f"{prefix}{part}": str(entry.get(part, "")) for part in _PARTS}
