"""A diagnosis as text and as JSON."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from harness.doctor.diagnosis import Diagnosis
from harness.doctor.finding import Change, Clue, Depth, Finding, Fix
from harness.doctor.trouble import Trouble
from harness.model import codec
from harness.report import doctor_json, doctor_text
from harness.report.doctor_json import DoctorDocument


def finding(cause: str, fix: Fix, **clue: object) -> Finding:
    """Return a finding with little in it."""
    return Finding(
        cause=cause,
        title=f"what {cause} is",
        link="https://example.org/x",
        depth=Depth.TEST,
        clue=Clue(evidence=f"the facts of {cause}", fix=fix, **clue),  # type: ignore[arg-type]
    )


@pytest.fixture
def sick() -> Diagnosis:
    """Two causes, the first one in a file whose name tries to steer the terminal."""
    change = Change(path="pytest.ini", before="[pytest]\naddopts = -x\n", after="[pytest]\n")
    return Diagnosis(
        is_healthy=False,
        findings=(
            finding("first", Fix(words="remove -x", changes=(change,)), path="a\x1b[31m.py", line=7, setting="addopts"),
            finding("second", Fix(words="run it", commands=(("python", "{manage}", "makemigrations", "a b"),))),
        ),
        command=("python", "-m", "pytest"),
        exit_code=1,
        is_healed=True,
        django="6.0.1",
        settings="config.settings",
        settings_by="ini file",
    )


def printed(found: Diagnosis) -> str:
    """Return what a person reads, without colours."""
    out = io.StringIO()
    Console(file=out, width=200, no_color=True).print(doctor_text.diagnosis(found, is_verbose=False))
    return out.getvalue()


def test_the_cause_comes_first_in_plain_words(sick):
    """Then its place, the evidence, what to do with the change, a link; then what is also wrong."""
    lines = printed(sick).splitlines()
    assert lines[0] == "cause: what first is  [first]"
    assert "a\\u001b[31m.py:7, addopts" in lines[1]
    assert lines[2].strip() == "the facts of first"
    assert "to do: remove -x" in lines[3]
    assert "    -addopts = -x" in lines
    assert "also:  what second is  [second]" in lines
    assert "with this applied, the command passes in the copy" in lines


def test_the_document_has_what_was_promised(sick):
    """Its keys, the cause first, fixes as diff or command; it is read back by the type of its schema."""
    text = doctor_json.document(sick)
    plain = json.loads(text)
    assert plain["healthy"] is False
    first, second = plain["findings"]
    assert {"cause", "path", "line", "setting", "evidence", "fix", "confidence"} <= set(first)
    assert (first["role"], second["role"]) == ("cause", "also")
    assert first["fix"].startswith("--- a/pytest.ini\n+++ b/pytest.ini\n")
    assert second["fix"] == "$ python manage.py makemigrations 'a b'\n"
    assert second["line"] is None
    assert codec.dumps(codec.loads(DoctorDocument, text)) == text


def test_a_healthy_project_is_told_in_one_line():
    """And says no more than that and what was looked at."""
    found = Diagnosis(is_healthy=True, findings=(), command=("pytest",), exit_code=0)
    assert printed(found).startswith("healthy: the command passes")
    assert json.loads(doctor_json.document(found))["findings"] == []


def test_what_no_rule_accounts_for_is_shown():
    """With the place in the project where it arose."""
    trouble = Trouble(
        id="t.py::test_x", phase="call", type="AssertionError", message="1\n2", words="", frames=(), stack=()
    )
    found = Diagnosis(
        is_healthy=False, findings=(), command=(), exit_code=1, unexplained=(trouble,), control="so it is"
    )
    text = printed(found)
    assert "no rule accounts for it" in text
    assert "t.py::test_x: AssertionError: 1 2" in text
    assert "so it is" in text
