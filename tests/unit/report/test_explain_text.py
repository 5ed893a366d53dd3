"""Tests of explanations as text and as JSON."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from harness.analysis.explain.findings import CounterExample, Explanation, Rule, Standing
from harness.analysis.explain.words import Remedy
from harness.model import codec
from harness.model.verdict import Signature, State
from harness.report import explain_json, explain_text

FAILING = "django=5.1,mode=xdist,pytest-django=4.13"
KNOWN = Rule(
    text="pytest-django ==4.13.0 and django <5.2",
    standing=Standing.CONFIRMED,
    signature=Signature(type="AttributeError", frame="pytest_django/fixtures.py:_helper", message="no attribute"),
    state=State.FAIL,
    reason="6 of 50 failed: AttributeError: no \x1b[31mattribute",
    predicates=(),
    support=(FAILING,),
    counter_examples=(CounterExample(axis="django", failing=FAILING, passing=FAILING.replace("5.1", "5.2")),),
    lacking=(),
    alternatives=(),
    remedies=(
        Remedy(requirement="pytest-django !=4.13.0", condition="django <5.2"),
        Remedy(requirement="django >=5.2", condition="pytest-django ==4.13.0"),
    ),
    expect='[[expect]]\nwhen = { django = "<5.2" }\nreason = "r"',
    declared="",
    issue="pytest-dev/pytest-django#1303",
)
LOOSE = Rule(
    text="mode ==xdist",
    standing=Standing.CONSISTENT,
    signature=Signature(type="timeout", frame="", message=""),
    state=State.TIMEOUT,
    reason="did not end in time",
    predicates=(),
    support=tuple(f"mode=xdist,number={number}" for number in range(5)),
    counter_examples=(),
    lacking=("no cell with mode migrations shows that it ends there",),
    alternatives=("database ==sqlite-file",),
    remedies=(),
    expect="[[expect]]",
    declared="slow",
    issue="",
)
FOUND = Explanation(run=3, rules=(KNOWN, LOOSE), cells=60, neither=2, further=20, product=21000, limit=20, votes=3)
WHOLE = """\
pytest-django ==4.13.0 and django <5.2  confirmed
  ✗ fail in 1 cell: 6 of 50 failed: AttributeError: no \\u001b[31mattribute
  signature SIGNATURE, in pytest_django/fixtures.py:_helper
    django=5.1,mode=xdist,pytest-django=4.13
  passes with django 5.2 in place of 5.1: django=5.2,mode=xdist,pytest-django=4.13
  require: pytest-django !=4.13.0   where django <5.2
  or:      django >=5.2   where pytest-django ==4.13.0
  issue: pytest-dev/pytest-django#1303
  to declare it in matrix.toml:
    [[expect]]
    when = { django = "<5.2" }
    reason = "r"

mode ==xdist  consistent
  ◷ timeout in 5 cells: did not end in time
  signature LOOSE
    mode=xdist,number=0
    mode=xdist,number=1
    mode=xdist,number=2
    and 2 more cells (-v lists them)
  to confirm: no cell with mode migrations shows that it ends there
  or: database ==sqlite-file
  declared: slow

60 cells of 21000 (0.29% of the full product), 20 of them run now to tell rules apart; 2 more said neither pass nor \
fail; decisive answers lead by 3 executions  (run 3)
harness explain --refine 40   to go on
"""


def text(found: Explanation, *, is_verbose: bool = False) -> str:
    """What is printed, without colour."""
    console = Console(file=io.StringIO(), width=400)
    console.print(explain_text.explanation(found, is_verbose=is_verbose, command="harness explain"))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def test_the_whole_document() -> None:
    """Rules with what supports and limits them, what to do, how many cells it took; nothing steers the terminal."""
    expected = WHOLE.replace("SIGNATURE", KNOWN.signature.id).replace("LOOSE", LOOSE.signature.id)
    assert text(FOUND) == expected


def test_verbose_lists_everything() -> None:
    """Every cell, and the entry even where the failure is declared."""
    shown = text(FOUND, is_verbose=True)
    assert all(cell in shown for cell in LOOSE.support)
    assert shown.count("[[expect]]") == 2


def test_the_way_on() -> None:
    """Refining is offered where it was not asked for, more of it where it ran out, nothing where nothing is left."""
    assert text(replace(FOUND, limit=0, further=0)).endswith("--refine   to run the cells that tell rules apart\n")
    assert "--refine" not in text(replace(FOUND, limit=60))
    assert "--refine" not in text(replace(FOUND, rules=(KNOWN,)))


def test_nothing_to_explain() -> None:
    """One line."""
    empty = Explanation(run=3, rules=(), cells=9, neither=0, further=0, product=9, limit=0, votes=1)
    assert text(empty) == "run 3: no cell failed, there is nothing to explain\n"


@pytest.mark.parametrize("standing", Standing)
def test_the_json_document_reads_back(standing: Standing) -> None:
    """Every field is there, whatever the standing."""
    found = codec.from_plain(Explanation, json.loads(explain_json.document(FOUND)))
    assert found == FOUND
    assert Standing(standing.value) is standing
