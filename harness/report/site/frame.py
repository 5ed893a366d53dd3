"""What is around each page."""

from __future__ import annotations

from typing import Any

from harness.analysis.dashboard import Dashboard


def frame(board: Dashboard, name: str) -> dict[str, Any]:
    """Return the values of ``base.html`` for the page called *name*."""
    report = board.report
    return {
        "name": name,
        "site": {
            "title": board.title,
            "run": report.summary.run_id,
            "started": report.started,
            "as_of": report.summary.as_of,
            "made": report.made,
            "stamp": (report.finished or report.made).isoformat(timespec="seconds"),
            "harness": report.harness_version or "of unknown version",
            "notes": [f"{note[0].upper()}{note[1:]}." for note in report.notes if note],
        },
    }
