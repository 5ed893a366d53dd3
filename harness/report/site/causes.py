"""The pages of failures: when each occurs, whose fault it is, what to do."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from harness.analysis.chapters import Step
from harness.analysis.conclude import Conclusion
from harness.analysis.detail import failures
from harness.analysis.explain.findings import Rule
from harness.analysis.group import Group
from harness.analysis.order import title
from harness.model.cell import Cell
from harness.model.condition import is_version_axis
from harness.model.finding import Finding
from harness.model.verdict import State
from harness.report.formats.failure_markdown import section
from harness.report.site.frame import frame
from harness.report.site.marks import mark
from harness.report.site.render import page
from harness.report.site.view import View
from harness.report.site.words import cause_page, cell_page, rows, term

SHOWN_RULES = 3
SHOWN_COUNTER = 12
SHOWN_CELLS = 50
NAME_CHARACTERS = 140


def listed(view: View) -> list[dict[str, Any]]:
    """Return a short form of each cause, the unexpected first, then those of more cells."""
    found = [_short(groups, view) for groups in _by_signature(view)]
    return sorted(found, key=lambda cause: (cause["mark"].tone == "known", -cause["count"], cause["id"]))


def pages(view: View) -> Iterator[tuple[str, str]]:
    """Yield the list of causes, then a page for each."""
    yield "causes.html", page("causes.html", **frame(view.board, "causes"), causes=listed(view))
    for groups in _by_signature(view):
        yield (
            cause_page(groups[0].signature.id),
            page("cause.html", **frame(view.board, "cause"), **_whole(groups, view)),
        )


def _by_signature(view: View) -> list[list[Group]]:
    """Return the groups of a run, those of one signature together: a page is about a failure, declared or not."""
    found: dict[str, list[Group]] = {}
    for group in view.board.report.summary.groups:
        found.setdefault(group.signature.id, []).append(group)
    return list(found.values())


def _short(groups: Sequence[Group], view: View) -> dict[str, Any]:
    first = groups[0]
    rules = _rules(first, view)
    remedy = next((remedy for rule in rules for remedy in rule.remedies), None)
    declared = next((group for group in groups if group.is_expected), None)
    where = f" where {remedy.condition}" if remedy and remedy.condition else ""
    return {
        "id": first.signature.id,
        "name": name(first),
        "frame": first.signature.frame,
        "href": cause_page(first.signature.id),
        "mark": mark(first.state, is_expected=first.is_expected),
        "count": sum(len(group.cells) for group in groups),
        "cells_href": rows(term("cause", first.signature.id)),
        "blame": first.blame.blame.value,
        "rules": [{"text": rule.text, "standing": rule.standing.value} for rule in rules[:SHOWN_RULES]],
        "declared": declared.reason if declared else "",
        "issue": declared.issue if declared else "",
        "requirement": f"{remedy.requirement}{where}" if remedy else "",
        "todo": _todo(first.blame.finding) if first.blame.finding else "",
    }


def _todo(finding: Finding) -> str:
    """Return what to change in the project, by the doctor, and where."""
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    return f"{finding.title}: {finding.todo}{f' ({place})' if place else ''}"


def name(group: Group) -> str:
    """Return a failure in a line."""
    signature = group.signature
    text = f"{signature.type}: {signature.message}" if signature.message else signature.type
    return text if len(text) <= NAME_CHARACTERS else f"{text[: NAME_CHARACTERS - 1]}…"


def _rules(group: Group, view: View) -> list[Rule]:
    return [rule for rule in view.board.report.summary.explanation.rules if rule.signature == group.signature]


def _whole(groups: Sequence[Group], view: View) -> dict[str, Any]:
    first = groups[0]
    report = view.board.report
    rules = _rules(first, view)
    cells = [one for group in groups for one in group.cells]
    blame = first.blame
    return {
        "cause": {
            **_short(groups, view),
            "reason": cells[0].observation.reason,
            "why": blame.why,
            "suspects": ", ".join(suspect.value for suspect in blame.suspects),
        },
        "rules": [_rule(rule) for rule in rules],
        "explain": f"{report.command} explain{report.tail} --refine",
        "bisect": f"{report.command} bisect{report.tail}",
        "again": f"{report.command} run{report.tail} --rerun --cell {shlex.quote(cells[0].cell.id)}",
        "repro": f"{report.command} repro{report.tail} {shlex.quote(cells[0].cell.id)}",
        "ladders": list(_ladders(rules, cells[0], view)),
        "trace": _trace(cells[0], first, view),
        "cells": [
            {
                "id": one.cell.id,
                "href": cell_page(one.cell.id),
                "mark": mark(one.state, verdict=one.judgement.verdict),
            }
            for one in cells[:SHOWN_CELLS]
        ],
        "cells_more": max(0, len(cells) - SHOWN_CELLS),
        "markdown": "\n".join(section(group, report) for group in groups),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    shown = rule.counter_examples[:SHOWN_COUNTER]
    return {
        "text": rule.text,
        "standing": rule.standing.value,
        "support": rule.support,
        "counter": [
            {
                "axis": title(example.axis),
                "value": Cell.parse(example.passing).as_dict().get(example.axis, ""),
                "instead": Cell.parse(example.failing).as_dict().get(example.axis, ""),
                "cell": example.passing,
                "href": cell_page(example.passing),
            }
            for example in shown
        ],
        "counter_more": len(rule.counter_examples) - len(shown),
        "remedies": rule.remedies,
        "lacking": rule.lacking,
        "alternatives": rule.alternatives,
        "expect": rule.expect,
    }


def _ladders(rules: Sequence[Rule], one: Conclusion, view: View) -> Iterator[dict[str, Any]]:
    """Yield what is known along each version axis that a rule names, starting from one failing cell."""
    axes = dict.fromkeys(item.axis for rule in rules for item in rule.predicates if is_version_axis(item.axis))
    for axis in axes:
        own = {cell for rule in rules for cell in rule.support if any(item.axis == axis for item in rule.predicates)}
        ladders = [
            view.ladders.of(axis, Cell.parse(cell), rules[0].signature.id)
            for cell in sorted(own)[:SHOWN_COUNTER] or [one.cell.id]
        ]
        steps = max(ladders, key=len, default=())
        if len(steps) > 1:
            yield {
                "axis": title(axis),
                "steps": [{"version": step.version, "mark": mark(step.state)} for step in steps],
                "said": _said(steps),
            }


def _said(steps: Sequence[Step]) -> str:
    """Say between which versions the failure begins and ends."""
    parts = []
    for old, new in itertools.pairwise(steps):
        if old.state is State.PASS and new.is_same_failure:
            parts.append(f"{old.version} passes, {new.version} fails so")
        elif old.is_same_failure and new.state is State.PASS:
            parts.append(f"{old.version} fails so, {new.version} passes")
    return f"{'; '.join(parts)}." if parts else ""


def _trace(one: Conclusion, group: Group, view: View) -> dict[str, Any] | None:
    trials = view.board.report.archive.record(one.cell.id).deciding()
    told = failures(trials[-1]) if trials else ()
    own = [failure for failure in told if failure.signature == group.signature.id] or list(told)
    if not own:
        return None
    text = own[0].trace or own[0].message
    return {"href": cell_page(one.cell.id), "test": own[0].test, "text": text} if text else None
