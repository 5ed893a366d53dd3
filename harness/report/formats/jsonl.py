"""Records, one a line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.analysis.reported import RunReport
from harness.analysis.view import RecordView
from harness.model import codec
from harness.report import ci_log
from harness.report.formats.document import Document


def documents(report: RunReport) -> Iterator[Document]:
    """Yield one document; each of its lines is what `harness show --json` prints of a cell."""
    yield Document(name="records.jsonl", content="".join(lines(report)))


def lines(report: RunReport) -> Iterator[str]:
    """Yield a line for each cell, diagnostic neighbours included, in ASCII: nothing in it steers a terminal."""
    for one, record in zip(report.summary.conclusions, report.archive.records(), strict=True):
        view = RecordView(run=report.summary.run_id, started=report.started, record=record, conclusion=one)
        text = json.dumps(codec.to_plain(view), sort_keys=True, separators=(",", ":"))
        yield ci_log.in_json(text) + "\n"
