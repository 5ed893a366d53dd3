"""JUnit XML as GitLab reads it (``artifacts:reports:junit``)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.analysis.reported import RunReport
from harness.report.formats import junit
from harness.report.formats.document import Document


def documents(report: RunReport) -> Iterator[Document]:
    """Yield one file: GitLab merges what it is given, and would count a second file of the same cells twice."""
    yield Document(name="gitlab-junit.xml", content=junit.combined(report))
