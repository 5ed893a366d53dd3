"""With scripts off, and on paper, the overview and the matrix say all there is to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page


def said(page: Page) -> str:
    """What can be read."""
    return " ".join(page.inner_text("main").split())


def test_scripts_off(mixed: Any, make_reader: Callable[..., Any], expected_rows: int) -> None:
    """Overview and matrix hold every count, sentence, square, cause and cell; the others say what they need."""
    reader = make_reader(java_script_enabled=False)
    page = reader.open(mixed.at("index.html"))
    text = said(page)
    sentences = {one.sentence for one in fitness_of(mixed)}
    for wanted in ("fail unexpectedly", "What works", "no such table: users", "Since the previous run", *sentences):
        assert wanted in text, wanted
    assert page.locator("#grid tbody tr").count() == 5
    page = reader.open(mixed.at("matrix.html"))
    assert page.locator("#rows tbody tr:visible").count() == expected_rows
    assert page.locator("#grid tbody tr").count() > 1
    assert not page.locator("#filters").is_visible()
    for name in ("compare", "history", "advisor", "cell"):
        assert "scripts" in said(reader.open(mixed.at(f"{name}.html")))
    for cause in mixed.folder.glob("cause-*.html"):
        assert "Whose fault" in said(reader.open(mixed.at(cause.name)))


def fitness_of(site: Any) -> Any:
    """What works, as analysis says it."""
    from harness.analysis.fitness import fitness

    report = site.board.report
    return fitness(report.summary.conclusions, report.summary.explanation, report.axes)


def test_paper(mixed: Any, make_reader: Callable[..., Any], expected_rows: int) -> None:
    """Printed, the matrix has its grid and its rows, and no controls."""
    page = make_reader().open(mixed.at("matrix.html"))
    page.emulate_media(media="print")
    assert page.locator("#rows tbody tr:visible").count() == expected_rows
    assert page.locator("#grid").is_visible()
    for selector in ("#filters", "nav", "button"):
        assert page.locator(f"{selector}:visible").count() == 0
    assert len(page.pdf()) > 10_000


def test_grid_is_the_same_either_way(mixed: Any, make_reader: Callable[..., Any]) -> None:
    """The grid in the file is the one that the script draws."""
    texts = []
    for is_on in (False, True):
        page = make_reader(java_script_enabled=is_on).open(mixed.at("matrix.html"))
        texts.append(page.locator("#grid").inner_text().split())
    assert texts[0] == texts[1]
