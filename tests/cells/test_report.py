"""`harness report`: what a hostile project says comes out inert in every format, and numbers agree with the run's."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import subprocess
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import junitparser
import pytest
from markdown_it import MarkdownIt

from harness import config
from harness.report import run_json
from harness.report.formats import FORMATS
from harness.workflow import place as places
from harness.workflow.report import open_report

TOKEN = "ghp_planted0123456789abcdef"
ALL = [word for one in FORMATS for word in ("--format", one.name)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def hostile(once, shared_folder: Path, environ, matrix, checkout_type) -> dict[str, Any]:
    """A run of a hostile project beside a good one, on SQLite and PostgreSQL, with all of its reports."""

    def build() -> dict[str, Any]:
        folder = shared_folder / "hostile"
        folder.mkdir()
        checkout = checkout_type(folder=folder, environ=environ | {"TMPDIR": str(folder), "GITHUB_TOKEN": TOKEN})
        folder.chmod(0o711)
        checkout.matrix(matrix("hostile", "minimal", database=("sqlite-memory", "postgres-17")))
        ran = checkout.run("--json")
        summary = folder / "step-summary.md"
        summary.write_text("# what another command said\n")
        reported = checkout.harness("report", *ALL, "--output", "out/")
        github = checkout.harness("report", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(summary)})
        again = checkout.run("--json")
        return {
            "folder": str(folder),
            "code": ran.code,
            "run": ran.document,
            "reported": [reported.code, reported.out, reported.err],
            "github": [github.code, github.out, github.err],
            "again": again.document,
            "github_again": checkout.harness("report", "--format", "github").out,
            "printed": {
                one.name: checkout.harness("report", "--format", one.name).out for one in FORMATS if one.is_text
            },
            "first": checkout.harness("report", "--format", "compat", "--run", "1").document,
        }

    return once("hostile-report", build)


def documents(hostile: dict[str, Any]) -> dict[str, str]:
    """Return every text of the report by its name."""
    folder = Path(hostile["folder"]) / "out"
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".sqlite"
    }


def junit_text(document: str) -> str:
    """Return what a reader of JUnit sees."""
    parsed = junitparser.JUnitXml.fromstring(document.encode())
    parts = [case.name + "\n" + "\n".join(one.text or "" for one in case.result) for suite in parsed for case in suite]
    return "\n".join(parts)


def test_the_report_is_made_whatever_the_run_came_to(hostile) -> None:
    """It ends 0 beside a run that ended 1, and prints nothing where it writes files."""
    assert hostile["code"] == 1
    assert hostile["reported"] == [0, "", ""]
    assert {state: number for state, number in hostile["run"]["states"] if number} == {"pass": 2, "fail": 2}


def test_a_run_is_summed_up_again_from_its_records_alone(hostile, environ) -> None:
    """What the store gives is what `harness run --json` printed, but for the time it took."""
    matrix = Path(hostile["folder"]) / "matrix.toml"
    place = places.find(matrix, environ)
    spec = config.load(matrix, today=place.now().date())
    for run, printed in ((1, hostile["run"]), (2, hostile["again"])):
        with open_report(spec, place, run=run, command="harness", tail="") as report:
            document = json.loads(run_json.document(report.summary))
        assert document | {"duration_s": 0} == printed | {"duration_s": 0}
        assert report.notes == ()


def test_the_counts_of_all_formats_are_the_runs(hostile) -> None:
    """JUnit, CTRF, JSON Lines, compat.json and SQLite, each by a reader that is not ours."""
    states = {state: number for state, number in hostile["run"]["states"] if number}
    found = documents(hostile)
    suites = list(junitparser.JUnitXml.fromstring(found["junit.xml"].encode()))
    ctrf = json.loads(found["ctrf-report.json"])["results"]["tests"]
    lines = [json.loads(line) for line in found["records.jsonl"].splitlines()]
    compat = json.loads(found["compat.json"])

    assert Counter(one.value for suite in suites for one in suite.properties() if one.name == "state") == states
    assert Counter(test["rawStatus"] for test in ctrf if "cell" in test.get("tags", ())) == states
    assert Counter(line["conclusion"]["judgement"]["observation"]["state"] for line in lines) == states
    assert {state: number for state, number in compat["states"] if number} == states
    assert json.loads(found["shields/harness.json"])["message"] == "50% of 4 cells pass"
    connection = sqlite3.connect(Path(hostile["folder"]) / "out" / "store.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("SELECT count(*) FROM run_cells WHERE run = 1").fetchone() == (4,)
    connection.close()


def test_no_text_steers_a_terminal_or_a_ci(hostile) -> None:
    """Neither a file, nor what is printed."""
    printed = {f"printed {name}": text for name, text in hostile["printed"].items()}
    for name, text in (documents(hostile) | printed).items():
        steering = {char for char in text if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cf", "Cs")}
        assert steering == set(), name
        own = "::error title=harness"
        lines = [line for line in text.splitlines() if not line.startswith(own)]
        assert [line for line in lines if line.strip().startswith("::")] == [], name
        assert "##[" not in text, name
        assert "##vso[" not in text, name


def test_what_was_said_is_readable(hostile) -> None:
    """As text in JUnit and CTRF; exactly as it was in JSON Lines."""
    found = documents(hostile)
    ctrf = "\n".join(
        test["name"] + test.get("message", "") for test in json.loads(found["ctrf-report.json"])["results"]["tests"]
    )
    for text in (junit_text(found["junit.xml"]), junit_text(found["gitlab-junit.xml"]), ctrf):
        assert "</script></pre><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"'" in text
        assert "]]><failure/><!-- -- ]]>" in text
        assert "\\u001b[31mred" in text
        assert "\\u202eesrever" in text
        assert "before\\u0000after" in text
        assert "half \\udc80 \\ud800 pair" in text
        assert "::error file=x::injected" in text
        assert "test_of_a_hostile_file" in text
    tests = [
        test
        for line in map(json.loads, found["records.jsonl"].splitlines())
        for trial in line["record"]["trials"]
        for process in trial["evidence"]["processes"]
        for test in process["tests"]
    ]
    assert "half \udc80 \ud800 pair" in [(test["failure"] or {}).get("message") for test in tests]
    assert any("test_<img src=x onerror=alert(4)>[l](javascript:1)&']]>\u202e.py" in test["id"] for test in tests)


def test_xml_has_no_element_of_a_cells(hostile) -> None:
    """Every file, the cells' own too."""
    found = {name: text for name, text in documents(hostile).items() if name.endswith(".xml")}
    assert len(found) == 6
    known = {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped"}
    for text in found.values():
        assert {element.tag for element in ElementTree.fromstring(text).iter()} <= known


def test_markdown_has_no_markup_of_a_cells(hostile) -> None:
    """As GitHub reads it: no HTML, links or pictures, and just our headings."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    found = {name: text for name, text in documents(hostile).items() if name.endswith(".md")}
    assert {"report.md", "github/summary.md"} < set(found)
    for name, text in found.items():
        own = text.removeprefix("<!-- harness -->\n")  # by which a comment is found again
        assert (own == text) is (name != "comment.md")
        tokens = [token for one in parser.parse(own) for token in (one, *(one.children or ()))]
        kinds = Counter(token.type for token in tokens)
        assert not kinds.keys() & {"html_block", "html_inline", "link_open", "image", "hr", "em_open"}, name
        assert kinds["heading_open"] == 1 + ("failures" not in name and name != "comment.md"), name


def test_secrets_do_not_get_out(hostile) -> None:
    """A token of the user's, a password in an address, the cell's own: masked in every file, the store's too."""
    found = documents(hostile)
    passwords = set(re.findall(r"reversed ([^,\s]+),", junit_text(found["junit.xml"])))
    assert len(passwords) == 1  # SQLite has none
    secrets = {TOKEN, "s3cr3t-of-the-index", *(word[::-1] for word in passwords)}
    for name, text in found.items():
        assert [secret for secret in secrets if secret in text] == [], name
    assert all("variable absent" in text for text in (found["records.jsonl"], found["junit.xml"]))
    assert "token ***, variable absent, password ***," in junit_text(found["junit.xml"])
    assert "https://me:***@index.test" in found["junit.xml"]


def test_the_job_summary_is_appended_and_annotations_are_printed(hostile) -> None:
    """What another command said stays; the log gets one annotation for the one failure."""
    code, out, _ = hostile["github"]
    summary = (Path(hostile["folder"]) / "step-summary.md").read_text(encoding="utf-8")

    assert code == 0
    assert summary.startswith("# what another command said\n## harness run 1\n")
    assert [line.partition("::")[0] for line in out.splitlines()] == [""] * len(out.splitlines())
    assert 1 <= len(out.splitlines()) <= 2


def test_a_second_run_has_nothing_new(hostile) -> None:
    """The same failures as before: no annotation; the summary, printed where Actions names no file, says so."""
    assert hostile["again"]["ran"] == 0
    assert "::error" not in hostile["github_again"]
    assert "Since run 1: 4 same." in hostile["github_again"]


def test_an_earlier_run_can_be_reported(hostile) -> None:
    """By its number."""
    assert hostile["first"]["run"] == 1


# Bad input


def test_without_options_the_formats_are_listed(checkout) -> None:
    """Also where there is no matrix."""
    ran = checkout.harness("report")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == [one.name for one in FORMATS]


def test_an_empty_store(checkout, matrix) -> None:
    """Ends 5, and says what to type."""
    ran = checkout.matrix(matrix()).harness("report", "--format", "junit")
    assert (ran.code, ran.out) == (5, "")
    assert "nothing was run here yet" in ran.err
    assert "try: harness run" in ran.err


def test_an_unknown_format(checkout, matrix) -> None:
    """Ends 4, with the nearest; before anything is read."""
    ran = checkout.harness("report", "--format", "juint")
    assert ran.code == 4
    assert "'juint' is no format; nearest: junit" in ran.err


def test_an_output_without_a_format(checkout) -> None:
    """Ends 4: nothing would be written there."""
    ran = checkout.harness("report", "--output", "out/")
    assert ran.code == 4
    assert "try: --format NAME, or --html DIR" in ran.err


def test_an_output_that_cannot_be_written(hostile, make_checkout, matrix) -> None:
    """Ends 4, naming it; no traceback."""
    checkout = make_checkout().matrix(matrix("hostile", "minimal", database=("sqlite-memory", "postgres-17")))
    copy_store(hostile, checkout.folder)
    (checkout.folder / "file").write_text("mine")
    ran = checkout.harness("report", "--format", "junit", "--output", "file/junit.xml")
    assert ran.code == 4
    assert "cannot write" in ran.err
    assert (checkout.folder / "file").read_text() == "mine"


def test_a_store_of_another_schema_version(checkout, matrix) -> None:
    """Ends 4; the file is as it was."""
    checkout.matrix(matrix()).harness("report", "--format", "junit")
    path = checkout.folder / ".harness" / "store.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()
    ran = checkout.harness("report", "--format", "junit")
    assert ran.code == 4
    assert "schema version 99" in ran.err


def test_a_run_under_way_and_one_that_was_interrupted(checkout, matrix) -> None:
    """Every format is made, says that it is partial, and counts what has no answer yet."""
    checkout.matrix(matrix("minimal", "slow"))
    started = checkout.start("run", "--jobs", "1", "--control", "never", "--quiet")
    store = checkout.folder / ".harness" / "store.sqlite"

    def has_begun() -> bool:
        if not store.exists():
            return False
        connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT count(*) FROM run_cells").fetchone() == (2,)
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()

    started.until(has_begun, timeout_s=120)
    ran = checkout.harness("report", *ALL, "-o", "out")
    started.popen.kill()
    started.popen.wait()

    assert ran.code == 0
    assert "partial: run 1 is still going on or was interrupted" in ran.err
    out = checkout.folder / "out"
    assert json.loads((out / "compat.json").read_text())["is_partial"] is True
    assert json.loads((out / "ctrf-report.json").read_text())["results"]["summary"]["extra"]["partial"] is True
    assert json.loads((out / "shields" / "harness.json").read_text())["message"].endswith("(partial)")
    assert ElementTree.parse(out / "junit.xml").getroot().get("name") == "harness run 1 (partial)"
    assert "partial" in (out / "report.md").read_text()
    later = checkout.harness("report", "--format", "compat")
    assert later.code == 0
    assert dict(later.document["states"])["not-run"] >= 1


def test_a_matrix_that_no_longer_describes_the_run(hostile, make_checkout, environ, matrix) -> None:
    """Ends 4, and says which cell it is about."""
    checkout = make_checkout().matrix(matrix("minimal", database=("sqlite-memory",)))
    copy_store(hostile, checkout.folder)
    ran = checkout.harness("report", "--format", "junit")
    assert ran.code == 4
    assert "no longer describes run 2" in ran.err


def test_a_failure_declared_later(hostile, make_checkout, environ, matrix) -> None:
    """Runs nothing: the report is green now, and says that the run was not."""
    declared = '[[expect]]\nwhen = { canary = "hostile" }\nreason = "it is hostile"'
    databases = ("sqlite-memory", "postgres-17")
    checkout = make_checkout().matrix(matrix("hostile", "minimal", database=databases, more=declared))
    copy_store(hostile, checkout.folder)
    ran = checkout.harness("report", "--format", "junit")
    assert ran.code == 0
    assert "the run itself ended with 1; by the matrix and the rules of today it would end with 0" in ran.err
    root = ElementTree.fromstring(ran.out)
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    assert "expected failure" in ran.out


def copy_store(hostile: dict[str, Any], folder: Path) -> None:
    """Put the store of the hostile run beside another matrix."""
    state = folder / ".harness"
    state.mkdir()
    source = sqlite3.connect(Path(hostile["folder"]) / ".harness" / "store.sqlite")
    copy = sqlite3.connect(state / "store.sqlite")
    source.backup(copy)
    copy.close()
    source.close()


# Documentation


def test_the_examples_of_the_documentation_are_true(checkout, matrix, tmp_path) -> None:
    """Every command of docs/report.md is executed in order; each line that it shows is said, in that order."""
    checkout.matrix(matrix("minimal", "fails"))
    assert checkout.run("--quiet").code == 1
    shim = tmp_path / "bin" / "harness"
    shim.parent.mkdir()
    python = shlex.quote(checkout.environ.get("HARNESS_PYTHON") or __import__("sys").executable)
    shim.write_text(f'#!/bin/sh\nexec {python} -m harness "$@"\n')
    shim.chmod(0o755)
    environ = checkout.environ | {"PATH": f"{shim.parent}:{Path(python).parent}:{checkout.environ['PATH']}"}
    text = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= len(FORMATS)
    for block in blocks:
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            ran = subprocess.run(
                ["bash", "-c", command], cwd=checkout.folder, env=environ, capture_output=True, text=True, timeout=60
            )
            assert ran.returncode == 0, (command, ran.stderr)
            said = ran.stdout
            for line in filter(None, (line.strip() for line in shown.splitlines())):
                if line != "…":
                    assert line in said, (command, line)
                    said = said[said.index(line) + len(line) :]
