"""Reads which package indexes the user has configured, in the places where uv looks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from harness.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexUrl:
    """One index: its address without credentials, and the name under which uv is told the credentials."""

    name: str
    address: str
    username: str = ""
    password: str = ""

    @property
    def with_credentials(self) -> str:
        """Return the address for a client that knows nothing of names; never print it."""
        if not self.username:
            return self.address
        parts = urlsplit(self.address)
        secret = quote(self.username, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        return urlunsplit(parts._replace(netloc=f"{secret}@{parts.netloc}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexUrls:
    """The indexes in uv's order: the *extra* ones are asked first; no *default* means PyPI."""

    default: IndexUrl | None = None
    extra: tuple[IndexUrl, ...] = ()
    is_offline: bool = False  # the user forbids the network (``UV_OFFLINE``)


def configured(environ: Mapping[str, str], project: Path | None) -> IndexUrls:
    """Return the user's indexes: environment, then `uv.toml` or `pyproject.toml` from *project* upwards, then
    the user's and the system's `uv.toml`, then pip's ``PIP_INDEX_URL``.

    Raises:
        UsageError: one of these files is not TOML.
    """
    tables = _tables(environ, project)
    default = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or _first_default(tables)
    extra = (environ.get("UV_INDEX", "") + " " + environ.get("UV_EXTRA_INDEX_URL", "")).split()
    for table in tables:
        extra += [_spelled(item) for item in table.get("index", ()) if not item.get("default")]
        extra += table.get("extra-index-url", ())
    default = default or environ.get("PIP_INDEX_URL")
    return IndexUrls(
        default=_index_url(default, "harness-default", environ) if default else None,
        extra=tuple(_index_url(text, f"harness-extra-{number}", environ) for number, text in enumerate(extra)),
        is_offline=environ.get("UV_OFFLINE", "").lower() in ("1", "true", "yes", "on", "y", "t"),
    )


def _tables(environ: Mapping[str, str], project: Path | None) -> list[dict[str, Any]]:
    """Return uv's settings, most important first."""
    if chosen := environ.get("UV_CONFIG_FILE"):
        return [_read(Path(chosen), ())]
    if environ.get("UV_NO_CONFIG"):
        return []
    found = []
    for folder in (project, *project.parents) if project else ():
        if (table := _read(folder / "uv.toml", ())) or (table := _read(folder / "pyproject.toml", ("tool", "uv"))):
            found.append(table)
            break
    home = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME', '~')}/.config"
    found += [_read(Path(home).expanduser() / "uv" / "uv.toml", ()), _read(Path("/etc/uv/uv.toml"), ())]
    return found


def _read(path: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    for key in keys:
        table = table.get(key, {})
    # `pip.` settings are those of `uv pip`, which is what the harness calls
    return {**table, **table.get("pip", {})}


def _first_default(tables: list[dict[str, Any]]) -> str | None:
    for table in tables:
        for item in table.get("index", ()):
            if item.get("default"):
                return _spelled(item)
        if url := table.get("index-url"):
            return str(url)
    return None


def _spelled(item: Mapping[str, Any]) -> str:
    """Return an ``[[index]]`` entry as uv's environment variables spell it: ``name=url``."""
    return f"{item['name']}={item['url']}" if item.get("name") else str(item.get("url", ""))


def _index_url(text: str, fallback: str, environ: Mapping[str, str]) -> IndexUrl:
    name, equals, url = text.partition("=")
    if not equals or "/" in name:
        name, url = fallback, text
    parts = urlsplit(url)
    key = "".join(letter if letter.isalnum() else "_" for letter in name).upper()
    return IndexUrl(
        name=name,
        address=urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])),
        username=parts.username or environ.get(f"UV_INDEX_{key}_USERNAME", ""),
        password=parts.password or environ.get(f"UV_INDEX_{key}_PASSWORD", ""),
    )
