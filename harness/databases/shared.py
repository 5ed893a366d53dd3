"""One server for several processes of a machine: the first one starts it, the others are let in."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from harness import ledger as ledgers
from harness.databases.context import Context
from harness.databases.endpoint import Endpoint
from harness.databases.mysql import MySQL
from harness.databases.postgresql import PostgreSQL
from harness.databases.server import RunningServer
from harness.databases.url import administrator
from harness.errors import Infrastructure
from harness.model import codec
from harness.model.server import Offer, Server, ServerIdentity
from harness.model.spec import Engine, ProviderName

FOLDER = "servers"
STARTED = (ProviderName.EMBEDDED, ProviderName.DOCKER)
"""Providers whose servers are processes or containers of ours: others have nothing to share."""


def shared(offer: Offer, engine: Engine, *, group: str, context: Context) -> Offer:
    """Return *offer* so that the processes of one *group* on this machine, with this cache, share its server.

    It lives as long as the process that started it. When that has gone, the next who asks starts another.
    """
    if offer.identity.provider not in STARTED:
        return offer
    return SharedOffer(offer=offer, engine=engine, group=group, context=context)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedOffer:
    """See `harness.model.server.Offer`."""

    offer: Offer
    engine: Engine
    group: str
    context: Context

    @property
    def identity(self) -> ServerIdentity:
        """What the server will be."""
        return self.offer.identity

    @contextlib.contextmanager
    def start(self, *, timeout_s: float) -> Iterator[Server]:
        """Find the server that another process has started, or start it for all.

        Raises:
            Infrastructure: it did not come up, or whoever starts it takes too long.
        """
        stem = hashlib.sha256(codec.dumps(self.identity).encode()).hexdigest()[:16]
        place = self.context.cache / FOLDER / f"{stem}-{self.group}"
        place.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            try:
                with FileLock(place.with_name(f"{stem}.lock"), timeout=2 * timeout_s):
                    server = self._found(place) or self._started(place, timeout_s, stack)
            except Timeout:
                name = self.identity.source
                raise Infrastructure(f"another process did not start {name} within {2 * timeout_s:g} s") from None
            yield server

    def _found(self, place: Path) -> Server | None:
        try:
            facts = json.loads((place / "server.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        pid = int(facts["pid"])
        if facts["boot"] != ledgers.boot_id() or ledgers.start_ticks(pid) != facts["ticks"]:
            return None  # of another machine on the same disk, or of a process that died
        endpoint = Endpoint(host=facts["host"], port=facts["port"], user=facts["user"], password=facts["password"])
        server = RunningServer(
            identity=self.identity,
            version=facts["version"],
            owner=self.context.ledger.owner,
            administration=administrator(self.engine, endpoint),
            read_log=lambda: f"(process {pid} started it and has its log)",
        )
        return server if server.is_alive() else None

    def _started(self, place: Path, timeout_s: float, stack: contextlib.ExitStack) -> Server:
        server = stack.enter_context(self.offer.start(timeout_s=timeout_s))
        assert isinstance(server, RunningServer)  # of `STARTED`
        assert isinstance(server.administration, PostgreSQL | MySQL)
        endpoint = server.administration.endpoint
        facts = {
            "pid": os.getpid(),
            "ticks": ledgers.start_ticks(os.getpid()),
            "boot": ledgers.boot_id(),
            "version": server.version,
            "host": endpoint.host,
            "port": endpoint.port,
            "user": endpoint.user,
            "password": endpoint.password,
        }
        stack.enter_context(self.context.ledger.folder(place))
        shutil.rmtree(place, ignore_errors=True)
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        place.mkdir(mode=0o700)
        (place / "draft").touch(mode=0o600)
        (place / "draft").write_text(json.dumps(facts), encoding="utf-8")
        (place / "draft").rename(place / "server.json")
        return server
