"""A plan as one JSON document."""

from __future__ import annotations

import json

from harness.model import codec
from harness.plan.view import PlanView


def document(view: PlanView) -> str:
    """Return the document that `docs/plan.schema.json` describes."""
    return json.dumps(codec.to_plain(view), indent=2, sort_keys=True, ensure_ascii=False)
