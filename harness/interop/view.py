"""What `harness init` has to show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.interop.draft import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class InitView:
    """A draft and what was written of it."""

    path: Path | None  # the file, None where none was written
    text: str
    draft: Draft
