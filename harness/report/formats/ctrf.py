"""CTRF JSON, the Common Test Report Format (https://ctrf.io), version 0.0.0."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, assert_never

from harness.analysis.reported import RunReport
from harness.model.verdict import State
from harness.report import ci_log
from harness.report.formats.cases import Case, CellCases, Result, cell_cases
from harness.report.formats.document import Document
from harness.report.style import printable

SPEC_VERSION = "0.0.0"
_STATUSES = ("passed", "failed", "skipped", "pending", "other")


def documents(report: RunReport) -> Iterator[Document]:
    """Yield one document: a test for each cell, and for each test in it."""
    tests = [_test(case, cell) for cell in cell_cases(report) for case in cell.all]
    counts = Counter(test["status"] for test in tests)
    start, stop = _ms(report.started), _ms(report.finished or report.made)
    plain = {
        "reportFormat": "CTRF",
        "specVersion": SPEC_VERSION,
        "runId": str(report.summary.run_id),
        "timestamp": report.made.isoformat(timespec="seconds"),
        "generatedBy": f"harness {report.harness_version}",
        "results": {
            "tool": {"name": "harness", "version": report.harness_version},
            "summary": {
                "tests": len(tests),
                **{status: counts[status] for status in _STATUSES},
                "flaky": sum(bool(test.get("flaky")) for test in tests),
                "suites": report.summary.counts.cells,
                "start": start,
                "stop": stop,
                "duration": stop - start,
                "extra": {
                    "cells": report.summary.counts.cells,
                    "states": {state.value: number for state, number in report.summary.counts.states},
                    "partial": report.is_partial,
                    "notes": [printable(note) for note in report.notes],
                },
            },
            "tests": tests,
            "environment": {"reportName": f"harness run {report.summary.run_id}", "osPlatform": report.platform},
        },
    }
    text = json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    yield Document(name="ctrf-report.json", content=ci_log.in_json(text))


def _test(case: Case, cell: CellCases) -> dict[str, Any]:
    one = cell.conclusion
    made: dict[str, Any] = {
        "name": printable(case.name) or "?",
        "status": _status(case.result, is_cell=case is cell.own),
        "rawStatus": case.raw,
        "duration": round(case.duration_s * 1000),
        "suite": [one.cell.id, *([printable(case.file)] if case.file else [])],
        "labels": one.cell.as_dict(),
    }
    optional = {"message": case.message, "trace": case.trace, "filePath": case.file}
    made |= {name: printable(text) for name, text in optional.items() if text}
    if case is cell.own:
        made["tags"] = ["cell"]
        made["flaky"] = one.state is State.FLAKY
        made["extra"] = {
            "verdict": one.judgement.verdict.value,
            "exact": dict(one.exact),
            "provider": one.provider,
            "signature": one.signature.id if one.signature else "",
        }
    return made


def _status(result: Result, *, is_cell: bool) -> str:
    """Return CTRF's word. A test that errs has failed; a cell in `error` says nothing of what it tests."""
    match result:
        case Result.PASSED:
            return "passed"
        case Result.FAILED:
            return "failed"
        case Result.SKIPPED:
            return "skipped"
        case Result.NOT_RUN:
            return "pending"
        case Result.ERROR:
            return "other" if is_cell else "failed"
        case Result.EXPECTED:
            return "other"
        case _:
            assert_never(result)


def _ms(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)
