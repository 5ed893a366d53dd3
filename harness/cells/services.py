"""What the cells of one run share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.cells.servers import ServerPool
from harness.ledger import Ledger
from harness.model.package import Environment, Interpreter, Lock
from harness.model.spec import RunSpec
from harness.process import Cancel


class EnvironmentMaker(Protocol):
    """Makes environments; `packages` has the real one."""

    def ensure(self, lock: Lock, interpreter: Interpreter, *, is_apart: bool = False, cancel: Cancel) -> Environment:
        """Return the environment with *lock* installed, made if it is not there; *is_apart*: with files of its own."""
        ...

    def with_editable(
        self, made: Environment, folder: Path, project: Path, *, version: str, cancel: Cancel
    ) -> Environment:
        """Return an environment of one cell's own, in which a project is used from its files."""
        ...

    def use(self, name: str) -> None:
        """Keep the folder called *name* from being collected during this run."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the cells of one run share."""

    environments: EnvironmentMaker
    servers: ServerPool
    ledger: Ledger
    cancel: Cancel
    run: RunSpec
    run_id: int  # of the store: logs are named after it
    probe: Path
    probe_hash: str
    scratch: Path  # removed with the run
    logs: Path  # kept
    cache: Path
    inherited: Mapping[str, str]
    now: Callable[[], dt.datetime]
