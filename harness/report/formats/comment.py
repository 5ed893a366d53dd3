"""A comment on a change: what became worse since the run before, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from harness.analysis.compare import Category, Compared, Comparison
from harness.analysis.reported import RunReport
from harness.model.verdict import Verdict
from harness.report.compare_text import move
from harness.report.formats.document import Document
from harness.report.formats.overview_markdown import verdict
from harness.report.markdown_text import code, escaped
from harness.report.style import counted, glyph

MARKER = "<!-- harness -->"
"""How a comment begins, so that the next one takes its place."""

LIMIT_CHARACTERS = 60_000
"""GitHub takes 65,536 of one comment."""

WORSE = (
    Category.REGRESSED,
    Category.CHANGED,
    Category.BECAME_INDETERMINATE,
    Category.BECAME_UNTESTABLE,
    Category.BECAME_FLAKY,
)
SHOWN_CELLS = 5
_REASON_CHARACTERS = 300


def documents(report: RunReport) -> Iterator[Document]:
    """Yield the comment."""
    yield Document(name="comment.md", content=comment(report, report.archive.comparison()))


def comment(report: RunReport, compared: Comparison | None) -> str:
    """Return the comment; what does not fit is counted."""
    head = [MARKER, f"### harness: {_headline(compared)}", "", verdict(report.summary), ""]
    head += [line for note in report.notes for line in (f"> {escaped(note)}", "")]
    entries = list(_entries(compared)) if compared is not None else []
    tail = _counts(compared) if compared is not None else ""
    room = LIMIT_CHARACTERS - sum(len(line) + 1 for line in head) - len(tail)
    shown: list[str] = []
    for entry in entries:
        room -= len(entry) + 1
        if room < 0:
            shown.append(f"- and {counted(len(entries) - len(shown), 'more change')}: see the job's report")
            break
        shown.append(entry)
    return "\n".join([*head, *shown, *([""] if shown else []), tail]).rstrip("\n") + "\n"


def _headline(compared: Comparison | None) -> str:
    if compared is None:
        return "there is no earlier run to compare with"
    counts = dict(compared.counts)
    told = [f"{counted(counts[kind], 'cell')} {kind.value.replace('-', ' ')}" for kind in WORSE if counts.get(kind)]
    if failing := sum(one.category is Category.NEW and _is_worse(one) for one in compared.cells):
        told.append(f"{counted(failing, 'new cell')} {'does' if failing == 1 else 'do'} not pass")
    return f"{', '.join(told) or 'nothing became worse'} since run {compared.old_run}"


def _entries(compared: Comparison) -> Iterator[str]:
    """Yield one entry for the cells that became worse in one way."""
    order = list(Category)
    found = [one for one in compared.cells if _is_worse(one)]
    found.sort(key=lambda one: (order.index(one.category), *_likeness(one), one.cell.id))
    for _, group in groupby(found, key=lambda one: (one.category, _likeness(one))):
        yield _entry(list(group))


def _is_worse(one: Compared) -> bool:
    is_bad = one.new is not None and one.new.verdict in (Verdict.UNEXPECTED_FAILURE, Verdict.INDETERMINATE)
    return one.category in WORSE or (one.category is Category.NEW and is_bad)


def _likeness(one: Compared) -> tuple[str, ...]:
    signature = one.new.signature.id if one.new and one.new.signature else ""
    return signature, one.new.state.value if one.new else "", ", ".join(map(move, one.moved))


def _entry(cells: list[Compared]) -> str:
    first = cells[0]
    assert first.new is not None  # what is gone did not become worse
    reason = f": {code(first.new.reason, _REASON_CHARACTERS)}" if first.new.reason else ""
    lines = [f"- {glyph(first.new.state)} **{first.category.value}** in {counted(len(cells), 'cell')}{reason}"]
    if first.moved:
        lines.append(f"  - moved: {', '.join(code(move(one)) for one in first.moved)}")
    elif first.old and first.old.installed and first.new.installed:
        lines.append("  - no package moved")
    if first.tests.regressed:
        more = len(first.tests.regressed) - SHOWN_CELLS
        told = ", ".join(code(name, 200) for name in first.tests.regressed[:SHOWN_CELLS])
        lines.append(f"  - tests: {told}{f' and {more} more' if more > 0 else ''}")
    lines += [f"  - {code(one.cell.id)}" for one in cells[:SHOWN_CELLS]]
    if len(cells) > SHOWN_CELLS:
        lines.append(f"  - and {counted(len(cells) - SHOWN_CELLS, 'more cell')}")
    return "\n".join(lines)


def _counts(compared: Comparison) -> str:
    told = [f"{number} {category.value}" for category, number in compared.counts if number]
    return f"{', '.join(told)} (run {compared.old_run} → run {compared.new_run}).\n"
