"""Markdown for issues."""

from __future__ import annotations

from collections.abc import Iterator

from harness.analysis.reported import RunReport
from harness.report.formats.document import Document
from harness.report.formats.failure_markdown import section
from harness.report.formats.overview_markdown import overview


def documents(report: RunReport) -> Iterator[Document]:
    """Yield one document with every failure, then one for each."""
    groups = report.summary.groups
    sections = [section(group, report) for group in groups]
    yield Document(name="report.md", content="\n".join([overview(report), *sections]))
    for number, (group, text) in enumerate(zip(groups, sections, strict=True), 1):
        yield Document(name=f"failures/{number:03d}-{group.signature.id}.md", content=text)
