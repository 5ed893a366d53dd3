"""What the pages of cells show beside the index: of every cell a little, of each that failed its traces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from harness.analysis.conclude import Conclusion
from harness.analysis.dashboard import Dashboard
from harness.analysis.detail import (
    CellDetail,
    DatabaseDetail,
    FailureDetail,
    TrialDetail,
    failures,
    trial_title,
)
from harness.analysis.query import cause_of
from harness.model import codec
from harness.model.cell import Cell
from harness.model.evidence import Outcome
from harness.model.record import Record, Timings
from harness.model.verdict import BlameFinding, State
from harness.report.site.data import Index, Pool
from harness.report.site.words import key
from harness.report.style import seconds

LETTERS = {
    Outcome.PASSED: "p",
    Outcome.FAILED: "f",
    Outcome.ERROR: "e",
    Outcome.SKIPPED: "s",
    Outcome.XFAILED: "x",
    Outcome.XPASSED: "X",
}


def details_of(board: Dashboard) -> dict[str, Any]:
    """Return what the pages of all cells of the report's run show beside the index."""
    index = Index(tuple(chapter for chapter in board.chapters if chapter.matrix))
    pool: Pool[str] = Pool()
    testsets: Pool[tuple[str, ...]] = Pool()
    found = {}
    for one in board.report.summary.conclusions:
        told = board.details[one.cell.id]
        found[index.number[one.cell]] = [
            [_trial(trial, pool) for trial in told.trials],
            testsets[tuple(test for test, _ in told.tests)],
            _lengths(told),
            pool[json.dumps(one.observation.reason if not is_failing(one) else "")],
        ]
    return {
        "cells": found,
        "own": [index.number[one.cell] for one in board.report.summary.conclusions if is_failing(one)],
        "pool": [json.loads(text) for text in pool.values()],
        "testsets": testsets.values(),
    }


def is_failing(one: Conclusion) -> bool:
    """Tell whether a cell has a file of its own: it did not simply pass, and something ran."""
    return one.state not in (State.PASS, State.NOT_RUN, State.UNRESOLVABLE) or one.judgement.expectation is not None


def _trial(trial: TrialDetail, pool: Pool[str]) -> list[Any]:
    """Return an attempt's title, then what is told of it: pairs, by their number where others have them, too."""
    own = [["Started", trial.started.isoformat(timespec="seconds")], ["Time", _spent(trial.timings)]]
    return [trial.title, *(pool[json.dumps(pair)] for pair in facts_of(trial)), *own]


def _spent(timings: Timings) -> str:
    phases = {
        "environment": timings.environment_s,
        "server": timings.server_s,
        "copy": timings.copy_s,
        "tests": timings.test_s,
    }
    return ", ".join(f"{phase} {seconds(spent_s)}" for phase, spent_s in phases.items())


def facts_of(trial: TrialDetail) -> Iterator[tuple[str, str | list[str]]]:
    """Yield what is told of an attempt: names with a text, or with several."""
    complete = f"complete, from {trial.processes} process{'' if trial.processes == 1 else 'es'}"
    told: tuple[tuple[str, str | list[str]], ...] = (
        ("Ended", f"{trial.ended}: {trial.message}" if trial.message else trial.ended),
        ("Tests", ", ".join(f"{count} {outcome.value}" for outcome, count in trial.outcomes) or "none reported"),
        ("Interpreter", f"{trial.interpreter} on {trial.platform}" if trial.interpreter else ""),
        ("Server", trial.server),
        ("Digest", trial.digest),
        ("Settings", trial.settings),
        ("Ini file", trial.ini_file),
        ("Set up by", list(trial.set_up_by)),
        ("Databases", [_database(seen) for seen in trial.databases]),
        ("Evidence", list(trial.problems) or (complete if trial.processes else "none")),
        ("Lock", trial.lock),
    )
    return (pair for pair in told if pair[1])


def _database(seen: DatabaseDetail) -> str:
    missing = f", missing: {', '.join(seen.missing)}" if seen.missing else ""
    unapplied = f", {seen.unapplied} not" if seen.unapplied else ""
    return (
        f"{seen.alias}: {seen.vendor} {seen.version}, {seen.expected} tables expected, {seen.real} there{missing};"
        f" {seen.applied} migrations applied{unapplied}; {seen.created} tables created while setting up"
    )


def _lengths(told: CellDetail) -> str:
    """Return the outcomes of the tests in their order, each letter behind its number: ``99p1f100p``."""
    letters = (LETTERS[outcome] for _, outcome in told.tests)
    return "".join(f"{sum(1 for _ in group)}{letter}" for letter, group in groupby(letters))


def told_failures(record: Record) -> list[tuple[str, tuple[FailureDetail, ...]]]:
    """Return the failures of each attempt that had any, under its title."""
    found = [(trial_title(trial.attempt), failures(trial)) for trial in record.trials]
    return [(title, told) for title, told in found if told]


def failing_cell(
    one: Conclusion,
    told: Sequence[tuple[str, Sequence[FailureDetail]]],
    log: str,
    near: Cell | None,
    blame: BlameFinding | None,
) -> dict[str, Any]:
    """Return what the page of a cell that failed shows beside all else; *blame* is that of its failure in all cells."""
    entry = one.judgement.expectation
    return {
        "reason": one.observation.reason,
        "declared": f"{entry.state}: {entry.reason}" if entry else "",
        "issue": entry.issue if entry else "",
        "cause": cause_of(one),
        "blame": blame.blame.value if blame else "",
        "why": blame.why if blame else "",
        "suspects": [suspect.value for suspect in blame.suspects] if blame else [],
        "control": one.control.value if one.control else "",
        "failures": [[title, codec.to_plain(tuple(found))] for title, found in told],
        "log": log,
        "near": key(near.id) if near else "",
    }
