"""A reproduction as one JSON document."""

from __future__ import annotations

import json

from harness.analysis.outside.view import Reproduction
from harness.model import codec


def document(found: Reproduction) -> str:
    """Return the document that `docs/repro.schema.json` describes."""
    return json.dumps(codec.to_plain(found), indent=2, sort_keys=True, ensure_ascii=False)
