"""Every machine format of a run: whole documents, numbers that agree, and readers that are not ours."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.analysis.compare import Comparison, Side, compare
from harness.analysis.reported import RunReport
from harness.model.verdict import State, Verdict
from harness.report.deliver import deliver
from harness.report.formats import FORMATS, github
from harness.report.formats.document import Document, text
from harness.report.markdown_text import escaped

Check = Callable[[str, str], None]
VENDORED = Path(__file__).parent / "vendored"
TEXTS = [one for one in FORMATS if one.is_text]


def made(report: RunReport, name: str) -> dict[str, str]:
    """Return the documents of a format by their names."""
    (found,) = [one for one in FORMATS if one.name == name]
    return {document.name: text(document) for document in found.make(report)}


def states(report: RunReport) -> dict[str, int]:
    """Return the run's own count of the states that occur."""
    return {state.value: number for state, number in report.summary.counts.states if number}


@pytest.mark.parametrize(
    "name",
    [
        "junit:junit.xml",
        "ctrf:ctrf-report.json",
        "compat:compat.json",
        "markdown:report.md",
        "comment:comment.md",
        "github:github/summary.md",
        "github:github/annotations.txt",
        "shields:shields/harness.json",
        "shields:shields/pytest-django.json",
    ],
)
def test_a_whole_document(run_report: RunReport, is_as_expected: Check, name: str) -> None:
    """As it was accepted."""
    format_name, _, document = name.partition(":")
    is_as_expected(f"formats/{Path(document).name}", made(run_report, format_name)[document])


# Numbers


def junit_states(documents: Iterable[str]) -> Counter[str]:
    """Return the states that JUnit documents give, by junitparser."""
    suites = [suite for document in documents for suite in junitparser.JUnitXml.fromstring(document.encode())]
    return Counter(one.value for suite in suites for one in suite.properties() if one.name == "state")


def test_junit_counts_as_the_run_does(run_report: RunReport) -> None:
    """All cells in one file, each in its own, and GitLab's: each state as often as in the summary."""
    documents = made(run_report, "junit")
    combined = documents.pop("junit.xml")

    assert junit_states([combined]) == states(run_report)
    assert junit_states(documents.values()) == states(run_report)
    assert len(documents) == run_report.summary.counts.cells
    assert made(run_report, "gitlab") == {"gitlab-junit.xml": combined}


def test_junit_is_red_where_the_run_is(run_report: RunReport) -> None:
    """A cell's case fails where nobody declared it, errs where nothing was learnt, and is skipped where it can't be."""
    parsed = junitparser.JUnitXml.fromstring(made(run_report, "junit")["junit.xml"].encode())
    own = [case for suite in parsed for case in suite if case.name == "cell"]
    found = Counter(type(case.result[0]).__name__ if case.result else "Passed" for case in own)
    verdicts = dict(run_report.summary.counts.verdicts)
    counts = dict(run_report.summary.counts.states)

    assert found == {
        "Failure": verdicts[Verdict.UNEXPECTED_FAILURE],
        "Error": counts[State.ERROR] + counts[State.NOT_RUN],
        "Skipped": verdicts[Verdict.EXPECTED_FAILURE] + counts[State.UNSUPPORTED] + counts[State.UNRESOLVABLE],
        "Passed": counts[State.PASS] + counts[State.FLAKY],
    }


def test_junit_names_the_cell_first(run_report: RunReport) -> None:
    """The class name begins with the cell's id; axes are properties; a failing test has its trace."""
    parsed = junitparser.JUnitXml.fromstring(made(run_report, "junit")["junit.xml"].encode())
    for suite in parsed:
        assert all(case.classname.startswith(suite.name) for case in suite)
        axes = dict(item.split("=") for item in suite.name.split(","))
        assert axes.items() <= {one.name: one.value for one in suite.properties()}.items()
    failing = [case for suite in parsed for case in suite if case.result and "test_failed_" in case.name]
    assert failing
    assert all("alert(1)" in case.result[0].text and case.result[0].text.startswith("E ") for case in failing)


def test_ctrf_fits_its_schema_and_counts_as_the_run_does(run_report: RunReport) -> None:
    """The published schema of CTRF accepts it; its numbers are those of its tests, and of the run's cells."""
    schema = json.loads((VENDORED / "ctrf" / "ctrf-schema-0.0.json").read_text(encoding="utf-8"))
    document = json.loads(made(run_report, "ctrf")["ctrf-report.json"])
    jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())
    summary, tests = document["results"]["summary"], document["results"]["tests"]

    assert Counter(test["rawStatus"] for test in tests if "cell" in test.get("tags", ())) == states(run_report)
    assert summary["extra"]["states"] == {state.value: count for state, count in run_report.summary.counts.states}
    counts = Counter(test["status"] for test in tests)
    assert {name: summary[name] for name in ("passed", "failed", "skipped", "pending", "other")} == {
        name: counts[name] for name in ("passed", "failed", "skipped", "pending", "other")
    }
    assert summary["tests"] == len(tests)
    assert summary["flaky"] == dict(run_report.summary.counts.states)[State.FLAKY]


