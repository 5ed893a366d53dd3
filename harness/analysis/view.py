"""A record with its conclusion: what `harness show` shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from harness.analysis.conclude import Conclusion
from harness.model.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One cell of one run."""

    run: int
    started: dt.datetime
    record: Record
    conclusion: Conclusion
