"""A plan with what a person wants to know of it before running it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from harness.model.plan import Coverage, LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardView:
    """One shard of a plan."""

    number: int  # from 1
    shard: str  # "3/8"
    cells: tuple[str, ...]
    databases: tuple[str, ...]
    pythons: tuple[str, ...]
    about_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What `harness plan` shows."""

    cells: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    coverage: Coverage
    product: int
    as_of: dt.datetime
    estimate_s: float | None  # None where nothing was ever run
    jobs: int
    warnings: tuple[str, ...] = ()  # where this is not what matrix.lock says
    shards: tuple[ShardView, ...] = ()  # where it was to be split
