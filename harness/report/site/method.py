"""Data and method, and what is flaky."""

from __future__ import annotations

from typing import Any, assert_never

from harness.analysis.chapters import histories
from harness.analysis.flaky import unsteady
from harness.model.verdict import State
from harness.report.site.marks import mark
from harness.report.site.render import day, moment
from harness.report.site.view import View
from harness.report.site.words import rows, term
from harness.report.style import seconds

SHOWN = 300


def values(view: View) -> dict[str, Any]:
    """Return the values of ``method.html``."""
    report = view.board.report
    plan = report.summary.plan
    is_kept = bool(plan.product)
    lacking = view.reach.lacking
    return {
        "run_facts": _facts(view),
        "states": [
            {"mark": mark(state), "count": count, "href": rows(term("state", state.value)), "meaning": meaning(state)}
            for state, count in report.summary.counts.states
        ],
        "left_out": [
            {
                "pairs": item.nogood.values,
                "cells": item.cells,
                "detail": item.nogood.detail,
                "remedy": item.nogood.remedy,
            }
            for item in plan.left_out[:SHOWN]
        ]
        if is_kept
        else None,
        "left_out_more": max(0, len(plan.left_out) - SHOWN),
        "lacking": lacking[:SHOWN],
        "lacking_more": max(0, len(lacking) - SHOWN),
        "runs": [
            {
                "run": chapter.run,
                "started": chapter.started,
                "cells": len(chapter.matrix),
                "fresh": sum(not entry.is_reused for entry in chapter.matrix),
                "as_of": chapter.as_of,
                "exit": "not ended" if chapter.finished is None else chapter.exit_code,
            }
            for chapter in view.board.chapters
            if chapter.matrix
        ],
    }


def _facts(view: View) -> list[tuple[str, str]]:
    report = view.board.report
    summary = report.summary
    coverage = summary.plan.coverage
    facts = [
        ("Run", f"{summary.run_id}, exit code {int(summary.exit_code)}"),
        ("Started", moment(report.started)),
        ("Ended", moment(report.finished) if report.finished else "not yet, or interrupted"),
        ("Packages as of", day(summary.as_of)),
        ("Matrix", report.matrix),
        ("Machine", report.platform),
        ("harness", report.harness_version),
        ("Asked anew", f"{summary.ran:,}"),
        ("Known from earlier runs", f"{summary.reused:,}"),
        ("Neighbours run to earn a blame", f"{summary.counts.diagnostic:,}"),
        ("Took", seconds(summary.duration_s)),
    ]
    if coverage.feasible:
        strength = f"strength {coverage.strength.value}"
        facts.append(("Plan", f"{coverage.covered:,} of {coverage.feasible:,} tuples planned ({strength})"))
    return [(name, value) for name, value in facts if value]


def meaning(state: State) -> str:
    """Return what a state means, for a person."""
    match state:
        case State.PASS:
            return "The tables are there, the tests passed, the versions seen inside are those asked for."
        case State.FAIL:
            return "The project was reached, and a test, a table or a promise of the mode failed."
        case State.FLAKY:
            return "It failed, then passed on the same lock."
        case State.TIMEOUT:
            return "It was reached and did not end in time."
        case State.CRASH:
            return "The interpreter died."
        case State.ERROR:
            return "The index, a disk, a container or a server failed, or the evidence is not what it should be."
        case State.UNRESOLVABLE:
            return "No set of versions satisfies what it asks for."
        case State.UNSUPPORTED:
            return "No interpreter, no wheel, or Django refuses the server."
        case State.NOT_RUN:
            return "It was planned, and has no answer."
        case _:
            assert_never(state)


def history(view: View) -> dict[str, Any]:
    """Return the values of ``history.html``."""
    runs = [chapter for chapter in view.board.chapters if chapter.matrix]
    return {"runs": runs, "flaky": unsteady(histories(runs))}
