"""What harness adds to a worker of a Dask cluster, and what it runs there. Imported only where `distributed` is."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace

from distributed import Worker, WorkerPlugin, get_worker

from harness.cells.job import Job
from harness.errors import HarnessError, Infrastructure
from harness.workflow import parcel
from harness.workflow.parcel import Kind
from harness.workflow.place import cache_folder
from harness.workflow.site import Abilities, Order, Sent, Site


class SitePlugin(WorkerPlugin):  # type: ignore[misc]  # has no types here
    """Gives a worker process its part in a run, for as long as the plugin is registered."""

    def __init__(self, name: str, order: Order) -> None:
        self.name = name
        self._order = order

    def setup(self, worker: Worker) -> None:  # noqa: ARG002  (the library's)
        """Only note that there is a run: what takes time is done when it is asked for."""
        self.site = Site(self._order, dict(os.environ))

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002  (the library's)
        """End what runs, and the servers."""
        await asyncio.to_thread(self.site.close)


class ParcelPlugin(WorkerPlugin):  # type: ignore[misc]  # has no types here
    """Puts files on every worker, also on those that come later."""

    def __init__(self, name: str, kind: Kind, digest: str, file: str, content: bytes) -> None:
        self.name = name
        self._kind, self._digest, self._file, self._content = kind, digest, file, content

    async def setup(self, worker: Worker) -> None:  # noqa: ARG002  (the library's)
        """Write them, where they are not there already. A trouble is told by the cell that needs them."""
        content, self._content = self._content, b""
        try:
            cache = cache_folder(os.environ)
            await asyncio.to_thread(parcel.unpack, self._kind, self._digest, self._file, content, cache)
        except HarnessError:
            return


def attempt(name: str, job: Job, number: int) -> Sent:
    """Try *job* once on this worker, for the run called *name*."""
    worker = get_worker()
    sent = _site(worker, name).attempt(job, number)
    return replace(sent, host=f"{sent.host} ({worker.address})")


async def abilities(name: str, dask_worker: Worker) -> Abilities:
    """Return what this worker can do."""
    return await asyncio.to_thread(_site(dask_worker, name).abilities)


def renew(name: str, dask_worker: Worker) -> None:
    """Tell this worker that the run called *name* goes on."""
    _site(dask_worker, name).renew()


def stop(name: str, dask_worker: Worker) -> None:
    """Ask what runs here for the run called *name* to end soon."""
    _site(dask_worker, name).stop()


def _site(worker: Worker, name: str) -> Site:
    plugin = worker.plugins.get(name)
    if plugin is None:
        raise Infrastructure(f"the worker {worker.address} does not know of the run")
    site: Site = plugin.site
    return site
