"""The overview: what one can support, at a glance."""

from __future__ import annotations

import datetime as dt
from typing import Any

from harness.analysis.chapters import Chapter
from harness.analysis.compare import Category, compare
from harness.analysis.fitness import AxisFitness
from harness.analysis.order import title
from harness.model.verdict import State, Verdict
from harness.report.site import causes
from harness.report.site.marks import Mark, fitness_mark, mark
from harness.report.site.squares import drawn
from harness.report.site.view import View
from harness.report.site.words import rows, term
from harness.report.style import counted, glyph, seconds

SHOWN_CAUSES = 8
SHOWN_VALUES = 40
_ALWAYS = (State.PASS, State.FAIL, State.ERROR)


def values(view: View) -> dict[str, Any]:
    """Return the values of ``overview.html``."""
    summary = view.board.report.summary
    found = causes.listed(view)
    return {
        "head": _head(view),
        "axes": [_axis(axis) for axis in view.fitness],
        "grid": drawn(view.whole_grid) if view.whole_grid else None,
        "causes": found[:SHOWN_CAUSES],
        "causes_more": len(found) if len(found) > SHOWN_CAUSES else 0,
        "changes": _changes(view),
        "reach": {
            "answered": view.reach.answered,
            "pairs": view.reach.pairs,
            "untestable": view.reach.untestable,
            "lacking": len(view.reach.lacking),
            "width": view.reach.answered * 1000 // view.reach.pairs if view.reach.pairs else 0,
        },
        "product": summary.plan.product,
        "left_out": len(summary.plan.left_out),
    }


def _head(view: View) -> dict[str, Any]:
    report = view.board.report
    counts = report.summary.counts
    states, verdicts = dict(counts.states), dict(counts.verdicts)
    lead = _sentence(view)
    took = f"took {seconds(report.summary.duration_s)}" if report.finished else "not ended"
    known = f", {report.summary.reused:,} answers known from earlier runs" if report.summary.reused else ""
    return {
        "tone": lead.tone,
        "glyph": lead.glyph,
        "sentence": lead.word,
        "detail": f"Run {report.summary.run_id} of {_moment(report.finished or report.started)}: {took}{known}.",
        "cells": counts.cells,
        "bar": _bar(view),
        "bar_label": ", ".join(f"{count} {state.value}" for state, count in counts.states if count),
        "tiles": [
            {"mark": _tile(state, view), "count": states[state], "href": rows(term("state", state.value))}
            for state in State
            if states[state] or state in _ALWAYS
        ],
        "more": [
            {"count": count, "words": words, "href": href}
            for count, words, href in (
                (
                    verdicts[Verdict.EXPECTED_FAILURE] if verdicts[Verdict.UNEXPECTED_FAILURE] else 0,
                    "fail as declared",
                    rows(term("verdict", Verdict.EXPECTED_FAILURE.value)),
                ),
                (
                    verdicts[Verdict.UNEXPECTED_PASS],
                    "pass though declared to fail",
                    rows(term("verdict", Verdict.UNEXPECTED_PASS.value)),
                ),
                (counts.unobserved, "known by their exit code alone", rows(term("evidence", "exit-code"))),
            )
            if count
        ],
    }


def _tile(state: State, view: View) -> Mark:
    """Return the mark of a state's count: declared if all of its cells are."""
    verdicts = {one.judgement.verdict for one in view.own if one.state is state}
    return mark(state, is_expected=verdicts == {Verdict.EXPECTED_FAILURE})


def _moment(value: dt.datetime) -> str:
    return f"{value.astimezone(dt.UTC):%-d %B %Y, %H:%M} UTC"


