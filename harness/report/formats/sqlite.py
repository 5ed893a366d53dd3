"""The store as it is."""

from __future__ import annotations

from collections.abc import Iterator

from harness.analysis.reported import RunReport
from harness.report.formats.document import Document


def documents(report: RunReport) -> Iterator[Document]:
    """Yield a consistent copy of the whole store: every run, not only this one."""
    yield Document(name="store.sqlite", content=report.archive.copy_to)
