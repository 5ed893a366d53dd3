"""The rules behind a run's failures as one JSON document."""

from __future__ import annotations

import json

from harness.analysis.explain.findings import Explanation
from harness.model import codec


def document(found: Explanation) -> str:
    """Return the document that `docs/explain.schema.json` describes."""
    return json.dumps(codec.to_plain(found), indent=2, sort_keys=True, ensure_ascii=False)
