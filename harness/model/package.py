"""Releases on the index, interpreters on this machine, locks."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from harness.model import codec


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of a package on the index, as of a date."""

    name: str
    version: str
    requires_python: str = ""
    wheel_tags: tuple[str, ...] = ()  # e.g. ("py3-none-any",)
    has_sdist: bool = False
    uploaded: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python on this machine, as it describes itself."""

    path: str  # absolute
    version: str  # "3.12.1"
    implementation: str  # "CPython"
    build: str  # a digest over what `sys.version` and `platform` say
    platform: str  # "linux-x86_64"
    sqlite_version: str
    tags: tuple[str, ...] = ()  # wheel tags it can install, best first

    @property
    def target(self) -> str:
        """What resolves the same on every machine: ``"3.12 linux-x86_64"``; another C library is another platform."""
        minor = ".".join(self.version.split(".")[:2])
        library = "-musl" if any("musllinux" in tag for tag in self.tags[:50]) else ""
        return f"{minor} {self.platform}{library}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One package of a lock."""

    name: str
    version: str
    hashes: tuple[str, ...]  # "sha256:…", sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The exact pins for one set of requirements on one interpreter, platform and as-of date."""

    pins: tuple[Pin, ...]  # sorted by name

    @property
    def hash(self) -> str:
        """Identity of what gets installed: 16 hexadecimal digits."""
        return hashlib.sha256(codec.dumps(self).encode()).hexdigest()[:16]

    def version_of(self, name: str) -> str | None:
        """Return the pinned version of the package with that normalised name."""
        for pin in self.pins:
            if pin.name == name:
                return pin.version
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolvable:
    """uv found no set of versions."""

    words: str  # uv's own, verbatim


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An isolated interpreter with one lock installed."""

    path: str  # its folder
    python: str  # its interpreter
    lock: Lock
    interpreter: Interpreter
