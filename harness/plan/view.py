"""A plan with what a person wants to know of it before running it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from harness.model.plan import Coverage, LeftOut


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
