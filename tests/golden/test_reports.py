"""Every report as a whole document. A change is accepted with `python -m pytest tests/golden --accept`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from harness.analysis.bisect.view import BisectView
from harness.analysis.compare import Comparison
from harness.analysis.explain.findings import explain_run
from harness.analysis.reported import RunReport
from harness.analysis.summary import RunSummary
from harness.analysis.view import RecordView
from harness.model import codec
from harness.model.verdict import State
from harness.plan.view import PlanView
from harness.report import (
    bisect_json,
    bisect_markdown,
    bisect_text,
    compare_json,
    compare_text,
    explain_json,
    plan_json,
    plan_text,
    record_json,
    record_text,
    run_json,
    run_text,
)
from harness.report.formats import compat
from harness.report.formats.document import text as text_of
from harness.report.schemas import Document, kind, schema

LOGS = Path(".harness/logs")
Check = Callable[[str, str], None]


@pytest.mark.parametrize("is_verbose", [False, True], ids=["plain", "verbose"])
def test_a_run_as_text(run_summary: RunSummary, render, is_as_expected: Check, is_verbose: bool) -> None:
    """Grid, failures by signature with blame, odd passes, what is left out, a headline of all states."""
    text = render(
        run_text.summary(run_summary, LOGS, is_verbose=is_verbose, command="harness run", repro="harness repro")
    )
    is_as_expected("run-verbose.txt" if is_verbose else "run.txt", text)


def test_a_run_of_known_answers_as_text(known_summary: RunSummary, render, is_as_expected: Check) -> None:
    """It says that it ran nothing."""
    text = render(run_text.summary(known_summary, LOGS, is_verbose=False, command="harness run", repro="harness repro"))
    is_as_expected("run-known.txt", text)


def test_a_failure_that_the_doctor_explains_as_text(
    examined_summary: RunSummary, record_view: RecordView, render, is_as_expected: Check
) -> None:
    """The cause in the project takes the place of the missing table, with what to change; the record has the rest."""
    text = render(
        run_text.summary(examined_summary, LOGS, is_verbose=False, command="harness run", repro="harness repro")
    )
    is_as_expected("run-examined.txt", text)
    view = replace(record_view, conclusion=examined_summary.conclusions[0])
    shown = render(record_text.record(view, LOGS, is_log_wanted=False, repro="harness repro"))
    is_as_expected("record-examined.txt", shown.partition("matrix, pytest-django, attempt 1")[0])


def test_a_failure_that_the_doctor_explains_as_json(examined_summary: RunSummary, is_as_expected: Check) -> None:
    """The cell names the cause, its group has the finding."""
    is_as_expected("run-examined.json", run_json.document(examined_summary) + "\n")


def test_the_headline_counts_every_state_that_occurs(run_summary: RunSummary) -> None:
    """Nothing is hidden: each state with its number, errors too."""
    said = run_text.headline(run_summary).plain
    counts = dict(run_summary.counts.states)
    assert {state for state in State if counts[state]} >= {State.PASS, State.FAIL, State.ERROR, State.FLAKY}
    for state in State:
        assert (f"{counts[state]} {state.value}" in said) == (counts[state] > 0)


def test_a_plan_as_text(plan_view: PlanView, render, is_as_expected: Check) -> None:
    """Cells, what is left out with reason and remedy, coverage with what is missing, the estimate."""
    is_as_expected("plan.txt", render(plan_text.plan(plan_view)))


@pytest.mark.parametrize("is_log_wanted", [False, True], ids=["plain", "log"])
def test_a_record_as_text(
    record_view: RecordView, render, is_as_expected: Check, is_log_wanted: bool, tmp_path: Path, monkeypatch
) -> None:
    """All that is known of a cell: attempts, versions, tables, tests, and its log where asked for."""
    monkeypatch.chdir(tmp_path)
    LOGS.mkdir(parents=True)
    (LOGS / record_view.conclusion.log).write_text("collected 3 items\n\x1b[31mFAILED\x1b[0m\n")
    text = render(record_text.record(record_view, LOGS, is_log_wanted=is_log_wanted, repro="harness repro"))
    is_as_expected("record-log.txt" if is_log_wanted else "record.txt", text)


def test_a_run_as_json(run_summary: RunSummary, is_as_expected: Check) -> None:
    """The document of `harness run --json`."""
    is_as_expected("run.json", run_json.document(run_summary) + "\n")


def test_a_plan_as_json(plan_view: PlanView, is_as_expected: Check) -> None:
    """The document of `harness plan --json`."""
    is_as_expected("plan.json", plan_json.document(plan_view) + "\n")


def test_a_record_as_json(record_view: RecordView, is_as_expected: Check) -> None:
    """The document of `harness show --json`."""
    is_as_expected("record.json", record_json.document(record_view) + "\n")


def test_a_bisection_as_text(bisect_view: BisectView, render, is_as_expected: Check) -> None:
    """The table, what was found, what it rests on, how to see it again."""
    is_as_expected("bisect.txt", render(bisect_text.result(bisect_view)))


def test_a_bisection_as_markdown(bisect_view: BisectView, is_as_expected: Check) -> None:
    """What is pasted into an issue: no Markdown of a cell's is read."""
    is_as_expected("bisect.md", bisect_markdown.report(bisect_view))


