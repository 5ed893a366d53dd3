"""What `harness lock` did or found, as one JSON document."""

from __future__ import annotations

import json

from harness.analysis.relocked import LockView
from harness.model import codec


def document(view: LockView) -> str:
    """Return the document that `docs/lock.schema.json` describes."""
    return json.dumps(codec.to_plain(view), indent=2, sort_keys=True, ensure_ascii=False)
