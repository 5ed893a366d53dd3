"""The JSON Schemas of the documents that `--json` prints."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any, assert_never

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaValue

from harness.analysis.explain.findings import Explanation
from harness.analysis.outside.view import Reproduction
from harness.analysis.relocked import LockView
from harness.analysis.view import RecordView
from harness.config.published import PlainSchema
from harness.plan.view import PlanView
from harness.report.bisect_json import BisectDocument
from harness.report.bounds_json import BoundsDocument
from harness.report.compare_json import CompareDocument
from harness.report.doctor_json import DoctorDocument
from harness.report.formats.compat import CompatDocument
from harness.report.init_json import InitDocument
from harness.report.run_json import RunDocument


class Document(Enum):
    """A kind of document."""

    RUN = "run"
    PLAN = "plan"
    RECORD = "record"
    BISECT = "bisect"
    BOUNDS = "bounds"
    COMPARE = "compare"
    EXPLAIN = "explain"
    COMPAT = "compat"
    LOCK = "lock"
    REPRO = "repro"
    DOCTOR = "doctor"
    INIT = "init"


def kind(document: Document) -> type:
    """Return the type whose values a document holds."""
    match document:
        case Document.RUN:
            return RunDocument
        case Document.PLAN:
            return PlanView
        case Document.RECORD:
            return RecordView
        case Document.BISECT:
            return BisectDocument
        case Document.BOUNDS:
            return BoundsDocument
        case Document.COMPARE:
            return CompareDocument
        case Document.EXPLAIN:
            return Explanation
        case Document.COMPAT:
            return CompatDocument
        case Document.REPRO:
            return Reproduction
        case Document.LOCK:
            return LockView
        case Document.DOCTOR:
            return DoctorDocument
        case Document.INIT:
            return InitDocument
        case _:
            assert_never(document)


class _WhatIsWritten(PlainSchema):
    """Every field is there in what we write, whether it has a default or not."""

    def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: ARG002  (pydantic's signature)
        """Say yes."""
        return True

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        """Leave the default out: it is nothing to a reader."""
        return self.generate_inner(schema["schema"])


def schema(document: Document) -> str:
    """Return the JSON Schema of a document as text that ends with a newline; the same bytes each time."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind(document))
    plain = adapter.json_schema(mode="serialization", schema_generator=_WhatIsWritten)
    plain["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    plain["title"] = _TITLES[document]
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


_TITLES = {
    Document.RUN: "harness run --json",
    Document.PLAN: "harness plan --json",
    Document.RECORD: "harness show --json",
    Document.BISECT: "harness bisect --json",
    Document.BOUNDS: "harness bounds --json",
    Document.COMPARE: "harness compare --json",
    Document.EXPLAIN: "harness explain --json",
    Document.COMPAT: "harness report --format compat",
    Document.LOCK: "harness lock --json",
    Document.REPRO: "harness repro --json",
    Document.DOCTOR: "harness doctor --json",
    Document.INIT: "harness init --json",
}