def _sentence(view: View) -> Mark:
    """Return the verdict: what would keep one from relying on this matrix comes first."""
    counts = view.board.report.summary.counts
    states, verdicts = dict(counts.states), dict(counts.verdicts)
    cells = counts.cells
    testable = cells - states[State.UNSUPPORTED] - states[State.UNRESOLVABLE]
    bad, declared = verdicts[Verdict.UNEXPECTED_FAILURE], verdicts[Verdict.EXPECTED_FAILURE]
    unknown = verdicts[Verdict.INDETERMINATE]
    tail = []
    if declared:
        tail.append(f"{counted(declared, 'cell')} {'fails' if declared == 1 else 'fail'} as declared")
    if odd := verdicts[Verdict.UNEXPECTED_PASS]:
        tail.append(f"{odd} {'passes' if odd == 1 else 'pass'} though declared to fail")
    if states[State.FLAKY]:
        tail.append(f"{states[State.FLAKY]} {'is' if states[State.FLAKY] == 1 else 'are'} flaky")
    if view.board.report.is_partial:
        lead = f"Not ended: {cells - states[State.NOT_RUN]:,} of {counted(cells, 'cell')} have answered"
        tail = [f"{bad} unexpected {'failure' if bad == 1 else 'failures'} so far", *tail] if bad else tail
        return _mark(lead, tail, State.FAIL if bad else State.NOT_RUN)
    if bad:
        lead = f"{bad:,} of {counted(cells, 'cell')} {'fails' if bad == 1 else 'fail'} unexpectedly"
        return _mark(lead, [*tail, *([f"{unknown} could not be learnt"] if unknown else [])], State.FAIL)
    if unknown:
        return _mark(f"Nothing was learnt from {unknown:,} of {counted(cells, 'cell')}", tail, State.ERROR)
    if states[State.PASS] == testable and testable:
        which = "" if testable == cells else " that can be tested"
        return _mark(f"All {counted(testable, 'cell')}{which} pass", tail, State.PASS)
    return _mark(f"{states[State.PASS]:,} of {counted(testable, 'cell')} pass", tail, State.PASS)


def _mark(lead: str, tail: list[str], state: State) -> Mark:
    return Mark(glyph=glyph(state), word=f"{'; '.join([lead, *tail])}.", tone=mark(state).tone)


def _bar(view: View) -> list[dict[str, Any]]:
    """Return the widths of the states' parts; a part that there is can be seen."""
    tones: dict[str, int] = {}
    for one in view.own:
        tone = mark(one.state, verdict=one.judgement.verdict).tone
        tones[tone] = tones.get(tone, 0) + 1
    order = [tone for tone in ("pass", "odd", "known", "none", "warn", "fail") if tone in tones]
    total = max(1, len(view.own))
    widths = {tone: max(6.0, tones[tone] * 1000 / total) for tone in order}
    scale = 1000 / max(1.0, sum(widths.values()))
    parts, x = [], 0.0
    for tone in order:
        width = widths[tone] * scale
        parts.append({"tone": tone, "x": round(x, 1), "width": round(width, 1)})
        x += width
    return parts


def _axis(axis: AxisFitness) -> dict[str, Any]:
    return {
        "title": title(axis.axis),
        "sentence": axis.sentence,
        "points": [
            {
                "requested": value.requested,
                "mark": fitness_mark(value),
                "cells": value.cells,
                "failing": value.failing,
                "bad": "fail" if value.unexpected else "known",
                "href": rows(term(axis.axis, value.requested)),
                "failing_href": rows(term("state", "fail", "timeout", "crash"), term(axis.axis, value.requested)),
            }
            for value in axis.values[:SHOWN_VALUES]
        ],
    }


def _changes(view: View) -> dict[str, Any] | None:
    runs = [chapter for chapter in view.board.chapters if chapter.matrix]
    if len(runs) < 2:
        return None
    new, old = runs[:2]
    found = compare(_sides(old), _sides(new), old_run=old.run, new_run=new.run)
    counts = dict(found.counts)
    return {
        "old": old.run,
        "day": old.started,
        "same": counts.pop(Category.SAME),
        "counts": [
            {
                "count": count,
                "words": category.value.replace("-", " "),
                "href": f"compare.html#old={old.run}&new={new.run}&category={category.value}",
            }
            for category, count in counts.items()
            if count
        ],
    }


def _sides(chapter: Chapter) -> dict[Any, Any]:
    return {entry.cell: entry.side for entry in chapter.matrix}
