"""SQLite: attempts with their evidence, committed one by one. What they mean is derived on read, by `analysis`."""

from harness.store.rows import RunInfo, StoredTrial
from harness.store.store import Store

__all__ = ["RunInfo", "Store", "StoredTrial"]
