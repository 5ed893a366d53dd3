"""Badges: shields.io's endpoint JSON, overall and per package."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.analysis.reported import RunReport
from harness.analysis.support import PackageSeen, Standing, packages_seen
from harness.model.verdict import State, Verdict
from harness.report.formats.document import Document
from harness.report.style import counted


def documents(report: RunReport) -> Iterator[Document]:
    """Yield the overall badge, then one for each package."""
    yield Document(name="shields/harness.json", content=_overall(report))
    for seen in packages_seen(report.summary.conclusions, report.axes, report.summary.explanation.rules):
        yield Document(name=f"shields/{seen.name}.json", content=_package(seen, report))


def score(good: int, of: int) -> int:
    """Return whole percents, rounded down: 100 means all."""
    return good * 100 // of if of else 0


def _overall(report: RunReport) -> str:
    """Say how many cells pass, of those that can be tested: errors and cells without an answer are among them."""
    counts = report.summary.counts
    states, verdicts = dict(counts.states), dict(counts.verdicts)
    of = counts.cells - states[State.UNRESOLVABLE] - states[State.UNSUPPORTED]
    passing = states[State.PASS]
    if verdicts[Verdict.UNEXPECTED_FAILURE]:
        colour = "red"
    elif verdicts[Verdict.INDETERMINATE] or report.is_partial or not of:
        colour = "lightgrey"
    else:
        colour = "brightgreen" if passing == of else "yellow"
    return _badge("harness", f"{score(passing, of)}% of {counted(of, 'cell')} pass", colour, report)


def _package(seen: PackageSeen, report: RunReport) -> str:
    """Say how many of the tested versions work, whatever the other axes hold."""
    tested = [one for one in seen.versions if one.standing is not Standing.NOT_TESTED]
    works = sum(one.standing is Standing.WORKS for one in tested)
    if not tested or report.is_partial:
        colour = "lightgrey"
    elif works == len(tested):
        colour = "brightgreen"
    else:
        colour = "yellow" if works else "red"
    return _badge(seen.name, f"{score(works, len(tested))}% of {counted(len(tested), 'version')} work", colour, report)


def _badge(label: str, message: str, colour: str, report: RunReport) -> str:
    plain = {
        "schemaVersion": 1,
        "label": label,
        "message": f"{message} (partial)" if report.is_partial else message,
        "color": colour,
    }
    return json.dumps(plain, indent=2, sort_keys=True) + "\n"
