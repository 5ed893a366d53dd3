"""The page of a cell, and that of a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.analysis.nearest import nearest_passing
from harness.model.verdict import State
from harness.report.site.words import key


def first(site: Any, state: State) -> Any:
    """The first cell in a state; of those that failed, the first whose failure is declared."""
    found = [one for one in site.board.report.summary.conclusions if one.state is state]
    return next((one for one in found if one.judgement.expectation is not None), found[0])


def test_failing_cell(mixed: Any, reader: Any) -> None:
    """State, versions, server, timings, evidence, the failure with its trace, the nearest passing cell, the log."""
    one = first(mixed, State.FAIL)
    page = reader.open(mixed.at(f"cell.html#{key(one.cell.id)}"))
    page.wait_for_selector(".card.fail")
    text = page.inner_text("main")
    assert one.cell.id in page.inner_text("h1")
    for wanted in (
        "django.db.utils.OperationalError: no such table: users",
        "line of a trace",
        "3.12 (3.12.4)",
        "sqlparse 0.5.0",
        "5 tables expected, 5 there",
        "django_db_setup at pytest_django/fixtures.py:162",
        "2 of 3 tests passed.",
        "environment 0.1 s",
        "settings by env",
    ):
        assert wanted in text, wanted
    near = nearest_passing(mixed.board.report.summary.conclusions)[one.cell]
    assert near.id in text
    page.click("text=The log of the attempt that decided")
    assert "a log" in page.inner_text("body")


@pytest.mark.parametrize("state", list(State), ids=lambda state: state.value)
def test_every_state_has_a_page(mixed: Any, reader: Any, state: State) -> None:
    """A cell is shown whatever it came to, by its key and by its id, with the reason it has."""
    one = first(mixed, state)
    for address in (key(one.cell.id), f"cell={one.cell.id}"):
        page = reader.open(mixed.at(f"cell.html#{address}"))
        page.wait_for_selector("h1 .s")
        assert state.value in page.inner_text("h1")
        assert " ".join(one.observation.reason.split())[:40] in " ".join(page.inner_text("main").split())


def test_neighbours_and_strangers(mixed: Any, reader: Any) -> None:
    """A neighbour says what it is; a cell of older runs leads to its history; an unknown one is said to be so."""
    neighbour = mixed.board.report.summary.conclusions[-1].cell.id
    page = reader.open(mixed.at(f"cell.html#{key(neighbour)}"))
    assert "no part in the verdict" in page.locator("#cell .notice").inner_text()
    only_first = {entry.cell.id for entry in mixed.board.chapters[-1].entries} - {
        one.cell.id for one in mixed.board.report.summary.conclusions
    }
    page = reader.open(mixed.at(f"cell.html#{key(only_first.pop())}"))
    page.click("text=What this cell came to")
    page.wait_for_selector("#history tbody tr")
    assert page.locator("#history tbody tr").count() == 1
    page = reader.open(mixed.at("cell.html#0000000000"))
    assert "No run has such a cell." in page.inner_text("main")


@pytest.mark.parametrize("served", [False, True], ids=["file", "http"])
def test_copy_button(mixed: Any, make_reader: Callable[..., Any], served: bool) -> None:
    """It copies the command that runs the cell again, quoted for a shell."""
    reader = make_reader(permissions=["clipboard-read", "clipboard-write"])
    one = first(mixed, State.FAIL)
    page = reader.open(mixed.at(f"cell.html#{key(one.cell.id)}", served=served))
    page.click("button.copy")
    page.wait_for_selector(".copied")
    assert page.inner_text(".copied") == "Copied"
    assert page.evaluate("navigator.clipboard.readText()") == f"harness run --rerun --cell '{one.cell.id}'"
    assert reader.complaints == []


def test_copying_may_be_forbidden(mixed: Any, make_reader: Callable[..., Any]) -> None:
    """Then the text is selected, and the page says what to press."""
    reader = make_reader()
    page = reader.open(mixed.at(f"cell.html#{key(first(mixed, State.FAIL).cell.id)}"))
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.click("button.copy")
    page.wait_for_selector(".copied")
    assert "press Ctrl+C" in page.inner_text(".copied")
    assert page.evaluate("getSelection().toString().trim()").startswith("harness run")


def test_cause(mixed: Any, reader: Any) -> None:
    """A failure's page has its rule, counter-examples, what to require, the versions, a trace, and its Markdown."""
    declared = first(mixed, State.FAIL)
    page = reader.open(mixed.at(f"cause-{declared.signature.id}.html"))
    text = page.inner_text("main")
    for wanted in (
        "pytest-django ==4.13.0",
        "pytest-django !=4.13.0",
        "differ in one axis and pass",
        "4.12.0 passes, 4.13.0 fails so; 4.13.0 fails so, 4.14.0 passes.",
        "line of a trace",
        "AttributeError on every test",
        "### ✗ fail (expected)",
    ):
        assert wanted in text, wanted
