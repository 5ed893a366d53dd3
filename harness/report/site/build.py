"""The whole site: a dashboard in, files out."""

from __future__ import annotations

from collections.abc import Iterator

from harness.analysis.dashboard import Dashboard
from harness.analysis.nearest import nearest_passing
from harness.analysis.order import axis_names
from harness.report.site import causes, data, details, method, overview, rows
from harness.report.site.answers import answers
from harness.report.site.frame import frame
from harness.report.site.render import STATIC, page, static
from harness.report.site.view import View, view_of
from harness.report.site.words import key, shown


def site(board: Dashboard) -> Iterator[tuple[str, str]]:
    """Yield each file's name, with slashes, and its text. One cell's traces are in memory at a time."""
    for name in STATIC:
        yield name, static(name)
    yield "data.js", data.script("HARNESS", data.index_of(board))
    yield "details.js", data.script("DETAILS", details.details_of(board))
    view = view_of(board)
    yield from _pages(view)
    yield from causes.pages(view)
    yield from _failing(board)


def _pages(view: View) -> Iterator[tuple[str, str]]:
    names = axis_names(axis.axis for axis in view.fitness)
    yield "index.html", page("overview.html", **frame(view.board, "overview"), **overview.values(view))
    yield "matrix.html", page("matrix.html", **frame(view.board, "matrix"), **rows.values(view), axis_names=names)
    for name in ("cell", "compare"):
        yield f"{name}.html", page(f"{name}.html", **frame(view.board, name))
    yield "advisor.html", page("advisor.html", **frame(view.board, "advisor"), answers=answers())
    yield "history.html", page("history.html", **frame(view.board, "history"), **method.history(view))
    yield "method.html", page("method.html", **frame(view.board, "method"), **method.values(view))


def _failing(board: Dashboard) -> Iterator[tuple[str, str]]:
    """Yield the traces and the log of each cell that did not simply pass."""
    conclusions = board.report.summary.conclusions
    nearest = nearest_passing(conclusions)
    blames = {one.cell: group.blame for group in board.report.summary.groups for one in group.cells}
    for one in conclusions:
        if not details.is_failing(one):
            continue
        record = board.report.archive.record(one.cell.id)
        text = board.read_log(one.log) if one.log else None
        log = f"logs/{key(one.cell.id)}.txt" if text is not None else ""
        if text is not None:
            yield log, shown(text)
        found = details.failing_cell(
            one, details.told_failures(record), log, nearest.get(one.cell), blames.get(one.cell) or one.blame
        )
        yield f"cells/{key(one.cell.id)}.js", data.script("CELL", found)
