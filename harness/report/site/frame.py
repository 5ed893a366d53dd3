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
            "notes": [f"{sentence(note)}." for note in report.notes if note],
        },
    }


def sentence(note: str) -> str:
    """Return a note as it begins a sentence: a file's name stays as it is."""
    return note if "." in note.split()[0] else note[0].upper() + note[1:]