def test_a_ctrf_document_with_something_more_is_refused(run_report: RunReport) -> None:
    """The schema does look: a planted key is an error."""
    schema = json.loads((VENDORED / "ctrf" / "ctrf-schema-0.0.json").read_text(encoding="utf-8"))
    document = json.loads(made(run_report, "ctrf")["ctrf-report.json"])
    document["results"]["tests"][0]["state"] = "pass"
    with pytest.raises(jsonschema.ValidationError, match="state"):
        jsonschema.validate(document, schema)


def test_every_line_of_jsonl_fits_the_schema_of_a_record(run_report: RunReport, pytestconfig: pytest.Config) -> None:
    """One record a line, of all cells and neighbours; the states are the run's."""
    schema = json.loads((pytestconfig.rootpath / "docs" / "record.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    lines = [json.loads(line) for line in made(run_report, "jsonl")["records.jsonl"].splitlines()]
    for line in lines:
        validator.validate(line)
    own = [line["conclusion"] for line in lines if line["conclusion"]["purpose"] == "matrix"]

    assert Counter(one["judgement"]["observation"]["state"] for one in own) == states(run_report)
    assert len(lines) - len(own) == run_report.summary.counts.diagnostic


def test_compat_fits_its_schema_and_has_every_cell_once(run_report: RunReport, pytestconfig: pytest.Config) -> None:
    """For each package every cell of the run is in one range, and passes, fails or shows neither."""
    schema = json.loads((pytestconfig.rootpath / "docs" / "compat.schema.json").read_text(encoding="utf-8"))
    document = json.loads(made(run_report, "compat")["compat.json"])
    jsonschema.Draft202012Validator(schema).validate(document)
    counts = dict(run_report.summary.counts.states)
    failing = sum(number for state, number in counts.items() if state.is_failure)

    assert dict(document["states"]) == {state.value: number for state, number in counts.items()}
    for package in document["packages"]:
        ranges = [item for name in ("works", "fails", "depends", "not_tested") for item in package[name]]
        cells = Counter(cell for item in ranges for cell in (*item["passing"], *item["failing"], *item["other"]))
        assert set(cells.values()) == {1}
        assert len(cells) == run_report.summary.counts.cells
        assert sum(len(item["passing"]) for item in ranges) == counts[State.PASS]
        assert sum(len(item["failing"]) for item in ranges) == failing
        assert not any(item["failing"] for item in package["works"] + package["not_tested"])
        assert all(item["conditions"] for item in package["depends"] + package["fails"])


def test_badges_show_their_denominators(run_report: RunReport) -> None:
    """Cells that can be tested, versions that were; every document is what shields.io's endpoint wants."""
    counts = dict(run_report.summary.counts.states)
    testable = run_report.summary.counts.cells - counts[State.UNSUPPORTED] - counts[State.UNRESOLVABLE]
    badges = {name: json.loads(document) for name, document in made(run_report, "shields").items()}

    percent = counts[State.PASS] * 100 // testable
    assert badges["shields/harness.json"]["message"] == f"{percent}% of {testable} cells pass"
    assert set(badges) == {
        f"shields/{name}.json" for name in ("harness", "django", "pytest", "pytest-django", "python")
    }
    for badge in badges.values():
        assert set(badge) == {"schemaVersion", "label", "message", "color"}
        assert badge["schemaVersion"] == 1


def parse_markdown(document: str) -> list[Token]:
    """Return the tokens of a document as GitHub reads it: HTML, tables and bare links count."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    return [token for one in parser.parse(document) for token in (one, *(one.children or ()))]


def table(document: str) -> dict[str, int]:
    """Return the first table's rows as a reader of Markdown sees them."""
    tokens = parse_markdown(document)
    cells = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "td_open"]
    return {cells[at].split()[-1]: int(cells[at + 1]) for at in range(0, len(cells), 2)}


@pytest.mark.parametrize(("name", "document"), [("markdown", "report.md"), ("github", "github/summary.md")])
def test_markdown_counts_as_the_run_does(run_report: RunReport, name: str, document: str) -> None:
    """The table has each state that occurs, and all; each failure is a heading."""
    found = made(run_report, name)[document]

    assert table(found) == states(run_report) | {"all": run_report.summary.counts.cells}
    headings = [token for token in parse_markdown(found) if token.type == "heading_open"]
    assert len(headings) == 1 + len(run_report.summary.groups)


def test_every_format_counts_the_same_tests(run_report: RunReport) -> None:
    """JUnit, CTRF and JSON Lines have as many tests of cells, by what came of them."""
    parsed = junitparser.JUnitXml.fromstring(made(run_report, "junit")["junit.xml"].encode())
    junit = sum(case.name != "cell" for suite in parsed for case in suite)
    ctrf = json.loads(made(run_report, "ctrf")["ctrf-report.json"])["results"]["tests"]
    lines = [json.loads(line) for line in made(run_report, "jsonl")["records.jsonl"].splitlines()]
    outcomes = Counter(
        test["outcome"]
        for line in lines
        if line["conclusion"]["purpose"] == "matrix"
        for trial in line["record"]["trials"]
        for process in trial["evidence"]["processes"]
        for test in process["tests"]
    )

    assert outcomes["failed"]
    assert junit == sum(outcomes.values())
    assert Counter(test["rawStatus"] for test in ctrf if "tags" not in test) == outcomes


# Untrusted text


def harm_in_text(document: str) -> list[str]:
    """Return the characters that steer a terminal or hide text, and the lines that a CI obeys."""
    steering = [char for char in document if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cf", "Cs")]
    commands = [line for line in document.splitlines() if line.strip().startswith("::") or "##[" in line]
    return [repr(char) for char in steering] + commands


def harm_in_markdown(document: str) -> list[str]:
    """Return what a reader of Markdown would make of untrusted text: HTML, links, pictures, headings, emphasis."""
    made = ("html_block", "html_inline", "link_open", "image", "hr", "em_open", "s_open", "blockquote_open")
    return [f"{token.type} {token.content}" for token in parse_markdown(document) if token.type in made]


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
def test_no_document_steers_a_terminal_or_a_ci(run_report: RunReport, one: Any) -> None:
    """Names, messages and traces of the run above hold all that does harm; annotations are commands by intent."""
    for name, document in made(run_report, one.name).items():
        if name == "github/annotations.txt":
            assert all(line.startswith("::error title=harness") for line in document.splitlines())
            document = document.replace("::error title=harness", "")
        assert harm_in_text(document) == [], name


@pytest.mark.parametrize("name", ["junit", "gitlab"])
def test_xml_is_read_by_a_parser_that_checks(run_report: RunReport, name: str) -> None:
    """Well-formed, with no element beside JUnit's, and what was in a name or message is readable in it."""
    said = ""
    for document in made(run_report, name).values():
        root = ElementTree.fromstring(document)
        said += "".join(root.itertext())
        tags = {element.tag for element in root.iter()}
        assert tags <= {
            "testsuites",
            "testsuite",
            "properties",
            "property",
            "testcase",
            "failure",
            "error",
            "skipped",
        }
    assert "</script><script>alert(1)" in said
    assert "\\u0000\\u0008\\u009b2J \\ud800 \\ufdd0\\uffff \\u2066x" in said
    assert "\n::error::injected" in said


@pytest.mark.parametrize("name", ["markdown", "github"])
def test_markdown_holds_no_markup_of_a_cell(run_report: RunReport, name: str) -> None:
    """Only our own headings, lists, tables and code."""
    documents = {key: one for key, one in made(run_report, name).items() if key.endswith(".md")}
    for key, document in documents.items():
        found = [harm for harm in harm_in_markdown(document) if not harm.startswith("blockquote_open")]
        assert found == [], key
    if name == "markdown":
        assert "alert(1)" in documents["report.md"]


def test_harm_is_seen(run_report: RunReport) -> None:
    """The checks above do find it where text is not escaped."""
    failure = next(
        test.failure
        for record in run_report.archive.records()
        for trial in record.trials
        for test in trial.evidence.tests()
        if test.failure
    )
    seen = harm_in_markdown(f"- {failure.message}\n\nhttps://x.test *y*")
    assert {one.split()[0] for one in seen} >= {"html_inline", "html_block", "link_open", "em_open"}
    assert {"'\\x00'", "'\\u2066'", "'\\ud800'", "::error::injected", "##[error]old"} <= set(
        harm_in_text(failure.message)
    )
    assert harm_in_markdown(escaped(failure.message)) == []
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(f"<x>{failure.message}</x>".encode("utf-8", "surrogatepass"))


# GitHub


def test_annotations_are_for_new_failures_only(run_report: RunReport) -> None:
    """The crash was there in the run before; what is declared is no news either."""
    lines = made(run_report, "github")["github/annotations.txt"].splitlines()

    assert len(lines) == 2
    assert not any("crash" in line or "_pre_setup" in line for line in lines)


def test_without_a_run_before_every_undeclared_failure_is_new(run_report: RunReport) -> None:
    """Three groups of them."""
    lines = github.commands(run_report, None).splitlines()

    assert (
        len(lines) == sum(not group.is_expected and group.state.is_failure for group in run_report.summary.groups) == 3
    )


def test_no_more_annotations_than_github_shows(run_report: RunReport, many_failures: RunReport) -> None:
    """Ten at the most: the last one counts those that have none of their own."""
    lines = github.commands(many_failures, None).splitlines()

    assert len(lines) == github.MOST_ANNOTATIONS
    assert "16 more new failures, in 16 cells" in lines[-1]


def test_a_change_of_nothing_annotates_nothing(run_report: RunReport) -> None:
    """The same failures as in the run before."""
    sides = {
        one.cell: Side(state=one.state, verdict=one.judgement.verdict, signature=one.signature)
        for one in run_report.summary.conclusions
    }
    same: Comparison = compare(sides, sides, old_run=6, new_run=7)

    assert github.commands(run_report, same) == ""


def test_a_summary_keeps_its_limit(many_failures: RunReport) -> None:
    """What does not fit is counted, in bytes of UTF-8 and not in characters."""
    whole = github.summary(many_failures, None)
    cut = github.summary(many_failures, None, limit_bytes=8_000)

    assert "parts of" not in whole
    assert len(cut.encode()) <= 8_000
    assert len(cut.encode()) > 6_000
    assert cut.startswith("## harness run 7")
    shown = cut.count("\n### ")
    assert f"{29 - shown} parts of 30 cut" in cut


def test_the_limit_leaves_room_for_what_is_there(many_failures: RunReport) -> None:
    """With no room at all, only the number of parts that were cut is said."""
    assert github.summary(many_failures, None, limit_bytes=0).startswith("30 parts of 30 cut")


def test_the_step_summary_is_kept_whole(run_report: RunReport, tmp_path: Path) -> None:
    """It begins a line of its own; where GitHub would take nothing more, and drop all, it is printed."""
    path, chosen = tmp_path / "summary.md", [one for one in FORMATS if one.name == "github"]
    environ = {"GITHUB_STEP_SUMMARY": str(path)}
    path.write_text("no end of line")
    printed = list(deliver(chosen, run_report, "", environ))
    assert path.read_text().startswith("no end of line\n## harness run")
    path.write_text(full := "x" * (github.LIMIT_BYTES - 10))
    told = list(deliver(chosen, run_report, "", environ))
    assert path.read_text() == full
    assert told[0].startswith("## harness run")
    assert told[1:] == printed


@pytest.fixture
def many_failures(run_report: RunReport) -> RunReport:
    """That run with 25 failures more of which each is another."""
    from dataclasses import replace

    from harness.analysis.group import groups
    from harness.analysis.summary import RunSummary
    from harness.model.verdict import Signature

    summary: RunSummary = run_report.summary
    failing = [one for one in summary.conclusions if one.state is State.FAIL][:1]
    undeclared = replace(
        failing[0], judgement=replace(failing[0].judgement, verdict=Verdict.UNEXPECTED_FAILURE, expectation=None)
    )
    many = [
        replace(
            undeclared,
            judgement=replace(
                undeclared.judgement,
                observation=replace(
                    undeclared.observation,
                    reason=f"größer als {number}",
                    signature=Signature(type=f"Error{number}", frame="", message="größer"),
                ),
            ),
        )
        for number in range(25)
    ]
    return replace(run_report, summary=replace(summary, groups=groups(many)))


def test_the_list_of_formats_is_sorted_and_every_name_is_used_once() -> None:
    """As `harness report` prints it."""
    names = [one.name for one in FORMATS]
    assert names == sorted(set(names))


def test_documents_of_different_formats_have_different_names(run_report: RunReport) -> None:
    """All formats can be written into one folder."""
    names = [document.name for one in FORMATS for document in one.make(run_report)]
    assert len(names) == len(set(names))


def test_a_document_without_text_says_so(run_report: RunReport) -> None:
    """The store is copied, not printed."""
    (copy,) = next(one for one in FORMATS if one.name == "sqlite").make(run_report)
    with pytest.raises(TypeError, match=r"store\.sqlite is no text"):
        text(copy)
    assert isinstance(copy, Document)
