"""Joins a Dask cluster that somebody else keeps."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.cells.services import Services
from harness.errors import Infrastructure, UsageError
from harness.model.server import Offer
from harness.model.spec import MatrixSpec
from harness.workflow.bounded import bounded

if TYPE_CHECKING:
    from distributed import Client

    from harness.workflow.cluster import Cluster
    from harness.workflow.worker import SitePlugin

SCHEME = "dask"
WORKERS_S = 30.0
CLOSE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A connection to a cluster's scheduler."""

    address: str  # as it was given
    client: Client


def parse(text: str) -> str:
    """Return HOST:PORT out of ``dask://HOST:PORT``.

    Raises:
        UsageError: it is no such address.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if parts.scheme != SCHEME or not host or not port or parts.path or parts.username:
        raise UsageError(f"--executor {text!r} is no address", remedy="dask://HOST:PORT, of a Dask scheduler")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def linked(address: str) -> Iterator[Link]:
    """Yield a connection to the scheduler at *address* (``dask://HOST:PORT``).

    It is encrypted where Dask is configured so (``distributed.comm.tls``).

    Raises:
        UsageError: it is no address, or `distributed` is not installed.
        Infrastructure: the scheduler does not answer, or has no worker.
    """
    place = parse(address)
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("--executor needs the package `distributed`", remedy="python -m pip install 'harness[dask]'")
    import dask
    from dask.utils import parse_timedelta
    from distributed import Client

    _silence()
    protocol = "tls" if dask.config.get("distributed.comm.tls.ca-file", None) else "tcp"
    connect_s = parse_timedelta(dask.config.get("distributed.comm.timeouts.connect", "15 s"))
    try:
        client = Client(f"{protocol}://{place}", timeout=connect_s, set_as_default=False, name="harness")
    except (OSError, TimeoutError, ValueError):
        raise Infrastructure(
            f"no Dask scheduler answers at {address} within {connect_s:g} s",
            remedy="start one with `dask scheduler`, or mend the address; TLS is set in Dask's own configuration",
        ) from None
    try:
        if bounded(lambda: client.wait_for_workers(1, WORKERS_S) or True, timeout_s=WORKERS_S + 5) is None:
            raise Infrastructure(
                f"the Dask scheduler at {address} has no worker",
                remedy=f"dask worker {protocol}://{place}, on each machine, where the same harness is installed",
            )
        yield Link(address=address, client=client)
    finally:
        bounded(lambda: client.close(timeout=CLOSE_S), timeout_s=CLOSE_S + 5)


def _register(link: Link, plugin: SitePlugin) -> None:
    try:
        link.client.register_plugin(plugin)
    except Exception as error:
        raise Infrastructure(
            f"a worker of {link.address} cannot take part: {type(error).__name__}: {error}",
            remedy="install the same harness, with its extra `dask`, on every worker",
        ) from error


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _silence() -> None:
    """Keep the library's own log off the terminal: what concerns the user is told in our words."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextmanager
def joined(
    link: Link,
    spec: MatrixSpec,
    offers: Mapping[str, Offer],
    services: Services,
    *,
    note: Callable[[str], None],
) -> Iterator[Cluster]:
    """Yield the cluster's workers as a crew for one run; what it makes there is ended with the block.

    Raises:
        Infrastructure: the workers cannot take part.
    """
    from importlib.metadata import version

    from harness.workflow.cluster import Cluster
    from harness.workflow.roster import Roster
    from harness.workflow.site import Abilities, Order
    from harness.workflow.worker import SitePlugin

    name = f"harness-{services.ledger.owner}"
    order = Order(
        name=name,
        run=spec.run,
        run_id=services.run_id,
        databases=tuple((spec.database(item), offer.identity) for item, offer in offers.items()),
    )
    _register(link, SitePlugin(name, order))
    own = Abilities(host="", harness=version("harness"), probe_hash=services.probe_hash)
    roster = Roster(link.client, name, own, note)
    with Cluster(link.client, name, link.address, roster, services) as cluster:
        roster.look()
        roster.wait()
        hosts = len({one.abilities.host for one in roster.members() if not one.abilities.trouble})
        if not hosts:
            words = "; ".join(one.abilities.trouble for one in roster.members())
            raise Infrastructure(f"no worker of {link.address} can try any cell: {words or 'none has answered'}")
        note(f"{link.address}: {_counted(len(roster.members()), 'worker')} on {_counted(hosts, 'machine')}")
        yield cluster
