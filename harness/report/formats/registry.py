"""The one list of formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.analysis.reported import RunReport
from harness.errors import UsageError, nearest
from harness.report.formats import comment, compat, ctrf, github, gitlab, jsonl, junit, markdown, shields, sqlite
from harness.report.formats.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format: what it is called and good for, and how its documents are made, the main one first."""

    name: str
    title: str
    make: Callable[[RunReport], Iterator[Document]]
    is_text: bool = True  # its main document may go to standard output


FORMATS = (
    Format(
        name="comment",
        title="what became worse since the run before, for a comment on a change",
        make=comment.documents,
    ),
    Format(
        name="compat", title="compat.json: per package, what works, fails and was not tested", make=compat.documents
    ),
    Format(name="ctrf", title="CTRF JSON: every test of every cell", make=ctrf.documents),
    Format(name="github", title="job summary and annotations of GitHub Actions", make=github.documents),
    Format(name="gitlab", title="JUnit XML for GitLab's artifacts:reports:junit", make=gitlab.documents),
    Format(name="jsonl", title="JSON Lines: a record with all its evidence per line", make=jsonl.documents),
    Format(name="junit", title="JUnit XML: all cells in one file, and a file per cell", make=junit.documents),
    Format(name="markdown", title="a paste-ready report of each failure, for issues", make=markdown.documents),
    Format(name="shields", title="shields.io endpoints: overall and per package", make=shields.documents),
    Format(name="sqlite", title="the store as it is, in one file", make=sqlite.documents, is_text=False),
)


def find(name: str) -> Format:
    """Return the format of that name.

    Raises:
        UsageError: there is none.
    """
    names = [one.name for one in FORMATS]
    for one in FORMATS:
        if one.name == name:
            return one
    raise UsageError(f"--format {name!r} is no format{nearest(name, names)}", remedy=f"one of {', '.join(names)}")
