"""Garbage: what lies in the cache and no recent record uses."""

from __future__ import annotations

import datetime as dt

from harness.cells import project
from harness.packages import gc
from harness.packages.gc import Freed
from harness.packages.leases import in_use
from harness.store.store import Store
from harness.workflow.place import Place


def collect(place: Place, *, days: float) -> Freed:
    """Remove what was not used for *days*, by this project's records or by any run on this machine."""
    since = place.now() - dt.timedelta(days=days)
    with Store.open(place.store) as store:
        keep = store.recent_lock_hashes(since)
    freed = gc.collect(place.cache, keep_lock_hashes=keep, grace_s=days * 86400)
    copies = project.collect_copies(place.cache, older_than=since.timestamp(), in_use=lambda: in_use(place.cache))
    return Freed(count=freed.count + copies[0], bytes=freed.bytes + copies[1])
