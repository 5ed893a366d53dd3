"""What the dashboard shows, out of the store."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.analysis.chapters import Chapter, Entry, entry_of
from harness.analysis.conclude import Conclusion
from harness.analysis.dashboard import Dashboard
from harness.analysis.detail import CellDetail, detail
from harness.analysis.masking import masked, secrets_of
from harness.analysis.reported import RunReport
from harness.model.record import Record
from harness.model.spec import MatrixSpec
from harness.workflow.chapters import chapters
from harness.workflow.place import Place
from harness.workflow.report import open_report

LOG_CHARACTERS = 200_000
"""What is shown of a log: its end, where the failure is told."""


@contextmanager
def open_dashboard(spec: MatrixSpec, place: Place, *, run: int | None, command: str, tail: str) -> Iterator[Dashboard]:
    """Yield a run as the dashboard shows it, with those before it; see `open_report`."""
    kept = _Kept()
    with open_report(spec, place, run=run, command=command, tail=tail, seen=kept.take) as report:
        own = _chapter(report, kept)
        yield Dashboard(
            title=title(place),
            report=report,
            chapters=(own, *chapters(spec, place, before=own)),
            details=kept.details,
            read_log=lambda name: _log(place, name),
        )


@dataclass(slots=True)
class _Kept:
    """What is kept of each record while the run is read, so that it is read once."""

    entries: list[Entry] = field(default_factory=list)
    details: dict[str, CellDetail] = field(default_factory=dict)

    def take(self, record: Record, one: Conclusion) -> None:
        entry = entry_of(record, one)
        self.entries.append(entry)
        self.details[one.cell.id] = detail(record, entry.side.installed)


def _chapter(report: RunReport, kept: _Kept) -> Chapter:
    return Chapter(
        run=report.summary.run_id,
        started=report.started,
        finished=report.finished,
        as_of=report.summary.as_of,
        exit_code=int(report.summary.exit_code),
        harness_version=report.harness_version,
        platform=report.platform,
        entries=tuple(kept.entries),
    )


def title(place: Place) -> str:
    """Return the name of the project that the matrix belongs to: that of its pyproject.toml, else of its folder."""
    folder = place.matrix.parent
    try:
        plain = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        return str(plain["project"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return folder.name


def _log(place: Place, name: str) -> str | None:
    path = place.logs / Path(name).name
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    cut = len(text) - LOG_CHARACTERS
    kept = text if cut <= 0 else f"… {cut:,} characters cut …\n{text[cut:]}"
    return masked(kept, secrets_of(place.environ))
