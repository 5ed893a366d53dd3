"""WCAG 2.2 AA, as far as a program can tell, and what people ask their browsers for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from harness.model.verdict import State
from harness.report.site.words import key

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def addresses(site: Any) -> list[str]:
    """Every kind of page."""
    failing = next(one for one in site.board.report.summary.conclusions if one.state is State.FAIL)
    return [
        "index.html",
        "matrix.html",
        "matrix.html#q=state%3Afail&fold=0",
        "causes.html",
        f"cause-{failing.signature.id}.html",
        f"cell.html#{key(failing.cell.id)}",
        "compare.html",
        "history.html",
        "history.html#axis=django",
        "advisor.html#have.django=5.1&have.pytest-django=4.13&want.django=6.0",
        "method.html",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing_serious(mixed: Any, make_reader: Callable[..., Any], scheme: str, width: int) -> None:
    """No violation that axe calls serious or critical on any page, in either scheme, narrow or wide."""
    reader = make_reader(color_scheme=scheme, viewport={"width": width, "height": 900})
    found = []
    for address in addresses(mixed):
        page = reader.open(mixed.at(address))
        page.wait_for_timeout(100)
        if page.locator("#selects").count():
            page.click("summary")
        results = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
        assert results.response["passes"]
        found += [
            (address, violation["id"], node["target"], node["failureSummary"])
            for violation in results.response["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]
        page.close()
    assert found == []


def test_state_is_never_colour_alone(mixed: Any, reader: Any) -> None:
    """Wherever a colour stands for a state, a glyph and a word stand beside it."""
    for address in addresses(mixed):
        page = reader.open(mixed.at(address))
        page.wait_for_timeout(50)
        for text in page.eval_on_selector_all(".s", "marks => marks.map(mark => mark.textContent.trim())"):
            assert not text[0].isalnum(), text
            assert len(text[1:].strip()) > 3, text
        page.close()


def test_tables_have_headers(mixed: Any, reader: Any) -> None:
    """Each row and each column of a table has a header, and each table a name."""
    for address in addresses(mixed):
        page = reader.open(mixed.at(address))
        page.wait_for_timeout(50)
        for table in page.query_selector_all("table:not(.ladder)"):
            assert table.query_selector_all("thead th[scope=col]")
            bare = table.eval_on_selector_all(
                "tbody tr", "rows => rows.filter(row => !row.querySelector('th[scope=row]')).length"
            )
            assert bare == 0, address
        page.close()


def test_motion_and_forced_colours(mixed: Any, make_reader: Callable[..., Any]) -> None:
    """Nothing moves for who asks for that; with forced colours, squares have borders."""
    reader = make_reader(reduced_motion="reduce", forced_colors="active")
    page = reader.open(mixed.at("index.html"))
    assert page.evaluate("getComputedStyle(document.querySelector('a.sq')).transitionDuration") == "0s"
    assert page.evaluate("getComputedStyle(document.querySelector('.grid td')).borderTopStyle") == "solid"
    page = make_reader(reduced_motion="no-preference").open(mixed.at("index.html"))
    assert page.evaluate("getComputedStyle(document.querySelector('a.sq')).transitionDuration") != "0s"


def test_targets_are_large_enough(mixed: Any, make_reader: Callable[..., Any]) -> None:
    """Links and controls that are not part of a sentence measure 24 pixels at least, on a narrow screen too."""
    reader = make_reader(viewport={"width": 360, "height": 800})
    for address in ("index.html", "matrix.html"):
        page = reader.open(mixed.at(address))
        small = page.eval_on_selector_all(
            "nav a, .tiles a, .chips a, .grid a, button, select, input:not([type=checkbox])",
            """nodes => nodes.filter(node => node.offsetParent)
                .map(node => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
                .filter(([, box]) => box.height < 23.5 || box.width < 23.5)
                .map(([html, box]) => [html, box.width, box.height])""",
        )
        assert small == [], address