def test_a_bisection_as_json(bisect_view: BisectView, is_as_expected: Check) -> None:
    """The document of `harness bisect --json`."""
    is_as_expected("bisect.json", bisect_json.document(bisect_view, 0) + "\n")


@pytest.mark.parametrize("is_verbose", [False, True], ids=["plain", "verbose"])
def test_a_comparison_as_text(comparison: Comparison, render, is_as_expected: Check, is_verbose: bool) -> None:
    """Every change with what moved beside it, and numbers that add up."""
    text = render(compare_text.comparison(comparison, is_verbose=is_verbose))
    is_as_expected("compare-verbose.txt" if is_verbose else "compare.txt", text)


def test_a_comparison_as_json(comparison: Comparison, is_as_expected: Check) -> None:
    """The document of `harness compare --json`."""
    is_as_expected("compare.json", compare_json.document(comparison, 1) + "\n")


@pytest.mark.parametrize(
    "document",
    # those that are not here have tests beside their reports: in tests/unit/report, or here under their names
    [Document.RUN, Document.PLAN, Document.RECORD, Document.BISECT, Document.COMPARE, Document.COMPAT],
    ids=lambda item: item.value,
)
def test_a_document_fits_its_schema(
    document: Document,
    run_summary: RunSummary,
    plan_view: PlanView,
    record_view: RecordView,
    bisect_view: BisectView,
    comparison: Comparison,
    run_report: RunReport,
) -> None:
    """What is written is read back, by the types that the schema is made of and by our own codec, as it was."""
    text = {
        Document.RUN: run_json.document(run_summary),
        Document.PLAN: plan_json.document(plan_view),
        Document.RECORD: record_json.document(record_view),
        Document.BISECT: bisect_json.document(bisect_view, 0),
        Document.COMPARE: compare_json.document(comparison, 1),
        Document.EXPLAIN: explain_json.document(explain_run(run_summary.conclusions, (), (), run=1)),
        Document.COMPAT: text_of(next(compat.documents(run_report))),
    }[document]
    by_pydantic = TypeAdapter(kind(document)).validate_json(text)
    assert by_pydantic == codec.loads(kind(document), text)
    assert codec.to_plain(by_pydantic) == json.loads(text)
    described = set(json.loads(schema(document))["properties"])
    assert set(json.loads(text)) == described


@pytest.mark.parametrize("document", list(Document), ids=lambda item: item.value)
def test_the_published_schema_is_current(document: Document, pytestconfig: pytest.Config) -> None:
    """docs/*.schema.json are what the code prints."""
    path = pytestconfig.rootpath / "docs" / f"{document.value}.schema.json"
    published = path.read_text(encoding="utf-8") if path.exists() else ""
    command = f"python -m harness config schema {document.value} > docs/{document.value}.schema.json"
    assert published == schema(document), f"accept with: {command}"


@pytest.mark.parametrize(
    "name", ["run.txt", "run-verbose.txt", "plan.txt", "record.txt", "record-log.txt", "bisect.txt", "compare.txt"]
)
def test_no_text_holds_what_could_steer_a_terminal(name: str) -> None:
    """Untrusted text in the values above has escape sequences, markup and overrides: all made visible."""
    text = (Path(__file__).parent / "expected" / name).read_text(encoding="utf-8")
    assert not set(text) & {"\x1b", "\u202e"}
    if name != "plan.txt":
        assert "\\u001b[31mred" in text or "\\u001b[31mFAILED" in text


def test_a_change_is_seen(run_summary: RunSummary, is_as_expected: Check, request) -> None:
    """One character more, and the comparison fails and says how to accept it."""
    if request.config.getoption("--accept", default=False):
        pytest.skip("accepting")
    with pytest.raises(AssertionError, match="pytest tests/golden --accept"):
        is_as_expected("run.json", run_json.document(run_summary) + " \n")
