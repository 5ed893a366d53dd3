"""A record as one JSON document."""

from __future__ import annotations

import json

from harness.analysis.view import RecordView
from harness.model import codec


def document(view: RecordView) -> str:
    """Return the document that `docs/record.schema.json` describes."""
    return json.dumps(codec.to_plain(view), indent=2, sort_keys=True, ensure_ascii=False)
