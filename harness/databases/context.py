"""What providers need to know about this run and this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.ledger import Ledger
from harness.process import Cancel


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One run's surroundings, handed to every provider."""

    cache: Path  # what is kept between runs: server binaries
    scratch: Path  # what goes with the run: SQLite's files
    ledger: Ledger
    environ: Mapping[str, str]  # where DSNs and Docker's settings are looked up
    cancel: Cancel
    uv: str = "uv"
    is_network_allowed: bool = True
    clock: Callable[[], float] = time.time  # seconds since 1970
